/* SPDX-License-Identifier: Apache-2.0 */
/* devid-registrar: a site's registrar. */
#include <stdlib.h>

#include "commands.h"
#include "desk-decide.h"
#include "desk-document.h"
#include "desk-end.h"
#include "desk-init.h"
#include "desk-list.h"
#include "desk-look.h"
#include "desk-report.h"
#include "desk-serve.h"
#include "log.h"

static const struct command commands[] = {
	{ "serve", desk_serve, "enrol devices by EST" },
	{ "init", desk_init_site, "make the site's CA and its database" },
	{ "list", desk_list, "who is known to the site: add, import, show" },
	{ "pending", desk_pending, "show requests that wait for a person" },
	{ "approve", desk_approve, "let a unit have its LDevID" },
	{ "refuse", desk_refuse, "refuse a unit its LDevID" },
	{ "revoke", desk_revoke, "refuse all of a unit, for ever" },
	{ "retire", desk_retire, "refuse all of a unit that has left" },
	{ "document", desk_document, "set the onboarding document" },
	{ "ca", desk_ca, "print the certificate of the site's CA" },
	{ "crl", desk_crl, "make a revocation list" },
	{ "report", desk_report, "make a page of all units" },
	{ "audit", desk_audit, "verify the audit log" },
	{ "check", desk_check, "see whether all can be used" },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	log_init("devid-registrar", LOG_LEVEL_INFO);
	/* What the TSS has to say is in its return codes. */
	(void)setenv("TSS2_LOG", "all+none", 0);
	return commands_run("devid-registrar", commands, argc, argv);
}
