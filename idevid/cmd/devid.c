/* SPDX-License-Identifier: Apache-2.0 */
/* devid: the command for people and scripts. */
#include <stddef.h>

#include "cmd-doctor.h"
#include "cmd-provision.h"
#include "cmd-status.h"
#include "cmd-verify.h"
#include "cmd-wait.h"
#include "commands.h"
#include "log.h"

static const struct command commands[] = {
	{ "provision", cmd_provision,
		"make keys, requests, take certificates" },
	{ "status", cmd_status, "usable or not; identities, ports, failures" },
	{ "doctor", cmd_doctor, "what is wrong, and what to do" },
	{ "wait", cmd_wait, "until devid-keyd answers and its TPM is well" },
	{ "verify", cmd_verify, "prove which unit answers over TLS" },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	log_init("devid", LOG_LEVEL_INFO);
	return commands_run("devid", commands, argc, argv);
}
