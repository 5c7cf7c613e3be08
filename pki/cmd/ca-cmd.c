/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-cmd.h"

#include <stdlib.h>
#include <string.h>

#include "ca-conf.h"
#include "ca-open.h"
#include "cmd-exit.h"
#include "conf.h"
#include "log.h"

void ca_cmd_init(struct ca_cmd *cmd)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->pin.fd = -1;
}

int ca_cmd_fail(const struct devid_error *err)
{
	log_error("%s", devid_error_text(err));
	return EXIT_FAILURE;
}

int ca_cmd_open(struct ca_cmd *cmd, unsigned what)
{
	struct devid_error err = { DEVID_OK, "" };

	if (ca_conf_load(cmd->config, &cmd->conf, &err) != DEVID_OK) {
		(void)ca_cmd_fail(&err);
		return EXIT_USAGE;
	}
	if (cmd->pin.fd < 0 && !cmd->pin.file && !cmd->conf.pin_file)
		cmd->pin.prompt = true;
	if (ca_open(&cmd->conf, what, &cmd->pin, &cmd->ca, &err) == DEVID_OK)
		return -1;
	(void)ca_cmd_fail(&err);
	return cmd->ca.pin_refused ? EXIT_PIN : EXIT_FAILURE;
}

void ca_cmd_done(struct ca_cmd *cmd)
{
	ca_done(&cmd->ca);
	ca_conf_done(&cmd->conf);
}
