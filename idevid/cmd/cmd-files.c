/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "conf.h"

#define RUN_DIR_DEFAULT "/run/devid"

static enum devid_err set_socket(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	(void)rest; /* no pattern */
	return conf_path(&((struct cmd_env *)target)->socket, value, err);
}

static enum devid_err set_run_dir(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	struct cmd_env *env = target;
	CLEANUP(cleanup_free) char *path = NULL;

	(void)rest; /* no pattern */
	if (asprintf(&path, "%s/agent.json", value) < 0)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	return conf_path(&env->agent_status, path, err);
}

/* What other programs read in the same sections. */
static enum devid_err skip(void *target, const char *rest, const char *value,
	struct devid_error *err)
{
	(void)target;
	(void)rest;
	(void)value;
	(void)err;
	return DEVID_OK;
}

static const struct conf_setting settings[] = {
	{ "keyd", "socket", set_socket },
	{ "keyd", "*", skip },
	{ "agent", "run_dir", set_run_dir },
	{ "agent", "*", skip },
	{ NULL, NULL, NULL },
};

enum devid_err cmd_env_load(
	const char *config, struct cmd_env *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct cmd_env env = { NULL, NULL };
	enum devid_err rc;

	rc = conf_string(&env.socket, wire_socket_path(), err);
	if (rc == DEVID_OK)
		rc = set_run_dir(&env, "", RUN_DIR_DEFAULT, err);
	if (rc == DEVID_OK) {
		rc = conf_load(config ? config : CONF_DEFAULT_PATH, settings,
			&env, &cause);
		if (rc == DEVID_ERR_NOT_FOUND && !config)
			rc = DEVID_OK; /* all defaults */
		else if (rc != DEVID_OK)
			(void)devid_fail(err, rc, "%s", cause.text);
	}
	if (rc == DEVID_OK && secure_getenv("DEVID_KEYD_SOCKET"))
		rc = conf_path(&env.socket, wire_socket_path(), err);
	if (rc != DEVID_OK) {
		cmd_env_done(&env);
		return rc;
	}
	*ret = env;
	return DEVID_OK;
}

void cmd_env_done(struct cmd_env *env)
{
	free(env->socket);
	free(env->agent_status);
}

int cmd_fail(const struct devid_error *err)
{
	(void)fprintf(stderr, "devid: %s\n", devid_error_text(err));
	return EXIT_FAILURE;
}
