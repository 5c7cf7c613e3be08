/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_ROOT_CRL_H
#define DEVID_CMD_ROOT_CRL_H

/* `devid-ca root-crl`: the revoked issuing CAs.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_root_crl(int argc, char **argv);

#endif
