/* SPDX-License-Identifier: Apache-2.0 */
#include "module-erase.h"

#include <limits.h>
#include <stdio.h>

#include "fail.h"
#include "files.h"
#include "module-erased.h"
#include "module-state.h"

static enum devid_err remove_files(struct module *m, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (int i = 0; i < N_KEYS; i++) {
		struct module_key *key = &m->keys[i];

		if (!module_is_owners(key))
			continue;
		if (rc == DEVID_OK)
			rc = module_state_remove(m, key, ".sealed", err);
		if (rc == DEVID_OK)
			rc = module_state_remove_all(m, key, err);
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

/* All of it, from whatever point on. The files go first: on a disk that is full
 * there is no room to write down that it was done before that. */
static enum devid_err do_all(struct module *m, struct devid_error *err)
{
	char begun[PATH_MAX];
	uint32_t resets = 0;
	enum devid_err rc;

	take_all_back(m);
	rc = m->keystore->ops->erase(m->keystore, &resets, err);
	if (rc == DEVID_OK)
		rc = remove_files(m, err);
	if (rc == DEVID_OK)
		rc = module_erased_note(m, resets, err);
	if (rc == DEVID_OK)
		rc = module_state_file(m, "erasing", begun, err);
	return rc == DEVID_OK ? files_remove(begun, err) : rc;
}

/* The same, and the status says how far that came. */
static enum devid_err go_on(struct module *m, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = do_all(m, &cause);

	m->erasure.pending = rc != DEVID_OK;
	memcpy(m->erasure.why, cause.text, sizeof(m->erasure.why));
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

bool module_erase_is_begun(const struct module *m)
{
	char path[PATH_MAX];

	return module_state_file(m, "erasing", path, NULL) == DEVID_OK &&
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
	enum devid_err rc = module_state_file(m, "erasing", path, err);

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
