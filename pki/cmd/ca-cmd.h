/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_CMD_H
#define DEVID_CA_CMD_H

/* What the subcommands of devid-ca share: options, opening, messages. */

#include "blob.h"
#include "ca.h"
#include "cmd-file.h"

#include <getopt.h>

/* For struct option arrays; codes above any letter. */
enum {
	CA_CMD_CONFIG = 1000,
	CA_CMD_PIN_FD,
	CA_CMD_PIN_FILE,
};

#define CA_CMD_OPTIONS                                                         \
	{ "config", required_argument, NULL, CA_CMD_CONFIG },                  \
		{ "pin-fd", required_argument, NULL, CA_CMD_PIN_FD },          \
	{                                                                      \
		"pin-file", required_argument, NULL, CA_CMD_PIN_FILE           \
	}

#define CA_CMD_USAGE                                                           \
	"Each takes --config FILE, and for the token's PIN --pin-fd N or\n"    \
	"--pin-file FILE. See devid-ca(1).\n"

struct ca_cmd {
	const char *config; /* borrowed */
	struct pin_source pin;
	struct ca_conf conf;
	struct ca ca;
};

/* Before options are read. */
void ca_cmd_init(struct ca_cmd *cmd);

/* Takes one of CA_CMD_OPTIONS with optarg; false when @opt is none of them or
 * its value is bad (told on stderr). */
bool ca_cmd_option(struct ca_cmd *cmd, int opt);

/* Loads the configuration and opens @what (CA_OPEN_*). Without a source of
 * the PIN a prompt is tried when there is a terminal. Returns -1 to go on,
 * else the exit status; what failed has been told. */
int ca_cmd_open(struct ca_cmd *cmd, unsigned what);
void ca_cmd_done(struct ca_cmd *cmd);

/* Prints the error as one line; returns EXIT_FAILURE. */
int ca_cmd_fail(const struct devid_error *err);

#endif
