/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "conf.h"
#include "fail.h"

#define RUN_DIR_DEFAULT "/run/devid"

/* The agent's status is in its run_dir. */
static enum devid_err set_run_dir(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = NULL;

	(void)rest; /* no pattern */
	(void)row;
	if (asprintf(&path, "%s/agent.json", value) < 0)
		return fail_no_memory(err);
	return conf_path(target, path, err);
}

/* What other programs read in the same sections. */
static enum devid_err skip(void *target, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	(void)target;
	(void)value;
	(void)rest;
	(void)row;
	(void)err;
	return DEVID_OK;
}

#define AT(member) offsetof(struct cmd_env, member), 0, 0

static const struct conf_setting settings[] = {
	{ "keyd", "socket", conf_to_path, AT(socket) },
	{ "keyd", "*", skip, 0, 0, 0 },
	{ "agent", "run_dir", set_run_dir, AT(agent_status) },
	{ "agent", "*", skip, 0, 0, 0 },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

enum devid_err cmd_env_load(
	const char *config, struct cmd_env *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct cmd_env env = { NULL, NULL };
	enum devid_err rc;

	rc = conf_string(&env.socket, wire_socket_path(), err);
	if (rc == DEVID_OK)
		rc = conf_string(
			&env.agent_status, RUN_DIR_DEFAULT "/agent.json", err);
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
