/* SPDX-License-Identifier: Apache-2.0 */
#include "module-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "der.h"

/* A chain as the keystore holds it. */
struct chain_parts {
	struct key_blob leaf;
	struct key_blob above;
};

CLEANUP_DEFINE(module, struct module *, module_free)

struct module_key *module_find(
	struct module *m, const char *name, struct devid_error *err)
{
	for (int i = 0; i < N_KEY_ROLES; i++) {
		if (strcmp(key_role_name(m->keys[i].role), name) == 0)
			return &m->keys[i];
	}
	(void)devid_fail(err, DEVID_ERR_NOT_FOUND, "key '%s': not found", name);
	return NULL;
}

/* Says one warning about a key, with @cause behind it. */
static void warn_key(struct module *m, const struct module_key *key,
	const char *what, const struct devid_error *cause)
{
	char line[DEVID_ERROR_TEXT_MAX + 64];

	(void)snprintf(line, sizeof(line), "%s: %s: %s",
		key_role_name(key->role), what,
		devid_error_text(cause)); /* cut lines are fine */
	m->warn(line);
}

/*
 * One signature on a constant, when a key has been found. It shows a TPM that
 * makes PSS salts of another length than TLS 1.3 wants, which nothing else
 * does, and takes a second command off the first handshake after a reset: the
 * first use of a key with dictionary attack protection is answered with
 * TPM_RC_RETRY, while the TPM notes in NV that it happened.
 */
static void probe(struct module *m, struct module_key *key)
{
	uint8_t digest[48] = "devid probe";
	struct key_sign what = { SIG_ECDSA, HASH_SHA256, digest, 32 };
	bool rsa = key->alg == KEY_ALG_RSA2048;
	struct devid_error cause = { DEVID_OK, "" };
	struct key_sig sig;
	enum devid_err rc;

	key->tls13 = true;
	if (key->role != KEY_ROLE_IDEVID)
		return;
	if (rsa)
		what.scheme = SIG_RSAPSS;
	if (key->alg == KEY_ALG_P384) {
		what.hash = HASH_SHA384;
		what.digest_len = 48;
	}
	rc = module_sign_once(m, key, &what, &sig, &cause);
	key->tls13 = rc == DEVID_OK || !rsa;
	if (rc != DEVID_OK)
		warn_key(m, key,
			rsa ? "not usable with TLS 1.3" : "probe signature",
			&cause);
}

/* Makes @leaf and what the keystore has above it the chain of @key; the leaf
 * alone when those are missing or do not fit it. */
static enum devid_err take_stored_chain(struct module *m,
	struct module_key *key, const struct key_blob *leaf,
	struct devid_error *err)
{
	struct keystore *ks = m->options.keystore;
	struct key_blob above = { 0 };
	uint8_t both[2 * KEY_CERT_MAX];

	if (ks->ops->issuers_read(ks, key->role, &above, NULL) == DEVID_OK) {
		memcpy(both, leaf->data, leaf->len);
		memcpy(both + leaf->len, above.data, above.len);
		if (module_set_chain(key, both, leaf->len + above.len, NULL) ==
			DEVID_OK)
			return DEVID_OK;
	}
	return module_set_chain(key, leaf->data, leaf->len, err);
}

/*
 * The keystore's certificate wins over the mirror on disk, which is mended
 * when it differs. Done once, as soon as the keystore answers.
 */
static enum devid_err sync_certificate(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct keystore *ks = m->options.keystore;
	struct key_blob der = { 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum key_alg alg = key->alg;
	enum devid_err rc;

	if (key->synced || !m->options.store_certificates)
		return DEVID_OK;
	rc = ks->ops->cert_read(ks, key->role, &der, &cause);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	key->synced = rc == DEVID_ERR_NOT_FOUND ||
		      (key->chain && key->leaf_len == der.len &&
			      memcmp(key->chain, der.data, der.len) == 0);
	if (key->synced)
		return DEVID_OK;
	key->alg = KEY_ALG_NONE; /* take the public key of this one */
	rc = take_stored_chain(m, key, &der, err);
	if (rc != DEVID_OK) {
		key->alg = alg;
		return rc;
	}
	/* A mirror that could not be read may be better than what is here. */
	rc = key->mirror_unread ? DEVID_OK
				: module_state_store_chain(m, key, err);
	key->synced = rc == DEVID_OK;
	return rc;
}

enum devid_err module_ensure_key(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct keystore *ks = m->options.keystore;
	struct key_blob spki = { 0 };
	struct devid_error cause = { DEVID_OK, "" };
	static const struct devid_error regained = { DEVID_OK,
		"derived again, with the same public key" };
	enum devid_err rc;

	key->present = false;
	rc = sync_certificate(m, key, &cause);
	if (rc != DEVID_OK && rc != DEVID_ERR_SYNTAX) /* then the mirror */
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	if (rc != DEVID_OK)
		warn_key(m, key, "certificate in the keystore", &cause);
	devid_error_clear(&cause);
	rc = ks->ops->load(ks, key->role, &spki, &cause);
	if (rc == DEVID_ERR_NOT_FOUND && key->alg != KEY_ALG_NONE &&
		!key->underivable) {
		devid_error_clear(&cause);
		rc = ks->ops->create(
			ks, key->role, key->alg, &key->spki, &cause);
		key->underivable = rc == DEVID_ERR_MISMATCH;
		if (rc == DEVID_OK)
			rc = ks->ops->load(ks, key->role, &spki, &cause);
		if (rc == DEVID_OK)
			warn_key(m, key, "was gone from its place", &regained);
	}
	if (rc == DEVID_ERR_NOT_FOUND && key->underivable)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: this keystore does not derive the key of the "
			"certificate",
			key_role_name(key->role));
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	if (key->alg != KEY_ALG_NONE && !key_blob_equal(&spki, &key->spki))
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: the key in the module is not the certificate's; "
			"not used",
			key_role_name(key->role));
	rc = module_set_spki(key, &spki, err);
	if (rc != DEVID_OK)
		return rc;
	key->present = true;
	probe(m, key);
	return module_state_store_ref(m, key, err);
}

