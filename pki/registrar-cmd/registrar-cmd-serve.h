/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_CMD_SERVE_H
#define DEVID_REGISTRAR_CMD_SERVE_H

int registrar_cmd_serve(int argc, char **argv);

#endif
