/* SPDX-License-Identifier: Apache-2.0 */
/* devid: the command for people and scripts. */
#include <stddef.h>

#include "cmd-cert.h"
#include "cmd-doctor.h"
#include "cmd-key.h"
#include "cmd-module.h"
#include "cmd-provision.h"
#include "cmd-status.h"
#include "cmd-verify.h"
#include "cmd-wait.h"
#include "commands.h"
#include "log.h"

static const struct command commands[] = {
	{ "provision", cmd_provision,
		"make keys, requests, take certificates" },
	{ "key", cmd_key, "list, make, import, enable, delete keys; sign" },
	{ "cert", cmd_cert, "list, install, enable, delete certificates" },
	{ "chain", cmd_chain, "the same for what is above a certificate" },
	{ "init", cmd_init, "look for keys and certificates afresh" },
	{ "entropy", cmd_entropy,
		"add to what the TPM makes random numbers of" },
	{ "erase", cmd_erase, "end all keys of the owner, for good" },
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