static void start_key(struct module *m, struct module_key *key)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	rc = module_state_load(m, key, &cause);
	/* Bytes that are no certificate may be replaced, what cannot be read
	 * may not: it can be better than the copy in the keystore. */
	key->mirror_unread = rc != DEVID_OK && rc != DEVID_ERR_SYNTAX &&
			     rc != DEVID_ERR_MISMATCH;
	if (rc != DEVID_OK)
		warn_key(m, key, "mirror not used", &cause);
	devid_error_clear(&cause);
	switch (module_ensure_key(m, key, &cause)) {
	case DEVID_OK:
	case DEVID_ERR_NOT_FOUND: /* a device before provisioning */
		break;
	default:
		warn_key(m, key, "not usable", &cause);
	}
}

enum devid_err module_new(const struct module_options *options,
	void (*warn)(const char *line), struct module **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_module) struct module *m = calloc(1, sizeof(*m));

	if (!m)
		return devid_fail(err, DEVID_ERR_NOMEM, "module: no memory");
	m->options = *options;
	m->warn = warn;
	for (int i = 0; i < N_KEY_ROLES; i++) {
		m->keys[i].role = (enum key_role)i;
		m->keys[i].enabled = true;
		start_key(m, &m->keys[i]);
	}
	*ret = STEAL(m);
	return DEVID_OK;
}

void module_free(struct module *m)
{
	if (!m)
		return;
	for (int i = 0; i < N_KEY_ROLES; i++) {
		EVP_PKEY_free(m->keys[i].pub);
		free(m->keys[i].chain);
	}
	free(m);
}

/* Asks the keystore; at most once a second, so that asking is no way to keep
 * it busy. */
static void refresh_health(struct module *m)
{
	struct keystore *ks = m->options.keystore;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err was;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	if (m->health_at.tv_sec != 0 && now.tv_sec - m->health_at.tv_sec < 2 &&
		(now.tv_sec - m->health_at.tv_sec) * 1000000000L +
				(now.tv_nsec - m->health_at.tv_nsec) <
			1000000000L)
		return;
	was = m->health;
	m->health = ks->ops->health(ks, &cause);
	/* Another module may have come, or this one with its seed restored. */
	for (int i = 0; was != DEVID_OK && i < N_KEY_ROLES; i++)
		m->keys[i].underivable = false;
	memcpy(m->health_text, cause.text, sizeof(m->health_text));
	/* Stamped after the work, however long that took. */
	(void)clock_gettime(CLOCK_MONOTONIC, &m->health_at);
}

void module_recover(struct module *m)
{
	for (int i = 0; i < N_KEY_ROLES; i++) {
		if (!m->keys[i].present)
			m->keys[i].present = module_ensure_key(m, &m->keys[i],
						     NULL) == DEVID_OK;
	}
}

void module_status(struct module *m, struct wire_status *ret)
{
	refresh_health(m);
	memset(ret, 0, sizeof(*ret));
	ret->module = m->health;
	memcpy(ret->module_text, m->health_text, sizeof(ret->module_text));
	for (int i = 0; i < N_KEY_ROLES; i++) {
		const struct module_key *key = &m->keys[i];
		struct wire_key *out = &ret->keys[ret->n_keys];

		if (key->alg == KEY_ALG_NONE)
			continue;
		(void)snprintf(out->name, sizeof(out->name), "%s",
			key_role_name(key->role)); /* fits */
		out->alg = key->alg;
		out->present = key->present;
		out->certified = key->chain != NULL;
		out->enabled = key->enabled;
		out->tls13 = key->tls13;
		out->handle = key->role == KEY_ROLE_IDEVID ? 0x81020000u
							   : 0x81020001u;
		out->spki = key->spki;
		ret->n_keys++;
	}
}

