/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "cmd-exit.h"
#include "conf.h"
#include "facts.h"
#include "fail.h"
#include "progress.h"

#define AT(member) offsetof(struct cmd_env, member), 0, 0

static const struct conf_setting settings[] = {
	{ "keyd", "socket", conf_to_path, AT(socket) },
	{ "keyd", "*", conf_skip, 0, 0, 0 },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

enum devid_err cmd_env_load(
	const char *config, struct cmd_env *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct cmd_env env = { NULL };
	enum devid_err rc;

	if (!config)
		config = secure_getenv("DEVID_CONFIG");
	rc = conf_string(&env.socket, wire_socket_path(), err);
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
}

int cmd_places(const char *config, struct places *ret, struct devid_error *err)
{
	if (places_load(config, ret, err) != DEVID_OK)
		return cmd_fail(err);
	if (ret->read == DEVID_OK ||
		(ret->read == DEVID_ERR_NOT_FOUND && !ret->named))
		return EXIT_SUCCESS;
	(void)devid_fail(err, ret->read, "%s", ret->read_text);
	places_done(ret);
	(void)cmd_fail(err);
	return EXIT_USAGE;
}

json_t *cmd_facts(const struct places *places, const char *name)
{
	struct progress *progress = progress_begin(name);
	json_t *all = facts_gather(places);

	progress_end(progress);
	return all;
}

int cmd_fail(const struct devid_error *err)
{
	(void)fprintf(stderr, "devid: %s\n", devid_error_text(err));
	return EXIT_FAILURE;
}
