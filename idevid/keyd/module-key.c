/* SPDX-License-Identifier: Apache-2.0 */
#include "module-key.h"

#include <stdio.h>
#include <string.h>

#include "der.h"
#include "fail.h"
#include "module-probe.h"
#include "roca.h"

/* Once, as soon as the keystore answers; what it is in the way of is done all
 * the same. */
static void forgive(struct module *m, const struct module_key *key)
{
	struct keystore *ks = m->keystore;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	if (!m->forgive)
		return;
	rc = ks->ops->forgive(ks, &cause);
	m->forgive = rc == DEVID_ERR_TPM_ABSENT;
	if (rc != DEVID_OK && rc != DEVID_ERR_TPM_ABSENT)
		module_warn_key(m, key, "failed attempts stay", &cause);
}

void module_count_stored(struct module *m, struct module_key *key)
{
	struct view stored = { NULL, 0 }, content, whole;
	const struct keystore_ops *ops = m->keystore->ops;
	size_t at = key->leaf_len;
	struct key_blob above;
	uint8_t tag;

	key->n_stored = 1;
	if (ops->issuers_read(m->keystore, key->id, &above, NULL) == DEVID_OK)
		stored = (struct view) { above.data, above.len };
	while (stored.len > 0 && der_take(&stored, &tag, &content, &whole) &&
		whole.len <= key->chain_len - at &&
		memcmp(key->chain + at, whole.data, whole.len) == 0) {
		at += whole.len;
		key->n_stored++;
	}
}

/* Makes @leaf and what the keystore has above it the chain of @key; the leaf
 * alone when those are missing or do not fit it. */
static enum devid_err take_stored_chain(struct module *m,
	struct module_key *key, const struct key_blob *leaf,
	struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	struct key_blob above = { 0 };
	uint8_t both[2 * KEY_CERT_MAX];

	if (ks->ops->issuers_read(ks, key->id, &above, NULL) == DEVID_OK) {
		memcpy(both, leaf->data, leaf->len);
		memcpy(both + leaf->len, above.data, above.len);
		if (module_set_chain(key, both, leaf->len + above.len, NULL) ==
			DEVID_OK)
			return DEVID_OK;
	}
	return module_set_chain(key, leaf->data, leaf->len, err);
}

/* Says what is not right with a key that serves all the same; the status has
 * the first such thing. */
static void note(struct module *m, struct module_key *key, const char *what,
	const struct devid_error *cause)
{
	module_warn_key(m, key, what, cause);
	if (key->why[0] == '\0')
		(void)snprintf(key->why, sizeof(key->why), "%s: %.180s", what,
			devid_error_text(cause)); /* may cut */
}

/*
 * The keystore's certificate wins over the mirror on disk, which is mended
 * when it differs. Done once, as soon as the keystore answers.
 */
static enum devid_err sync_certificate(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	struct key_blob der = { 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum key_alg alg = key->alg;
	enum devid_err rc;

	if (key->synced || !m->store_certificates)
		return DEVID_OK;
	rc = ks->ops->cert_read(ks, key->id, &der, &cause);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &cause);
	key->synced = rc == DEVID_ERR_NOT_FOUND ||
		      (key->chain && key->leaf_len == der.len &&
			      memcmp(key->chain, der.data, der.len) == 0);
	if (key->synced) {
		if (rc == DEVID_OK)
			module_count_stored(m, key);
		return DEVID_OK;
	}
	key->alg = KEY_ALG_NONE; /* take the public key of this one */
	rc = take_stored_chain(m, key, &der, err);
	if (rc != DEVID_OK) {
		key->alg = alg;
		return rc;
	}
	module_count_stored(m, key);
	/* A mirror that could not be read may be better than what is here. */
	rc = key->mirror_unread
		     ? DEVID_OK
		     : module_state_store_chain(m, key,
			       (struct view) { key->chain, key->chain_len },
			       &cause);
	key->synced = rc == DEVID_OK;
	if (rc != DEVID_OK)
		note(m, key, "its copy on the disk cannot be written", &cause);
	return DEVID_OK;
}

/* What is in a certificate's place is none, or others keep it from us. */
static bool is_unreadable(enum devid_err rc)
{
	return rc == DEVID_ERR_SYNTAX || rc == DEVID_ERR_TPM ||
	       rc == DEVID_ERR_TOO_LARGE;
}

/* The public key at its place; where there is none, of the key that is derived
 * again for the certificate. */
