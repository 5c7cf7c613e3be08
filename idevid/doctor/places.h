/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PLACES_H
#define DEVID_PLACES_H

/*
 * Where a device has what is to be looked at: the settings of all programs in
 * devid.conf, with their defaults. Only what is needed to look; whether the
 * programs themselves would take the rest is theirs to say.
 */

#include <devid/error.h>

#include <stdbool.h>

struct places {
	char *config;        /* owned, as all strings here: the file */
	bool named;          /* and not the default */
	enum devid_err read; /* how reading it ended; NOT_FOUND: defaults */
	char read_text[DEVID_ERROR_TEXT_MAX];
	bool unseen; /* it is there, and this user may not read it */
	char *socket;
	char *tcti;
	char *state_dir;
	char *agent_socket;
	char *agent_state_dir;
	char *run_dir;
	char *key; /* what the agent names; NULL: in its state_dir */
	char *cert;
	char *ports; /* NULL: not set */
	char *trust;
	char *ca;          /* or NULL */
	char *server_name; /* or NULL */
	char *registrar;   /* of [enroll] */
};

/*
 * Fills @ret from the file @config; where that is NULL, from $DEVID_CONFIG, or
 * from CONF_DEFAULT_PATH. $DEVID_KEYD_SOCKET goes before the file. A file that
 * is wrong is no error here: @ret->read says so, and the defaults hold. Errors:
 * NOMEM.
 */
DEVID_MUST_CHECK enum devid_err places_load(
	const char *config, struct places *ret, struct devid_error *err);

void places_done(struct places *places);

#endif
