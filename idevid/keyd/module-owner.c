/* SPDX-License-Identifier: Apache-2.0 */
#include "module-owner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "module-cert.h"
#include "module-erase.h"
#include "module-key.h"
#include "module-state.h"
#include "private-key.h"

static const char SEALED[] = ".sealed";
static const char GONE[] = ".gone";
static const char PIN[] = ".pin";

/* ---- files ---- */

static enum devid_err read_sealed(struct module *m,
	const struct module_key *key, const char *suffix,
	struct key_sealed *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	char path[PATH_MAX];
	enum devid_err rc;

	rc = module_state_path(m, key, suffix, path, err);
	if (rc == DEVID_OK)
		rc = files_read(path, sizeof(ret->data), &data, &ret->len, err);
	if (rc == DEVID_OK)
		memcpy(ret->data, data, ret->len);
	return rc;
}

static enum devid_err write_sealed(struct module *m,
	const struct module_key *key, const struct key_sealed *sealed,
	struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc = module_state_path(m, key, SEALED, path, err);

	return rc == DEVID_OK ? files_write_atomic(path, sealed->data,
					sealed->len, 0600, err)
			      : rc;
}

/* Gives @sealed to the keystore and takes what that tells of it. Errors also:
 * KEY_EXISTS. */
static enum devid_err give(struct module *m, struct module_key *key,
	const struct key_sealed *sealed, struct devid_error *err)
{
	struct key_sealed_facts facts = { .imported = false };
	enum devid_err rc = m->keystore->ops->give(
		m->keystore, key->id, sealed, &facts, err);

	if (rc == DEVID_OK)
		rc = module_check_only_name(m, key, &facts.spki, err);
	if (rc == DEVID_OK)
		rc = module_set_spki(key, &facts.spki, err);
	if (rc == DEVID_OK)
		key->imported = facts.imported;
	return rc;
}

static void take_back(struct module *m, struct module_key *key)
{
	(void)!m->keystore->ops->give(
		m->keystore, key->id, NULL, NULL, NULL); /* cannot fail */
	module_key_clear(key);
}

/* The public key of one whose record cannot be read, from what else there is
 * of it: its reference or its certificate. One that is another key's was copied
 * from there, and that key stays where it is. */
static bool find_spki(
	struct module *m, struct module_key *key, struct key_blob *ret)
{
	if (module_state_read_ref(m, key, ret, NULL) != DEVID_OK) {
		if (module_state_load(m, key, NULL) != DEVID_OK ||
			key->alg == KEY_ALG_NONE)
			return false;
		*ret = key->spki;
	}
	return module_check_only_name(m, key, ret, NULL) == DEVID_OK;
}

/* Its persistent copies go, wherever they are. */
static enum devid_err evict(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	struct key_blob spki = { 0 };
	char why[DEVID_ERROR_TEXT_MAX];
	enum devid_err rc;
	bool found;

	if (key->alg != KEY_ALG_NONE)
		return ks->ops->persist(ks, key->id, false, err);
	found = find_spki(m, key, &spki);
	memcpy(why, key->why, sizeof(why));
	module_key_clear(key); /* it is not known all the same */
	rc = ks->ops->evict_lost(ks, key->id, found ? &spki : NULL, err);
	memcpy(key->why, why, sizeof(key->why)); /* told until it is gone */
	return rc;
}

/* The persistent copy of the key that is <key>.gone. */
static enum devid_err evict_gone(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct key_sealed sealed;
	enum devid_err rc = read_sealed(m, key, GONE, &sealed, NULL);

	take_back(m, key);
	/* One that cannot be given is looked for by what else is known. */
	if (rc == DEVID_OK && give(m, key, &sealed, NULL) != DEVID_OK)
		take_back(m, key);
	rc = evict(m, key, err);
	take_back(m, key);
	return rc;
}

/* What is left of a key that is <key>.gone. */
static enum devid_err finish_deletion(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	enum devid_err rc = evict_gone(m, key, err);

	return rc == DEVID_OK ? module_state_remove_all(m, key, err) : rc;
}

