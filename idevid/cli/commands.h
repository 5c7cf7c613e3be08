/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_COMMANDS_H
#define DEVID_COMMANDS_H

/* A program that is several commands, as `devid` and `devid-ca`. */

struct command {
	const char *name; /* NULL ends the list */
	int (*run)(int argc, char **argv);
	const char *what; /* for the help */
};

/*
 * Runs the command of @list that argv[1] names, with the arguments from there
 * on. Answers --help, -h and --version itself. Returns the exit status.
 */
int commands_run(
	const char *program, const struct command *list, int argc, char **argv);

#endif
