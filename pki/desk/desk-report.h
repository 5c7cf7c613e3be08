/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_REPORT_H
#define DEVID_DESK_REPORT_H

/* `devid-registrar report`: what the site sees of its units. */

int desk_report(int argc, char **argv);

#endif