static bool has_file(
	struct module *m, const struct module_key *key, const char *suffix)
{
	char path[PATH_MAX];

	return module_state_path(m, key, suffix, path, NULL) == DEVID_OK &&
	       files_exists(path);
}

/* A key of which there is a file and nothing else to tell. */
static void tell(struct module *m, struct module_key *key, const char *what,
	const struct devid_error *cause)
{
	module_warn_key(m, key, what, cause);
	(void)snprintf(key->why, sizeof(key->why), "%s: %.180s", what,
		devid_error_text(cause)); /* may cut */
}

void module_owner_go_on(struct module *m)
{
	for (int i = 0; i < N_KEYS; i++) {
		struct module_key *key = &m->keys[i];

		if (module_is_owners(key) && key->alg == KEY_ALG_NONE &&
			has_file(m, key, GONE) && !has_file(m, key, SEALED))
			(void)!finish_deletion(
				m, key, NULL); /* a start tells of it */
	}
}

static void tell_in_part(
	struct module *m, struct module_key *key, const char *what)
{
	struct devid_error cause = { DEVID_OK, "" };

	(void)devid_fail(&cause, DEVID_ERR_STATE,
		"%s%s: the state folder was restored in part",
		key_id_name(key->id), what);
	tell(m, key, "not used", &cause);
}

/* Files of one key that no change of ours leaves beside each other, or without
 * each other; which of them is right is not for us to say. */
static bool is_in_part(struct module *m, struct module_key *key)
{
	bool sealed = has_file(m, key, SEALED), gone = has_file(m, key, GONE);

	if (sealed && gone) {
		tell_in_part(m, key, ".gone is there beside .sealed");
		return true;
	}
	if (sealed || gone)
		return false;
	if (has_file(m, key, ".pem"))
		tell_in_part(m, key, ".pem is there without .sealed");
	else if (has_file(m, key, ".key"))
		tell_in_part(m, key, ".key is there without .sealed");
	return true; /* nothing there to be used */
}

bool module_owner_start(struct module *m, struct module_key *key)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct key_sealed sealed;
	enum devid_err rc;

	if (module_erase_is_begun(m) || is_in_part(m, key))
		return false;
	if (has_file(m, key, GONE)) {
		rc = finish_deletion(m, key, &cause);
		if (rc != DEVID_OK)
			tell(m, key, "not taken out wholly yet", &cause);
		return false;
	}
	rc = read_sealed(m, key, SEALED, &sealed, &cause);
	if (rc == DEVID_OK)
		rc = give(m, key, &sealed, &cause);
	if (rc != DEVID_OK) {
		take_back(m, key);
		tell(m, key, "sealed key not used", &cause);
		return false;
	}
	key->why[0] = '\0';
	key->pin_due = has_file(m, key, PIN);
	return true;
}

/* ---- made, and brought ---- */

