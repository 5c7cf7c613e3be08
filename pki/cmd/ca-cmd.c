/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-cmd.h"

#include <stdlib.h>
#include <string.h>

#include "ca-chain.h"
#include "ca-clock.h"
#include "ca-conf.h"
#include "ca-open.h"
#include "cmd-exit.h"
#include "conf.h"
#include "key.h"
#include "log.h"

void ca_cmd_init(struct ca_cmd *cmd, const char *name)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->name = name;
	cmd->pin.fd = -1;
}

int ca_cmd_fail(const struct devid_error *err)
{
	log_error("%s", devid_error_text(err));
	return EXIT_FAILURE;
}

/* What the last step of a device would refuse, before anything is issued. */
static enum devid_err check_chain(const struct ca *ca, struct devid_error *err)
{
	const char *path =
		ca->conf->chain ? ca->conf->chain : ca->conf->certificate;
	size_t len = 0;
	enum devid_err rc = ca_chain_check(path, ca->chain_pem, &len, err);

	if (rc == DEVID_OK && len > KEY_CERT_MAX)
		log_warn("%s: the certificates above a device's have %zu "
			 "bytes; a TPM takes at most %d of them, the device "
			 "keeps the rest on its disk only",
			path, len, KEY_CERT_MAX);
	return rc;
}

/* What is in the folder of vendors' roots and is not used. */
static void tell_trust(const struct ca *ca)
{
	for (size_t i = 0; ca->trust && ek_trust_get_note(ca->trust, i); i++)
		log_warn("%s", ek_trust_get_note(ca->trust, i));
}

/* No failure, and nothing to be silent about. */
static void tell_clock(const struct ca_cmd *cmd)
{
	if (!cmd->ca.clock_back)
		return;
	if (cmd->accept_clock)
		log_warn("clock: the register knew a later time, and has this "
			 "clock's now");
	else
		log_error(CA_CLOCK_BACK_TEXT);
}

int ca_cmd_open(struct ca_cmd *cmd, unsigned what)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	if (ca_conf_load(cmd->config, &cmd->conf, &err) != DEVID_OK) {
		(void)ca_cmd_fail(&err);
		return EXIT_USAGE;
	}
	if (cmd->pin.fd < 0 && !cmd->pin.file && !cmd->conf.pin_file)
		cmd->pin.prompt = true;
	if (cmd->accept_clock)
		what |= CA_OPEN_ACCEPT;
	rc = ca_open(&cmd->conf, what, &cmd->pin, &cmd->ca, &err);
	if (rc == DEVID_OK && what & CA_OPEN_SEAL)
		rc = check_chain(&cmd->ca, &err);
	if (rc == DEVID_OK) {
		tell_trust(&cmd->ca);
		tell_clock(cmd);
		if (cmd->name)
			cmd->progress = progress_begin(cmd->name);
		return -1;
	}
	(void)ca_cmd_fail(&err);
	return cmd->ca.pin_refused ? EXIT_PIN : EXIT_FAILURE;
}

void ca_cmd_done(struct ca_cmd *cmd)
{
	progress_end(cmd->progress);
	ca_done(&cmd->ca);
	ca_conf_done(&cmd->conf);
}
