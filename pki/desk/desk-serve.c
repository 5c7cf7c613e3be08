/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-registrar serve`: the registrar on the network. */
#include "desk-serve.h"

#include <signal.h>
#include <stdlib.h>

#include "cmd-exit.h"
#include "conns.h"
#include "est-serve.h"
#include "log.h"
#include "desk-cmd.h"

struct call {
	struct desk desk;
	bool debug;
};

static const struct option_row rows[] = {
	{ "debug", 0, NULL, option_flag, OPTION_AT(struct call, debug),
		"say more" },
	DESK_ROWS(struct call, desk),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "serve",
	.usage = "usage: devid-registrar serve [--debug]\n"
		 "Enrols devices by EST over mutual TLS; publishes the site's "
		 "revocation list.\n",
	.notes = DESK_NOTES,
	.rows = rows,
};

static enum devid_err open_sockets(const struct registrar_conf *conf,
	struct http_listen listen[2], struct devid_error *err)
{
	const struct http_place places[2] = {
		[HTTP_STATIONS] = { "est", conf->listen },
		[HTTP_PUBLIC] = { "public", conf->public },
	};
	enum devid_err rc = http_listen_at(places, listen, err);

	if (rc == DEVID_OK && listen[HTTP_STATIONS].n == 0 &&
		listen[HTTP_PUBLIC].n == 0)
		rc = devid_fail(err, DEVID_ERR_INVALID,
			"serve: neither listen nor public is set");
	return rc;
}

static int serve(struct desk *desk)
{
	struct http_listen listen[2] = { { .n = 0 }, { .n = 0 } };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	rc = open_sockets(&desk->conf, listen, &err);
	if (rc == DEVID_OK)
		rc = est_serve(&desk->conf, desk->r, listen, &err);
	http_listen_close(&listen[HTTP_STATIONS]);
	http_listen_close(&listen[HTTP_PUBLIC]);
	if (rc == DEVID_OK)
		return EXIT_SUCCESS;
	(void)desk_fail(&err);
	return rc == DEVID_ERR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

int desk_serve(int argc, char **argv)
{
	struct call call = { .debug = false };
	int code;

	desk_init(&call.desk);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.debug)
		log_init("devid-registrar", LOG_LEVEL_DEBUG);
	/* It means "read again", also while all is still being read. */
	(void)signal(SIGHUP, SIG_IGN); /* cannot fail */
	code = desk_open(&call.desk, REGISTRAR_OPEN_AUDIT | REGISTRAR_OPEN_CA |
					     REGISTRAR_OPEN_TRUST);
	if (code < 0)
		code = serve(&call.desk);
	desk_done(&call.desk);
	return code;
}
