/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_FILES_H
#define DEVID_CMD_FILES_H

/* Where the devid command finds devid-keyd, and its errors. */

#include <devid/error.h>

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "cleanup-openssl.h"
#include "places.h"

struct cmd_env {
	char *socket; /* owned */
};

/*
 * Fills @ret from the file @config; where that is NULL, from $DEVID_CONFIG, or
 * from CONF_DEFAULT_PATH if it exists. $DEVID_KEYD_SOCKET goes before the file.
 */
DEVID_MUST_CHECK enum devid_err cmd_env_load(
	const char *config, struct cmd_env *ret, struct devid_error *err);

void cmd_env_done(struct cmd_env *env);

/* places_load() for a command that cannot do without: returns EXIT_SUCCESS, or
 * what to end with when a line has said why. */
DEVID_MUST_CHECK int cmd_places(
	const char *config, struct places *ret, struct devid_error *err);

/* facts_gather() for the command @name, with a word to who waits at a terminal:
 * a key service that is busy is waited for. */
json_t *cmd_facts(const struct places *places, const char *name);

/* Prints `devid: text` to stderr and returns EXIT_FAILURE. */
int cmd_fail(const struct devid_error *err);

#endif
