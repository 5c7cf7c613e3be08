/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_CMD_H
#define DEVID_REGISTRAR_CMD_H

/* What the subcommands of devid-registrar share: options, opening, messages. */

#include "options.h"
#include "pin.h"
#include "registrar.h"

struct registrar_cmd {
	const char *config; /* borrowed */
	struct pin_source pin;
	struct registrar_conf conf;
	struct registrar *registrar; /* owned, once it is open */
};

/* Before options are read. */
void registrar_cmd_init(struct registrar_cmd *cmd);

/* Rows of what each of them takes; @member of @type is the struct
 * registrar_cmd. */
#define REGISTRAR_CMD_UNDER(type, member, option, rules)                       \
	offsetof(type, member) + offsetof(struct registrar_cmd, option), 0, 0, \
		rules
#define REGISTRAR_CMD_CONFIG_ROW(type, member)                                 \
	{                                                                      \
		"config", 0, "FILE", option_text,                              \
			REGISTRAR_CMD_UNDER(type, member, config, 0),          \
			"settings (" REGISTRAR_CONF_DEFAULT ")"                \
	}

/* And of those that use the CA's key. */
#define REGISTRAR_CMD_PIN_ROWS(type, member)                                   \
	{ "pin-fd", 0, "N", option_fd,                                         \
		REGISTRAR_CMD_UNDER(type, member, pin.fd, OPTION_ONE_OF),      \
		"the token's PIN comes from this descriptor" },                \
	{                                                                      \
		"pin-file", 0, "FILE", option_text,                            \
			REGISTRAR_CMD_UNDER(                                   \
				type, member, pin.file, OPTION_ONE_OF),        \
			"or from this file"                                    \
	}

#define REGISTRAR_CMD_NOTES "See devid-registrar(8).\n"

/* Loads the configuration. Returns -1 to go on, else the exit status; what
 * failed has been told. */
int registrar_cmd_load(struct registrar_cmd *cmd);

/* The same, and opens the registrar. Without a source of the PIN a prompt is
 * tried when there is a terminal. */
int registrar_cmd_open(struct registrar_cmd *cmd);
void registrar_cmd_done(struct registrar_cmd *cmd);

/* Prints the error as one line; returns EXIT_FAILURE. */
int registrar_cmd_fail(const struct devid_error *err);

#endif
