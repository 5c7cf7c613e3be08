/* SPDX-License-Identifier: Apache-2.0 */
/* devid: the command for people and scripts. */
#include <stdio.h>
#include <string.h>

#include "cmd-exit.h"
#include "cmd-provision.h"
#include "cmd-status.h"
#include "cmd-verify.h"
#include "log.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "provision", cmd_provision,
		"make keys, requests, take certificates" },
	{ "status", cmd_status, "identities, certificates, port, failures" },
	{ "verify", cmd_verify, "prove which unit answers over TLS" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(FILE *out)
{
	(void)fprintf(out, "usage: devid COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(out, "  %-10s %s\n", commands[i].name,
			commands[i].what);
	(void)fprintf(out, "\n`devid COMMAND --help` says more.\n");
	return fflush(out) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	log_init("devid", LOG_LEVEL_INFO);
	if (argc < 2) {
		(void)print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("devid %s\n", DEVID_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	log_error("%s: no such command; see devid --help", argv[1]);
	return EXIT_USAGE;
}