enum devid_err module_chain(struct module *m, const char *name,
	const uint8_t **ret, size_t *ret_len, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!key->chain)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"%s: no certificate installed", name);
	*ret = key->chain;
	*ret_len = key->chain_len;
	return DEVID_OK;
}

static enum devid_err create_key(struct module *m, struct module_key *key,
	enum key_alg alg, struct devid_error *err)
{
	struct keystore *ks = m->options.keystore;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	rc = module_ensure_key(m, key, &cause);
	if (rc == DEVID_OK && key->alg != alg)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: a %s key exists already (802.1AR: an IDevID key "
			"is never replaced)",
			key_role_name(key->role), key_alg_name(key->alg));
	if (rc != DEVID_ERR_NOT_FOUND)
		return rc == DEVID_OK ? DEVID_OK
				      : devid_fail(err, rc, "%s",
						devid_error_text(&cause));
	rc = ks->ops->create(ks, key->role, alg, NULL, err);
	if (rc == DEVID_OK)
		rc = module_ensure_key(m, key, err);
	return rc;
}

enum devid_err module_create(
	struct module *m, enum key_alg alg, struct devid_error *err)
{
	if (key_alg_name(alg)[0] == 'n')
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"create: unknown key algorithm");
	for (int i = 0; i < N_KEY_ROLES; i++) {
		enum devid_err rc = create_key(m, &m->keys[i], alg, err);

		if (rc != DEVID_OK)
			return rc;
	}
	return DEVID_OK;
}

/* Whether the leaf that begins @der is the installed one. */
static bool same_leaf(
	const struct module_key *key, const uint8_t *der, size_t len)
{
	return key->chain && len >= key->leaf_len &&
	       memcmp(key->chain, der, key->leaf_len) == 0;
}

/* Splits @der into leaf and what is above it, as the keystore holds them. */
static enum devid_err split_chain(const char *name, const uint8_t *der,
	size_t len, struct chain_parts *ret, struct devid_error *err)
{
	struct view in = { der, len }, content, leaf;
	uint8_t tag;

	if (!der_take(&in, &tag, &content, &leaf))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: certificate 1: not a DER certificate", name);
	if (leaf.len > KEY_CERT_MAX || in.len > KEY_CERT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: certificates of %zu and %zu bytes, at most %d "
			"fit the keystore",
			name, leaf.len, in.len, KEY_CERT_MAX);
	ret->leaf.len = leaf.len;
	memcpy(ret->leaf.data, leaf.data, leaf.len);
	ret->above.len = in.len;
	memcpy(ret->above.data, in.data, in.len);
	return DEVID_OK;
}

/* The issuers first: a leaf in the keystore is then never without them. */
static enum devid_err store_parts(struct module *m, enum key_role role,
	const struct chain_parts *parts, struct devid_error *err)
{
	struct keystore *ks = m->options.keystore;
	enum devid_err rc = DEVID_OK;

	if (parts->above.len > 0)
		rc = ks->ops->issuers_write(ks, role, &parts->above, err);
	if (rc == DEVID_OK)
		rc = ks->ops->cert_write(ks, role, &parts->leaf, err);
	return rc;
}

enum devid_err module_install(struct module *m, const char *name,
	const uint8_t *der, size_t len, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	struct chain_parts parts = { 0 };
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	rc = module_ensure_key(m, key, err);
	if (rc != DEVID_OK)
		return rc;
	if (key->chain && !same_leaf(key, der, len))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: another certificate is installed (802.1AR: an "
			"IDevID is never replaced)",
			name);
	if (m->options.store_certificates) {
		rc = split_chain(name, der, len, &parts, err);
		if (rc != DEVID_OK)
			return rc;
	}
	rc = module_set_chain(key, der, len, err);
	if (rc == DEVID_OK)
		rc = module_state_store_chain(m, key, err);
	if (rc != DEVID_OK || !m->options.store_certificates)
		return rc;
	key->mirror_unread = false;
	return store_parts(m, key->role, &parts, err);
}

enum devid_err module_enable(struct module *m, const char *name, bool enable,
	struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	rc = module_state_set_enabled(m, key, enable, err);
	if (rc == DEVID_OK)
		key->enabled = enable;
	return rc;
}

enum devid_err module_delete(
	struct module *m, const char *name, struct devid_error *err)
{
	if (!module_find(m, name, err))
		return DEVID_ERR_NOT_FOUND;
	return devid_fail(err, DEVID_ERR_DENIED,
		"%s: an IDevID key is never deleted (802.1AR 7.2)", name);
}
