/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_CRL_H
#define DEVID_CMD_CRL_H

/* `devid-ca revoke`, and what tells the world of it: `crl`, `ocsp`, `publish`.
 * Each gets its own argv, with its name first; returns the exit status. */

int cmd_crl(int argc, char **argv);
int cmd_ocsp(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_revoke(int argc, char **argv);

#endif
