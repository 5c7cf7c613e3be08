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

struct call {
	struct ca_cmd cmd;
	bool debug;
};

static const struct option_row rows[] = {
	{ "debug", 0, NULL, option_flag, OPTION_AT(struct call, debug),
		"say more" },
	CA_CMD_ROWS(struct call, cmd),
	CA_CMD_CLOCK_ROW(struct call, cmd),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "serve",
	.usage = "usage: devid-ca serve [--debug] [--accept-clock]\n"
		 "Issues to factory stations over mutual TLS; publishes "
		 "revocation.\n",
	.notes = CA_CMD_NOTES,
	.rows = rows,
};

static enum devid_err open_sockets(const struct ca_conf *conf,
	struct http_listen listen[2], struct devid_error *err)
{
	const struct http_place places[2] = {
		[HTTP_STATIONS] = { "stations", conf->listen },
		[HTTP_PUBLIC] = { "public", conf->listen_public },
	};
	enum devid_err rc = http_listen_at(places, listen, err);

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
	struct call call = { .debug = false };
	int code;

	ca_cmd_init(&call.cmd, NULL);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.debug)
		log_init("devid-ca", LOG_LEVEL_DEBUG);
	/* It means "read again", also while all is still being read. */
	(void)signal(SIGHUP, SIG_IGN); /* cannot fail */
	code = ca_cmd_open(&call.cmd, CA_OPEN_REGISTER | CA_OPEN_CLOCK |
					      CA_OPEN_TOKEN | CA_OPEN_TRUST |
					      CA_OPEN_SEAL);
	if (code < 0)
		code = serve(&call.cmd);
	ca_cmd_done(&call.cmd);
	return code;
}