/* That there is room for a new key of that name. */
static enum devid_err check_free(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = module_erase_go_on(m, err);

	if (rc != DEVID_OK)
		return rc;
	if (key->alg != KEY_ALG_NONE || has_file(m, key, SEALED))
		return devid_fail(err, DEVID_ERR_KEY_EXISTS,
			"%s: a key is there already (devid key delete %s "
			"takes it out)",
			key_id_name(key->id), key_id_name(key->id));
	if (has_file(m, key, GONE))
		rc = finish_deletion(m, key, &cause);
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

/* Marks, then the key: it is there when its file is. What is to be persistent
 * says so before it is, for a start that comes between. */
static enum devid_err store_key(struct module *m, struct module_key *key,
	const struct key_sealed *sealed, bool persistent,
	struct devid_error *err)
{
	bool enabled = key_id_row(key->id)->enabled;
	enum devid_err rc;

	rc = module_state_enable(m, key, false, enabled, err);
	if (rc == DEVID_OK)
		rc = module_state_enable(m, key, true, enabled, err);
	if (rc == DEVID_OK)
		rc = module_state_mark(m, key, PIN, persistent, err);
	if (rc == DEVID_OK)
		rc = module_state_remove(m, key, ".pem", err);
	if (rc == DEVID_OK)
		rc = give(m, key, sealed, err);
	if (rc == DEVID_OK)
		rc = write_sealed(m, key, sealed, err);
	if (rc != DEVID_OK)
		take_back(m, key);
	return rc;
}

/* From here on there is no such key. */
static enum devid_err mark_gone(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	enum devid_err rc = DEVID_OK;

	if (has_file(m, key, GONE)) /* it is written over */
		rc = evict_gone(m, key, err);
	if (rc == DEVID_OK)
		rc = module_state_path(m, key, SEALED, from, err);
	if (rc == DEVID_OK)
		rc = module_state_path(m, key, GONE, to, err);
	return rc == DEVID_OK ? files_rename(from, to, err) : rc;
}

/* The same, its persistent copies first. A start after a cut puts them back, as
 * far as there was room to note that; a failure does so at once. */
static enum devid_err evict_and_mark(struct module *m, struct module_key *key,
	bool persistent, struct devid_error *err)
{
	enum devid_err rc;

	if (persistent)
		(void)!module_state_mark(m, key, PIN, true, NULL);
	rc = evict(m, key, err);
	if (rc == DEVID_OK && has_file(m, key, SEALED))
		rc = mark_gone(m, key, err);
	if (rc != DEVID_OK && persistent) {
		(void)!m->keystore->ops->persist(
			m->keystore, key->id, true, NULL); /* as it was */
		(void)!module_state_remove(m, key, PIN, NULL);
	}
	return rc;
}

/* Takes out the key that store_key() has put in. */
static enum devid_err take_out(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	enum devid_err rc = mark_gone(m, key, err);

	return rc == DEVID_OK ? finish_deletion(m, key, err) : rc;
}

/* The key as it is to serve, or not at all. */
static enum devid_err bring_up(struct module *m, struct module_key *key,
	bool persistent, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_OK;

	if (persistent)
		rc = m->keystore->ops->persist(
			m->keystore, key->id, true, &cause);
	if (rc == DEVID_OK)
		rc = module_state_remove(m, key, PIN, &cause);
	if (rc == DEVID_OK)
		rc = module_ensure_key(m, key, &cause);
	if (rc == DEVID_OK) {
		module_erase_refresh(m); /* the first key begins an epoch */
		return DEVID_OK;
	}
	(void)!take_out(m, key, NULL); /* a start goes on with it */
	return fail_with(err, rc, &cause);
}

enum devid_err module_owner_create(struct module *m, struct module_key *key,
	enum key_alg alg, bool persistent, struct devid_error *err)
{
	struct key_sealed sealed;
	enum devid_err rc = check_free(m, key, err);

	if (rc == DEVID_OK)
		rc = m->keystore->ops->make(
			m->keystore, key->id, alg, &sealed, err);
	if (rc == DEVID_OK)
		rc = store_key(m, key, &sealed, persistent, err);
	if (rc == DEVID_OK)
		rc = bring_up(m, key, persistent, err);
	if (rc == DEVID_OK)
		m->counters.key_generation++;
	return rc;
}

/* The key that is brought, that it is no other's, and that its certificates
 * are of it. */
static enum devid_err check_import(struct module *m, struct module_key *key,
	const struct wire_import *what, EVP_PKEY **ret, struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *private = NULL;
	struct module_key would = { .id = key->id };
	struct module_chain chain = { .leaf_len = 0 };
	struct devid_error cause = { DEVID_OK, "" };
	struct key_blob spki = { 0 };
	enum devid_err rc;

	rc = private_key_read(what->pkcs8, &private, &cause);
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s: %s", key_id_name(key->id),
			devid_error_text(&cause));
	rc = private_key_spki(private, &spki, err);
	if (rc == DEVID_OK)
		rc = module_set_spki(&would, &spki, err);
	if (rc == DEVID_OK)
		rc = module_check_only_name(m, &would, &spki, err);
	if (rc == DEVID_OK && what->chain.len > 0)
		rc = module_check_chain(&would, what->chain, &chain, err);
	EVP_PKEY_free(would.pub);
	if (rc == DEVID_OK)
		*ret = STEAL(private);
	return rc;
}

