/* SPDX-License-Identifier: Apache-2.0 */
/* devid-ca: the manufacturer's issuing CA. */
#include <stdlib.h>

#include "cmd-audit.h"
#include "cmd-certify.h"
#include "cmd-crl.h"
#include "cmd-export.h"
#include "cmd-inspect.h"
#include "cmd-issue.h"
#include "cmd-list.h"
#include "cmd-root-crl.h"
#include "cmd-serve.h"
#include "cmd-token-key.h"
#include "commands.h"
#include "log.h"

static const struct command commands[] = {
	{ "challenge", cmd_challenge, "judge a request, challenge its TPM" },
	{ "issue", cmd_issue, "judge an answer, issue certificates" },
	{ "list", cmd_list, "show devices and certificates" },
	{ "audit", cmd_audit, "verify the audit log" },
	{ "token-key", cmd_token_key, "make or show a CA key in a token" },
	{ "root-cert", cmd_root_cert, "certify a root CA by itself" },
	{ "request", cmd_request, "request a certificate for a CA key" },
	{ "sign-ca", cmd_sign_ca, "certify an issuing CA or an OCSP signer" },
	{ "cross", cmd_cross, "certify a new root by the old one" },
	{ "root-crl", cmd_root_crl, "list the revoked issuing CAs" },
	{ "inspect", cmd_inspect, "say all that a file of any kind says" },
	{ "serve", cmd_serve, "issue to stations, publish revocation" },
	{ "revoke", cmd_revoke, "revoke a device's certificates" },
	{ "crl", cmd_crl, "make a revocation list" },
	{ "ocsp", cmd_ocsp, "sign OCSP answers ahead" },
	{ "publish", cmd_publish, "write lists and certificates to files" },
	{ "export", cmd_export, "write allow-lists, CSV, JSON" },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	log_init("devid-ca", LOG_LEVEL_INFO);
	/* What the TSS has to say is in its return codes. */
	(void)setenv("TSS2_LOG", "all+none", 0);
	return commands_run("devid-ca", commands, argc, argv);
}
