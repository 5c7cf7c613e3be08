/* SPDX-License-Identifier: Apache-2.0 */
/* `devid wait`: until devid-keyd answers and its keystore is well. */
#include "cmd-wait.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "cmd-exit.h"
#include "cmd-files.h"
#include "conf.h"
#include "fail.h"
#include "options.h"
#include "progress.h"

#define SECONDS_DEFAULT 30
#define SECONDS_MAX     86400 /* a limit of ours */

/* A socket that nobody listens on yet, and a TPM that is not there yet, tell
 * nobody when they are: asked this often. */
#define PAUSE_NS 50000000

struct call {
	const char *config; /* borrowed, or NULL */
	unsigned seconds;
};

static const struct option_row rows[] = {
	{ "seconds", 0, "N", option_uint,
		OPTION_WITHIN(struct call, seconds, 1, SECONDS_MAX),
		"give up after N seconds (30)" },
	{ "config", 0, "FILE", option_text, OPTION_AT(struct call, config),
		"settings (" CONF_DEFAULT_PATH ")" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "wait",
	.usage = "usage: devid wait [--seconds N] [--config FILE]\n"
		 "Waits until devid-keyd answers and its keystore is well.\n",
	.rows = rows,
};

/* Whether keys can be used now; @err says what it is that is not so yet. */
static enum devid_err look(const char *socket, struct devid_error *err)
{
	struct wire_status status;
	enum devid_err rc = client_status(socket, &status, err);

	if (rc != DEVID_OK || status.module == DEVID_OK)
		return rc;
	return devid_fail(
		err, status.module, "keystore: %s", status.module_text);
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static enum devid_err wait_for(
	const char *socket, unsigned seconds, struct devid_error *err)
{
	const struct timespec pause = { 0, PAUSE_NS };
	const int64_t end = now_ns() + (int64_t)seconds * 1000000000;

	for (;;) {
		struct devid_error cause = { DEVID_OK, "" };
		enum devid_err rc = look(socket, &cause);

		if (rc == DEVID_OK)
			return rc;
		if (now_ns() >= end)
			return devid_fail(err, rc,
				"wait: not after %u seconds: %s", seconds,
				devid_error_text(&cause));
		(void)nanosleep(&pause, NULL); /* shorter is no harm */
	}
}

int cmd_wait(int argc, char **argv)
{
	struct call call = { .seconds = SECONDS_DEFAULT };
	struct devid_error err = { DEVID_OK, "" };
	struct progress *progress;
	struct cmd_env env;
	enum devid_err rc;
	int code = options_read(&option_set, argc, argv, &call);

	if (code >= 0)
		return code;
	if (cmd_env_load(call.config, &env, &err) != DEVID_OK) {
		(void)cmd_fail(&err);
		return EXIT_USAGE;
	}
	progress = progress_begin("wait");
	rc = wait_for(env.socket, call.seconds, &err);
	progress_end(progress);
	cmd_env_done(&env);
	return rc == DEVID_OK ? EXIT_SUCCESS : cmd_fail(&err);
}
