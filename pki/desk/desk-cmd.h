/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_CMD_H
#define DEVID_DESK_CMD_H

/* What the commands of devid-registrar share: options, opening, messages. */

#include "cmd-file.h"
#include "options.h"
#include "registrar-open.h"

struct desk {
	const char *config; /* borrowed */
	struct pin_source pin;
	struct registrar_conf conf;
	struct registrar *r;
	char who[REGISTER_WHO_MAX]; /* at the keyboard */
};

/* Rows of what each of them takes; @member of @type is the struct desk. */
#define DESK_UNDER(type, member, option, rules)                                \
	offsetof(type, member) + offsetof(struct desk, option), 0, 0, rules
#define DESK_ROWS(type, member)                                                \
	{ "config", 0, "FILE", option_text,                                    \
		DESK_UNDER(type, member, config, 0),                           \
		"settings of the registrar\n(" REGISTRAR_CONF_DEFAULT ")" },   \
		{ "pin-fd", 0, "N", option_fd,                                 \
			DESK_UNDER(type, member, pin.fd, OPTION_ONE_OF),       \
			"the token's PIN comes from this descriptor" },        \
	{                                                                      \
		"pin-file", 0, "FILE", option_text,                            \
			DESK_UNDER(type, member, pin.file, OPTION_ONE_OF),     \
			"or from this file"                                    \
	}

#define DESK_NOTES "See devid-registrar(8).\n"

/* Before options are read. */
void desk_init(struct desk *d);

/* Loads the configuration; without a source of the PIN a prompt is tried.
 * Returns -1 to go on, else the exit status; what failed has been told. */
int desk_load(struct desk *d);

/* The same, and opens @parts (REGISTRAR_OPEN_*). */
int desk_open(struct desk *d, unsigned parts);
void desk_done(struct desk *d);

/* Prints the error as one line; returns EXIT_FAILURE. */
int desk_fail(const struct devid_error *err);

/* Work of a command, in a transaction of the store. */
typedef enum devid_err desk_work(
	struct desk *d, void *arg, struct devid_error *err);

/* Opens @parts, runs @work, flushes what was printed; closes. With
 * REGISTRAR_OPEN_AUDIT it is a write transaction, else one for looking. */
int desk_run(struct desk *d, unsigned parts, desk_work *work, void *arg);

#endif
