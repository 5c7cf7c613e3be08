/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_CERTIFY_H
#define DEVID_CMD_CERTIFY_H

/* Certificates of CAs: `devid-ca root-cert`, `request`, `sign-ca`, `cross`.
 * Each gets its own argv, with its name first; returns the exit status. */

int cmd_root_cert(int argc, char **argv);
int cmd_request(int argc, char **argv);
int cmd_sign_ca(int argc, char **argv);
int cmd_cross(int argc, char **argv);

#endif