enum devid_err module_import(struct module *m, const char *name,
	const struct wire_import *what, bool persistent,
	struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	CLEANUP(cleanup_pkey) EVP_PKEY *private = NULL;
	struct devid_error cause = { DEVID_OK, "" };
	struct key_sealed sealed;
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!key_id_row(key->id)->imports)
		return devid_fail(err, DEVID_ERR_DENIED,
			"%s: keys of this role are made in the TPM and never "
			"brought (802.1AR 7.2)",
			name);
	rc = check_free(m, key, err);
	if (rc == DEVID_OK)
		rc = check_import(m, key, what, &private, err);
	if (rc == DEVID_OK)
		rc = m->keystore->ops->take_in(
			m->keystore, key->id, private, &sealed, err);
	if (rc == DEVID_OK)
		rc = store_key(m, key, &sealed, persistent, err);
	if (rc == DEVID_OK)
		rc = bring_up(m, key, persistent, err);
	if (rc == DEVID_OK && what->chain.len > 0) {
		rc = module_install(m, name, what->chain, false, &cause);
		/* Both or none of them, as they were brought. */
		if (rc != DEVID_OK) {
			(void)!take_out(m, key, NULL); /* or at a start */
			return fail_with(err, rc, &cause);
		}
	}
	if (rc == DEVID_OK)
		m->counters.key_insertion++;
	return rc;
}

/* ---- taken out ---- */

enum devid_err module_delete(
	struct module *m, const char *name, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	struct devid_error cause = { DEVID_OK, "" };
	char why[DEVID_ERROR_TEXT_MAX];
	bool persistent;
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!key_id_row(key->id)->deletes)
		return devid_fail(err, DEVID_ERR_IDEVID_KEY_DELETION,
			"%s: an IDevID key is never deleted (802.1AR 7.2)",
			name);
	rc = module_find_known(m, name, &key, &cause);
	if (rc == DEVID_ERR_NOT_FOUND && module_is_told(key)) {
		devid_error_clear(&cause); /* what is there of it goes */
		rc = DEVID_OK;
	}
	/* Where its persistent copy cannot go, nothing does. */
	if (rc == DEVID_OK)
		rc = m->keystore->ops->health(m->keystore, NULL, &cause);
	if (rc != DEVID_OK && rc != DEVID_ERR_TPM_LOCKOUT)
		return fail_with(err, rc, &cause);
	devid_error_clear(&cause);
	persistent = m->keystore->ops->is_persistent(m->keystore, key->id);
	rc = evict_and_mark(m, key, persistent, &cause);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	memcpy(why, key->why, sizeof(why));
	take_back(m, key);
	rc = module_state_remove_all(m, key, err);
	if (rc == DEVID_OK)
		m->counters.key_deletion++;
	else /* what is left of one that was told of is so still */
		memcpy(key->why, why, sizeof(key->why));
	return rc;
}

enum devid_err module_persist(struct module *m, const char *name,
	bool persistent, struct devid_error *err)
{
	struct module_key *key;
	enum devid_err rc = module_find_known(m, name, &key, err);

	if (rc != DEVID_OK)
		return rc;
	if (!module_is_owners(key))
		return devid_fail(err, DEVID_ERR_DENIED,
			"%s: a key of the maker's is persistent, always", name);
	/* Whatever was asked for before, this is what it is to be. */
	rc = module_state_remove(m, key, PIN, err);
	if (rc != DEVID_OK)
		return rc;
	if (key->pin_due)
		key->why[0] = '\0'; /* no longer so, or told again */
	key->pin_due = false;
	rc = m->keystore->ops->persist(m->keystore, key->id, persistent, err);
	if (rc == DEVID_OK && persistent) /* nothing is in the way any more */
		(void)!module_ensure_key(m, key, NULL);
	return rc;
}
