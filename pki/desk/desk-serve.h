/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_SERVE_H
#define DEVID_DESK_SERVE_H

int desk_serve(int argc, char **argv);

#endif
