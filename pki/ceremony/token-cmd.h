/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_CMD_H
#define DEVID_TOKEN_CMD_H

/*
 * What the subcommands for ceremonies share: options, the token, files that
 * are made once and kept when they are right. They need no configuration.
 */

#include "build.h"
#include "token.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

enum token_option {
	TOKEN_OPT_MODULE,
	TOKEN_OPT_TOKEN,
	TOKEN_OPT_KEY,
	TOKEN_OPT_PIN_FILE,
	TOKEN_OPT_PIN_FD,
	TOKEN_OPT_MAKE,
	TOKEN_OPT_ORG,
	TOKEN_OPT_CN,
	TOKEN_OPT_UNTIL,
	TOKEN_OPT_KIND,
	TOKEN_OPT_CA,
	TOKEN_OPT_OUT,
	TOKEN_OPT_CRL_URL,
	TOKEN_OPT_OCSP_URL,
	TOKEN_OPT_ISSUER_URL,
	TOKEN_OPT_REVOKED,
	TOKEN_OPT_NUMBER,
	TOKEN_OPT_DAYS,
};
#define N_TOKEN_OPTIONS  18
#define TOKEN_OPT_BIT(o) (1u << (o))
/* What every command takes; the first three it must have. */
#define TOKEN_OPT_PLACE                                                        \
	(TOKEN_OPT_BIT(TOKEN_OPT_MODULE) | TOKEN_OPT_BIT(TOKEN_OPT_TOKEN) |    \
		TOKEN_OPT_BIT(TOKEN_OPT_KEY))

struct token_cmd;

struct token_command {
	const char *usage;
	unsigned required, optional; /* beside the place and the PIN */
	bool operand;                /* one file behind the options */
	enum devid_err (*run)(struct token_cmd *cmd, struct devid_error *err);
};

struct token_cmd {
	const char *value[N_TOKEN_OPTIONS]; /* borrowed from argv, or NULL */
	const char *operand;
	struct token *token;   /* owned */
	struct signer *signer; /* owned: the key --key */
};

/* A whole subcommand: options, run, errors, exit status. */
int token_command(const struct token_command *what, int argc, char **argv);

/*
 * Opens the token and the key; makes the key when it is not there and --make
 * names an algorithm. Prints a line about the key. Errors: as token_open(),
 * token_key(), token_key_new(); MISMATCH: it is there with another algorithm.
 */
DEVID_MUST_CHECK enum devid_err token_cmd_open(
	struct token_cmd *cmd, struct devid_error *err);

/* "made" or "kept": prints `what name sha256 verb`. */
void token_cmd_tell(
	const char *what, const char *name, struct view der, const char *verb);

/* --until: YYYYMMDDHHMMSSZ; not given: 0, no end. */
DEVID_MUST_CHECK enum devid_err token_cmd_until(
	const struct token_cmd *cmd, int64_t *ret, struct devid_error *err);

/* One certificate, request in PEM, and nothing else. *@ret is the caller's.
 * Errors: NOT_FOUND, SYNTAX, IO. */
DEVID_MUST_CHECK enum devid_err token_cmd_read_cert(
	const char *path, X509 **ret, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err token_cmd_read_request(
	const char *path, X509_REQ **ret, struct devid_error *err);

/* Writes PEM with @label ("CERTIFICATE") atomically. */
DEVID_MUST_CHECK enum devid_err token_cmd_write_pem(const char *path,
	const char *label, struct view der, struct devid_error *err);

#endif
