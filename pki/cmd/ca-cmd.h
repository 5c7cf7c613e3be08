/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_CMD_H
#define DEVID_CA_CMD_H

/* What the subcommands of devid-ca share: options, opening, messages. */

#include "blob.h"
#include "ca.h"
#include "cmd-file.h"
#include "options.h"
#include "progress.h"

struct ca_cmd {
	const char *config; /* borrowed */
	struct pin_source pin;
	bool accept_clock; /* a person says that it is right */
	const char *name;  /* borrowed: says when it takes long; NULL: not */
	struct progress *progress; /* owned */
	struct ca_conf conf;
	struct ca ca;
};

/* Before options are read. Once it is open, @name says on a terminal that it
 * takes long, until ca_cmd_done(); NULL for what goes on for ever. */
void ca_cmd_init(struct ca_cmd *cmd, const char *name);

/* Rows of what each of them takes; @member of @type is the struct ca_cmd. */
#define CA_CMD_UNDER(type, member, option, rules)                              \
	offsetof(type, member) + offsetof(struct ca_cmd, option), 0, 0, rules
#define CA_CMD_AT(type, member, option) CA_CMD_UNDER(type, member, option, 0)
#define CA_CMD_ROWS(type, member)                                              \
	{ "config", 0, "FILE", option_text, CA_CMD_AT(type, member, config),   \
		"settings of the CA (" CA_CONF_DEFAULT ")" },                  \
		{ "pin-fd", 0, "N", option_fd,                                 \
			CA_CMD_UNDER(type, member, pin.fd, OPTION_ONE_OF),     \
			"the token's PIN comes from this descriptor" },        \
	{                                                                      \
		"pin-file", 0, "FILE", option_text,                            \
			CA_CMD_UNDER(type, member, pin.file, OPTION_ONE_OF),   \
			"or from this file"                                    \
	}

/* And of those that sign. */
#define CA_CMD_CLOCK_ROW(type, member)                                         \
	{                                                                      \
		"accept-clock", 0, NULL, option_flag,                          \
			CA_CMD_AT(type, member, accept_clock),                 \
			"this machine's clock is right, though the\n"          \
			"register's newest time is not near it"                \
	}

#define CA_CMD_NOTES "See devid-ca(1).\n"

/* Loads the configuration and opens @what (CA_OPEN_*). Without a source of
 * the PIN a prompt is tried when there is a terminal. Returns -1 to go on,
 * else the exit status; what failed has been told. */
int ca_cmd_open(struct ca_cmd *cmd, unsigned what);
void ca_cmd_done(struct ca_cmd *cmd);

/* Prints the error as one line; returns EXIT_FAILURE. */
int ca_cmd_fail(const struct devid_error *err);

#endif
