/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_LOOK_H
#define DEVID_DESK_LOOK_H

/* `devid-registrar ca|crl|audit|check`: what the registrar has, and whether it
 * is whole. */

int desk_ca(int argc, char **argv);
int desk_crl(int argc, char **argv);
int desk_audit(int argc, char **argv);
int desk_check(int argc, char **argv);

#endif
