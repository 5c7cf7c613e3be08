/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd-exit.h"
#include "log.h"

static int print_help(
	const char *program, const struct command *list, FILE *out)
{
	(void)fprintf(out, "usage: %s COMMAND [ARGUMENT]...\n\n", program);
	for (; list->name; list++)
		(void)fprintf(out, "  %-10s %s\n", list->name, list->what);
	(void)fprintf(out, "\n`%s COMMAND --help` says more.\n", program);
	return fflush(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int commands_run(
	const char *program, const struct command *list, int argc, char **argv)
{
	if (argc < 2) {
		(void)print_help(program, list, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help(program, list, stdout);
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("%s %s\n", program, DEVID_VERSION);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	for (const struct command *c = list; c->name; c++) {
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	}
	log_error("%s: no such command; see %s --help", argv[1], program);
	return EXIT_USAGE;
}
