/* SPDX-License-Identifier: Apache-2.0 */
#include "station-state.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "fail.h"
#include "files.h"

#define SERIAL_MAX 64     /* RFC 5280 A.1: ub-serial-number */
#define FILE_MAX   262144 /* bytes of a step's file */

static const char *const names[STATION_N_STEPS] = {
	[STATION_REQUEST] = "request",
	[STATION_CHALLENGE] = "challenge",
	[STATION_ANSWER] = "answer",
	[STATION_CERTIFICATES] = "certificates",
};

static bool is_plain(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == '-' || c == '_');
}

/* Never "", "." or "..", never with a '/'. */
static bool encode(const char *serial, char buf[3 * SERIAL_MAX + 1])
{
	size_t len = strlen(serial), n = 0;

	if (len == 0 || len > SERIAL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)serial[i];

		if (is_plain(c))
			buf[n++] = (char)c;
		else
			n += (size_t)sprintf(buf + n, "%%%02X", c);
	}
	buf[n] = '\0';
	return true;
}

static enum devid_err make_folder(const char *path, struct devid_error *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return devid_fail(err, DEVID_ERR_IO, "state: %s: %s", path,
			strerror(errno));
	return DEVID_OK;
}

enum devid_err station_state_open(const char *dir, const char *serial,
	const char *identity, struct station_state *ret,
	struct devid_error *err)
{
	char name[3 * SERIAL_MAX + 1];
	char *folder;
	enum devid_err rc;

	if (!encode(serial, name))
		return devid_fail(err, DEVID_ERR_INVALID,
			"state: a serial number has 1 to %d bytes", SERIAL_MAX);
	rc = make_folder(dir, err);
	if (rc != DEVID_OK)
		return rc;
	/* No '.' is left in the name. */
	if (asprintf(&folder, "%s/%s%s%s", dir, name, identity ? "." : "",
		    identity ? identity : "") < 0)
		return fail_no_memory(err);
	rc = make_folder(folder, err);
	if (rc != DEVID_OK) {
		free(folder);
		return rc;
	}
	ret->folder = folder;
	return DEVID_OK;
}

void station_state_done(struct station_state *state)
{
	free(state->folder);
	state->folder = NULL;
}

/* The path of a step's file; the caller's. */
static enum devid_err path_of(const struct station_state *state,
	enum station_step step, char **ret, struct devid_error *err)
{
	if (asprintf(ret, "%s/%s", state->folder, names[step]) < 0) {
		*ret = NULL;
		return fail_no_memory(err);
	}
	return DEVID_OK;
}

enum devid_err station_state_load(const struct station_state *state,
	enum station_step step, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = NULL;
	enum devid_err rc = path_of(state, step, &path, err);

	if (rc != DEVID_OK)
		return rc;
	return files_read(path, FILE_MAX, &ret->data, &ret->len, err);
}

enum devid_err station_state_store(const struct station_state *state,
	enum station_step step, struct view data, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = NULL;
	enum devid_err rc = path_of(state, step, &path, err);

	if (rc != DEVID_OK)
		return rc;
	return files_write_atomic(path, data.data, data.len, 0600, err);
}

enum devid_err station_state_forget(const struct station_state *state,
	enum station_step from, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (int i = STATION_N_STEPS - 1; rc == DEVID_OK && i >= (int)from;
		i--) {
		CLEANUP(cleanup_free) char *path = NULL;

		rc = path_of(state, (enum station_step)i, &path, err);
		if (rc == DEVID_OK)
			rc = files_remove(path, err);
	}
	return rc;
}
