/* SPDX-License-Identifier: Apache-2.0 */
#include "module-erase.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "module-state.h"

#define MARK_MAX 64 /* bytes of `erased`; a limit of ours */

static const char *const suffixes[] = { ".sealed", ".key", ".pem",
	".cert-disabled", ".disabled", ".probed", ".gone" };

#define N_SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

static enum devid_err path_of(const struct module *m, const char *name,
	char *ret, struct devid_error *err)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", m->state_dir, name);

	if (n < 0 || n >= PATH_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"state: %.80s...: path too long", m->state_dir);
	return DEVID_OK;
}

/* The file says with how many resets of the module the erasure was made. */
static enum devid_err note_erased(
	struct module *m, uint32_t resets, struct devid_error *err)
{
	char path[PATH_MAX], text[MARK_MAX];
	int n = snprintf(text, sizeof(text), "resets %" PRIu32 "\n", resets);
	enum devid_err rc = path_of(m, "erased", path, err);

	if (rc == DEVID_OK)
		rc = files_write_atomic(path, text, (size_t)n, 0644, err);
	if (rc == DEVID_OK) {
		m->erasure.erased = 1;
		m->erasure.erased_at = resets;
	}
	return rc;
}

/* The number in the file, or false. */
static bool parse_mark(const char *text, uint32_t *ret)
{
	static const char head[] = "resets ";
	unsigned long n;
	char *end;

	if (strncmp(text, head, sizeof(head) - 1) != 0)
		return false;
	errno = 0;
	n = strtoul(text + sizeof(head) - 1, &end, 10);
	if (errno != 0 || strcmp(end, "\n") != 0 || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static void read_erased(struct module *m)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	char path[PATH_MAX];
	size_t len;

	if (path_of(m, "erased", path, NULL) == DEVID_OK &&
		files_read(path, MARK_MAX, &data, &len, NULL) == DEVID_OK &&
		parse_mark((const char *)data, &m->erasure.erased_at))
		m->erasure.erased = 1;
}

static enum devid_err remove_one(struct module *m, const struct module_key *key,
	const char *suffix, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc = module_state_path(m, key, suffix, path, err);

	return rc == DEVID_OK && files_exists(path) ? files_remove(path, err)
						    : rc;
}

static enum devid_err remove_files(struct module *m, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (int i = 0; i < N_KEYS; i++) {
		struct module_key *key = &m->keys[i];

		if (!module_is_owners(key))
			continue;
		for (size_t s = 0; rc == DEVID_OK && s < N_SUFFIXES; s++)
			rc = remove_one(m, key, suffixes[s], err);
	}
	return rc;
}

/* From the order on none is used, also while the keystore is in the way. */
static void take_all_back(struct module *m)
{
	for (int i = 0; i < N_KEYS; i++) {
		struct module_key *key = &m->keys[i];

		if (!module_is_owners(key))
			continue;
		(void)!m->keystore->ops->give(m->keystore, key->id, NULL, NULL,
			NULL); /* cannot fail */
		module_key_clear(key);
	}
}

/* All of it, from whatever point on. */
static enum devid_err go_on(struct module *m, struct devid_error *err)
{
	char begun[PATH_MAX];
	uint32_t resets = 0;
	enum devid_err rc;

	take_all_back(m);
	rc = m->keystore->ops->erase(m->keystore, &resets, err);
	if (rc == DEVID_OK)
		rc = note_erased(m, resets, err);
	if (rc == DEVID_OK)
		rc = remove_files(m, err);
	if (rc == DEVID_OK)
		rc = path_of(m, "erasing", begun, err);
	return rc == DEVID_OK ? files_remove(begun, err) : rc;
}

bool module_erase_is_begun(const struct module *m)
{
	char path[PATH_MAX];

	return path_of(m, "erasing", path, NULL) == DEVID_OK &&
	       files_exists(path);
}

enum devid_err module_erase_go_on(struct module *m, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_OK;

	if (module_erase_is_begun(m))
		rc = go_on(m, &cause);
	return rc == DEVID_OK
		       ? rc
		       : devid_fail(err, rc,
				 "erasure of the owner's keys is not done yet: "
				 "%s",
				 devid_error_text(&cause));
}

enum devid_err module_erase(struct module *m, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char path[PATH_MAX];
	enum devid_err rc = path_of(m, "erasing", path, err);

	if (rc == DEVID_OK)
		rc = files_write_atomic(path, "", 0, 0644, err);
	if (rc != DEVID_OK)
		return rc;
	rc = go_on(m, &cause);
	module_erase_refresh(m);
	if (rc != DEVID_OK)
		return devid_fail(err, rc,
			"erase: begun, and gone on with as soon as that can "
			"be: %.150s",
			devid_error_text(&cause));
	return DEVID_OK;
}

void module_erase_resume(struct module *m)
{
	struct devid_error cause = { DEVID_OK, "" };
	char line[DEVID_ERROR_TEXT_MAX + 64];

	read_erased(m);
	if (!module_erase_is_begun(m) || go_on(m, &cause) == DEVID_OK)
		return;
	(void)snprintf(line, sizeof(line),
		"erasure of the owner's keys is not done yet: %s",
		devid_error_text(&cause)); /* a cut line is fine */
	m->warn(line);
}

void module_erase_refresh(struct module *m)
{
	(void)!m->keystore->ops->epoch(m->keystore, &m->erasure.epoch,
		&m->erasure.resets, NULL); /* as it was */
}