static enum devid_err load_or_derive(struct module *m, struct module_key *key,
	struct key_blob *ret_spki, struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	struct devid_error cause = { DEVID_OK, "" };
	static const struct devid_error regained = { DEVID_OK,
		"derived again, with the same public key" };
	enum devid_err rc = ks->ops->load(ks, key->id, ret_spki, &cause);

	if (rc == DEVID_ERR_NOT_FOUND && key->alg != KEY_ALG_NONE &&
		!module_is_owners(key) && !key->underivable) {
		devid_error_clear(&cause);
		rc = ks->ops->create(ks, key->id, key->alg, &key->spki, &cause);
		key->underivable = rc == DEVID_ERR_MISMATCH;
		if (rc == DEVID_OK)
			rc = ks->ops->load(ks, key->id, ret_spki, &cause);
		if (rc == DEVID_OK)
			module_warn_key(
				m, key, "was gone from its place", &regained);
	}
	if ((rc == DEVID_ERR_NOT_FOUND || rc == DEVID_ERR_MISMATCH) &&
		key->underivable)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: this keystore does not derive the key of the "
			"certificate: the TPM or the board was exchanged",
			key_id_name(key->id));
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

static enum devid_err find_key(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct key_blob spki = { 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	forgive(m, key);
	if (module_is_owners(key))
		rc = DEVID_OK; /* its certificate is a file */
	else
		rc = sync_certificate(m, key, &cause);
	if (rc != DEVID_OK && !is_unreadable(rc))
		return fail_with(err, rc, &cause);
	if (rc != DEVID_OK) /* then the mirror */
		note(m, key, "certificate in the keystore", &cause);
	/* Before a certificate has it derived, and when the keystore tells. */
	rc = key->alg == KEY_ALG_NONE
		     ? DEVID_OK
		     : module_check_only_name(m, key, &key->spki, err);
	if (rc == DEVID_OK)
		rc = load_or_derive(m, key, &spki, err);
	if (rc == DEVID_OK)
		rc = module_check_only_name(m, key, &spki, err);
	if (rc != DEVID_OK)
		return rc;
	if (key->alg != KEY_ALG_NONE && !key_blob_equal(&spki, &key->spki))
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: the key in the module is not the certificate's; "
			"not used",
			key_id_name(key->id));
	rc = module_set_spki(key, &spki, err);
	if (rc != DEVID_OK)
		return rc;
	/* Known, so that the status tells of it, and not used. */
	return roca_check_spki((struct view) { spki.data, spki.len },
		key_id_name(key->id), err);
}

/* What a key that serves lacks. */
static void note_limits(struct module *m, struct module_key *key)
{
	const char *limit = m->keystore->ops->limit(m->keystore, key->id);
	struct devid_error cause = { DEVID_OK, "" };

	if (limit) {
		(void)devid_fail(&cause, DEVID_ERR_STATE, "%s", limit);
		note(m, key,
			module_is_owners(key) ? "loaded for each use"
					      : "derived at each start",
			&cause);
	}
	devid_error_clear(&cause);
	if (module_state_store_ref(m, key, &cause) != DEVID_OK)
		note(m, key, "its reference cannot be written", &cause);
	devid_error_clear(&cause);
	if (module_state_share(m, key, &cause) != DEVID_OK)
		note(m, key, "others than its users may read its files",
			&cause);
}

void module_finish_pin(struct module *m, struct module_key *key)
{
	struct keystore *ks = m->keystore;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = ks->ops->persist(ks, key->id, true, &cause);

	if (rc == DEVID_OK)
		rc = module_state_remove(m, key, ".pin", &cause);
	key->pin_due = rc != DEVID_OK;
	if (rc == DEVID_OK) {
		(void)!module_ensure_key(m, key, NULL); /* nothing to tell */
		return;
	}
	key->why[0] = '\0'; /* a limit that it has is the cause of this */
	note(m, key, "not persistent yet, as it was to be", &cause);
}

enum devid_err module_ensure_key(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	key->present = false;
	key->why[0] = '\0';
	rc = find_key(m, key, &cause);
	if (rc != DEVID_OK) {
		memcpy(key->why, cause.text, sizeof(key->why));
		return fail_with(err, rc, &cause);
	}
	key->present = true;
	note_limits(m, key);
	module_probe(m, key);
	return DEVID_OK;
}

enum devid_err module_check_usable(
	struct module *m, enum key_id id, bool look, struct devid_error *err)
{
	struct module_key *key = &m->keys[id];
	enum devid_err rc = module_check_enabled(key, err);

	if (rc != DEVID_OK)
		return rc;
	return key->present && !look ? DEVID_OK
				     : module_ensure_key(m, key, err);
}
