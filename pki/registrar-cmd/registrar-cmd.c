/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-cmd.h"

#include <stdlib.h>
#include <string.h>

#include "cmd-exit.h"
#include "log.h"

void registrar_cmd_init(struct registrar_cmd *cmd)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->pin.fd = -1;
}

int registrar_cmd_fail(const struct devid_error *err)
{
	log_error("%s", devid_error_text(err));
	return EXIT_FAILURE;
}

int registrar_cmd_load(struct registrar_cmd *cmd)
{
	struct devid_error err = { DEVID_OK, "" };

	if (registrar_conf_load(cmd->config, &cmd->conf, &err) == DEVID_OK)
		return -1;
	(void)registrar_cmd_fail(&err);
	return EXIT_USAGE;
}

int registrar_cmd_open(struct registrar_cmd *cmd)
{
	struct devid_error err = { DEVID_OK, "" };
	int code = registrar_cmd_load(cmd);
	enum devid_err rc;

	if (code >= 0)
		return code;
	if (cmd->pin.fd < 0 && !cmd->pin.file && !cmd->conf.pin_file)
		cmd->pin.prompt = true;
	rc = registrar_open(&cmd->conf, &cmd->pin, &cmd->registrar, &err);
	if (rc == DEVID_OK)
		return -1;
	(void)registrar_cmd_fail(&err);
	return rc == DEVID_ERR_DENIED ? EXIT_PIN : EXIT_FAILURE;
}

void registrar_cmd_done(struct registrar_cmd *cmd)
{
	registrar_close(cmd->registrar);
	registrar_conf_done(&cmd->conf);
}
