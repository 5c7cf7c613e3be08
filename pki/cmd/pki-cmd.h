/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PKI_CMD_H
#define DEVID_PKI_CMD_H

/*
 * The subcommands of devid-ca(1). Each gets its own argv, argv[0] being the
 * subcommand's name, and returns the exit status: 0 done, 1 refused or failed,
 * 2 wrong call or configuration, 3 PIN refused (a service must not be started
 * again after it).
 */

#define PKI_EXIT_USAGE 2
#define PKI_EXIT_PIN   3

int cmd_audit(int argc, char **argv);
int cmd_challenge(int argc, char **argv);
int cmd_crl(int argc, char **argv);
int cmd_cross(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_issue(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_ocsp(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_request(int argc, char **argv);
int cmd_revoke(int argc, char **argv);
int cmd_root_cert(int argc, char **argv);
int cmd_root_crl(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_sign_ca(int argc, char **argv);
int cmd_token_key(int argc, char **argv);

#endif
