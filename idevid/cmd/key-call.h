/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_CALL_H
#define DEVID_KEY_CALL_H

/*
 * What the commands share that are one operation of the DevID module each
 * (802.1AR 7.2): the call, the request, and how its end is told, as text or as
 * one JSON object.
 */

#include <devid/error.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "cmd-files.h"
#include "options.h"

struct key_call {
	/* Options; borrowed, or NULL. */
	const char *config, *type, *cert, *hash, *scheme, *out;
	bool json, pin, replace, yes;
	uint32_t given;
	struct cmd_env env;
	const char *what; /* "key create"; borrowed */
	const char *key;  /* its name in full, borrowed; NULL: of none */
	const char *file; /* the argument behind it; borrowed, or NULL */
	bool asked;       /* devid-keyd: what fails now is its word */
	char step[32];    /* room for @what */
};

struct key_step {
	const char *name;     /* NULL ends a table */
	const char *operands; /* "NAME FILE"; "" or "[NAME]" */
	const char *options;  /* as options_only() has them */
	/* What to send, and what to say then, where @run is NULL. */
	uint8_t op, arg;
	const char *done; /* behind "NAME: " */
	int (*run)(struct key_call *c);
};

/* The options of all of them, into a struct key_call. */
extern const struct option_row key_call_rows[];

/* Runs the step of @steps that @argv names. Returns the exit status. */
int key_call_run(const struct option_set *set, const struct key_step *steps,
	int argc, char **argv);

/* The same for a command that has no steps: @step alone. */
int key_call_alone(const struct option_set *set, const struct key_step *step,
	int argc, char **argv);

/* Tells a wrong call; returns its exit status. */
int key_call_wrong(const struct key_call *c, const char *why);

/* Sends @what and tells how it ended: "NAME: @done". Returns the exit status.
 */
int key_call_change(
	struct key_call *c, const struct client_change *what, const char *done);

/* Tells how the call ended. @err is told on standard error, and with --json as
 * an object on standard output too. */
int key_call_fail(const struct key_call *c, const struct devid_error *err);
int key_call_done(const struct key_call *c, const char *done);

/* Prints @json, which it takes; NULL: there was no memory for it. Returns the
 * exit status. */
int key_call_print(json_t *json);

/* The name that IEEE 802.1AR 7.2 has for an error of the module, "KeyNotFound";
 * NULL for what it has none for. */
const char *key_call_error_name(enum devid_err code);

#endif
