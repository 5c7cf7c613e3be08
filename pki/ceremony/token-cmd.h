/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_CMD_H
#define DEVID_TOKEN_CMD_H

/*
 * What the subcommands for ceremonies share: options, the token, files that
 * are made once and kept when they are right. They need no configuration.
 */

#include "build.h"
#include "options.h"
#include "output.h"
#include "token.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

struct token_cmd {
	/* Options, borrowed from argv; NULL: not given. */
	const char *module, *label, *key, *pin_file, *config;
	const char *make, *org, *cn, *until, *kind, *ca, *out;
	const char *crl_url, *ocsp_url, *issuer_url, *revoked, *number;
	int pin_fd; /* -1: not given */
	unsigned days;
	bool accept_clock; /* a person says that it is right */
	bool only_clock;   /* look at it, and sign nothing */
	const char *operand;
	struct token *token;   /* owned */
	struct signer *signer; /* owned: the key --key */
	struct output *file;   /* owned: --out, of token_cmd_out() */
	bool pin_refused;
	struct progress *progress; /* owned: from the PIN on */
};

/* Rows of texts: what may be given, what must be. */
#define TOKEN_CMD_MAY(name, arg, member, help)                                 \
	{                                                                      \
		name, 0, arg, option_text,                                     \
			OPTION_AT(struct token_cmd, member), help              \
	}
#define TOKEN_CMD_MUST(name, arg, member, help)                                \
	{                                                                      \
		name, 0, arg, option_text,                                     \
			OPTION_MUST(struct token_cmd, member), help            \
	}

/* Rows of the token and its key, which all take. */
#define TOKEN_CMD_ROWS                                                         \
	TOKEN_CMD_MUST("module", "FILE", module, "PKCS#11 module"),            \
		TOKEN_CMD_MUST("token", "LABEL", label, "the token's label"),  \
		TOKEN_CMD_MUST("key", "LABEL", key, "the key in it"),          \
		TOKEN_CMD_PIN_ROWS
#define TOKEN_CMD_PIN_ROWS                                                     \
	{ "pin-file", 0, "FILE", option_text,                                  \
		OPTION_UNDER(struct token_cmd, pin_file, OPTION_ONE_OF),       \
		"has the token's PIN; else it is asked for" },                 \
	{                                                                      \
		"pin-fd", 0, "N", option_fd,                                   \
			OPTION_UNDER(struct token_cmd, pin_fd, OPTION_ONE_OF), \
			"the same, from this descriptor"                       \
	}

typedef enum devid_err token_cmd_fn(
	struct token_cmd *cmd, struct devid_error *err);

/* A whole subcommand: options, run, errors, exit status. */
int token_command(
	const struct option_set *set, token_cmd_fn *run, int argc, char **argv);

/* The same of a @cmd whose options were read: closes it. Returns the exit
 * status. */
int token_cmd_run(struct token_cmd *cmd, token_cmd_fn *run);

/*
 * Opens the token and the key; makes the key when it is not there and --make
 * names an algorithm. Prints a line about the key. Errors: as token_open(),
 * token_key(), token_key_new(); MISMATCH: it is there with another algorithm.
 */
DEVID_MUST_CHECK enum devid_err token_cmd_open(
	struct token_cmd *cmd, struct devid_error *err);

/* "made" or "kept": prints `what name sha256 verb`; to standard error where
 * --out is standard output. */
void token_cmd_tell(const struct token_cmd *cmd, const char *what,
	const char *name, struct view der, const char *verb);

/* Opens --out; before anything is signed. */
DEVID_MUST_CHECK enum devid_err token_cmd_out(
	struct token_cmd *cmd, struct devid_error *err);

/* The same after --out could not be read, for @cause under @rc: nothing there
 * is no error, and where it may not be written that is the cause to tell. */
DEVID_MUST_CHECK enum devid_err token_cmd_out_after(struct token_cmd *cmd,
	enum devid_err rc, const struct devid_error *cause,
	struct devid_error *err);

/* --until: YYYYMMDDHHMMSSZ; not given: 0, no end. */
DEVID_MUST_CHECK enum devid_err token_cmd_until(
	const struct token_cmd *cmd, int64_t *ret, struct devid_error *err);

/* One certificate, request in PEM, and nothing else. *@ret is the caller's.
 * Errors: NOT_FOUND, SYNTAX, IO. */
DEVID_MUST_CHECK enum devid_err token_cmd_read_cert(
	const char *path, X509 **ret, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err token_cmd_read_request(
	const char *path, X509_REQ **ret, struct devid_error *err);

/* Writes PEM with @label ("CERTIFICATE") to --out. */
DEVID_MUST_CHECK enum devid_err token_cmd_write_pem(const struct token_cmd *cmd,
	const char *label, struct view der, struct devid_error *err);

#endif
