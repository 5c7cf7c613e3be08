/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-token-key.h"

#include "ca-conf.h"
#include "cmd-exit.h"
#include "log.h"
#include "token-cmd.h"

static const struct option_row rows[] = {
	TOKEN_CMD_MAY("make", "ALG", make, "p256, p384, rsa2048 or rsa4096"),
	TOKEN_CMD_MAY("config", "FILE", config,
		"takes module, token and key from [token] of this file"),
	TOKEN_CMD_MAY("module", "FILE", module, "PKCS#11 module"),
	TOKEN_CMD_MAY("token", "LABEL", label, "the token's label"),
	TOKEN_CMD_MAY("key", "LABEL", key, "the key in it"),
	TOKEN_CMD_PIN_ROWS,
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "token-key",
	.usage = "usage: devid-ca token-key [--make ALG] OPTION...\n"
		 "       devid-ca token-key --config FILE\n"
		 "Makes a CA key in a token, or shows the one that is "
		 "there.\n",
	.rows = rows,
};

/* What the call does not name is taken from the CA's settings, but not the
 * PIN: after a wrong one in a file, a person types it here. */
static void take_settings(struct token_cmd *cmd, const struct ca_conf *conf)
{
	cmd->module = cmd->module ? cmd->module : conf->module;
	cmd->label = cmd->label ? cmd->label : conf->token;
	cmd->key = cmd->key ? cmd->key : conf->key;
}

/* -1, or the exit status. */
static int check(const struct token_cmd *cmd)
{
	const struct {
		const char *name, *value;
	} needed[] = { { "module", cmd->module }, { "token", cmd->label },
		{ "key", cmd->key } };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (needed[i].value)
			continue;
		return cmd->config
			       ? options_wrong(&option_set,
					 "%s: token.%s is not set, and --%s is "
					 "missing",
					 cmd->config, needed[i].name,
					 needed[i].name)
			       : options_wrong(&option_set,
					 "--%s is missing, or --config",
					 needed[i].name);
	}
	return -1;
}

int cmd_token_key(int argc, char **argv)
{
	struct token_cmd cmd = { .pin_fd = -1 };
	struct devid_error err = { DEVID_OK, "" };
	struct ca_conf conf = { .name = NULL };
	int code = options_read(&option_set, argc, argv, &cmd);

	if (code >= 0)
		return code;
	if (cmd.config && ca_conf_load(cmd.config, &conf, &err) != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	if (cmd.config)
		take_settings(&cmd, &conf);
	code = check(&cmd);
	if (code < 0)
		code = token_cmd_run(&cmd, token_cmd_open);
	ca_conf_done(&conf);
	return code;
}
