/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca serve`: the CA on the network. */
#include "cmd-serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "ca-cmd.h"
#include "cmd-exit.h"
#include "conns.h"
#include "log.h"
#include "serve.h"

static const char usage_text[] =
	"usage: devid-ca serve [--debug]\n"
	"Issues to factory stations over mutual TLS; publishes revocation.\n" CA_CMD_USAGE;

/* The sockets of the service manager, and our own for a side that has none
 * from there. */
static enum devid_err open_sockets(const struct ca_conf *conf,
	struct http_listen listen[2], struct devid_error *err)
{
	enum devid_err rc = http_listen_inherit(listen, err);

	if (rc != DEVID_OK || listen[HTTP_STATIONS].n > 0 ||
		listen[HTTP_PUBLIC].n > 0)
		return rc;
	if (conf->listen && conf->listen[0])
		rc = http_listen_open(
			conf->listen, &listen[HTTP_STATIONS], err);
	if (rc == DEVID_OK && conf->listen_public && conf->listen_public[0])
		rc = http_listen_open(
			conf->listen_public, &listen[HTTP_PUBLIC], err);
	if (rc == DEVID_OK && listen[HTTP_STATIONS].n == 0 &&
		listen[HTTP_PUBLIC].n == 0)
		rc = devid_fail(err, DEVID_ERR_INVALID,
			"serve: neither listen nor listen_public is set");
	return rc;
}

static int serve(struct ca_cmd *cmd)
{
	struct http_listen listen[2] = { { .n = 0 }, { .n = 0 } };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	rc = open_sockets(&cmd->conf, listen, &err);
	if (rc == DEVID_OK)
		rc = serve_run(&cmd->conf, &cmd->ca, listen, &err);
	http_listen_close(&listen[HTTP_STATIONS]);
	http_listen_close(&listen[HTTP_PUBLIC]);
	if (rc == DEVID_OK)
		return EXIT_SUCCESS;
	(void)ca_cmd_fail(&err);
	return rc == DEVID_ERR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

int cmd_serve(int argc, char **argv)
{
	static const struct option options[] = {
		CA_CMD_OPTIONS,
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct ca_cmd cmd;
	int opt, code;

	ca_cmd_init(&cmd);
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h') {
			(void)fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == 'd') {
			log_init("devid-ca", LOG_LEVEL_DEBUG);
		} else if (!ca_cmd_option(&cmd, opt)) {
			(void)fputs(usage_text, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		(void)fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	/* It means "read again", also while all is still being read. */
	(void)signal(SIGHUP, SIG_IGN); /* cannot fail */
	code = ca_cmd_open(&cmd, CA_OPEN_REGISTER | CA_OPEN_TOKEN |
					 CA_OPEN_TRUST | CA_OPEN_SEAL);
	if (code < 0)
		code = serve(&cmd);
	ca_cmd_done(&cmd);
	return code;
}
