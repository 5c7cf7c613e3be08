/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "module-key.h"
#include "module-probe.h"
#include "module-state.h"
#include "module-store.h"

CLEANUP_DEFINE(module, struct module *, module_free)

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
		module_warn_key(m, key, "mirror not used", &cause);
	devid_error_clear(&cause);
	switch (module_ensure_key(m, key, &cause)) {
	case DEVID_OK:
	case DEVID_ERR_NOT_FOUND: /* a device before provisioning */
		break;
	default:
		module_warn_key(m, key, "not usable", &cause);
		if (cause.code == DEVID_ERR_TPM_ABSENT ||
			cause.code == DEVID_ERR_TPM_LOCKOUT ||
			cause.code == DEVID_ERR_TPM_FAILURE)
			m->health = cause.code; /* its end is to be seen */
	}
}

enum devid_err module_new(const struct module_options *options,
	void (*warn)(const char *line), struct module **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_module) struct module *m = calloc(1, sizeof(*m));

	if (!m)
		return fail_no_memory_for(err, "module");
	m->keystore = options->keystore;
	m->state_dir = options->state_dir;
	m->store_certificates = options->store_certificates;
	m->forgive = options->forgive;
	m->used = options->used;
	m->used_arg = options->used_arg;
	m->warn = warn;
	for (int i = 0; i < N_KEYS; i++) {
		m->keys[i].id = (enum key_id)i;
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
	for (int i = 0; i < N_KEYS; i++) {
		EVP_PKEY_free(m->keys[i].pub);
		free(m->keys[i].chain);
	}
	free(m);
}

void module_recover(struct module *m)
{
	for (int i = 0; i < N_KEYS; i++) {
		if (!m->keys[i].present)
			(void)!module_ensure_key(
				m, &m->keys[i], NULL); /* the status tells */
	}
}

/* Asks the keystore; at most once a second, so that asking is no way to keep
 * it busy. */
static void refresh_health(struct module *m)
{
	struct keystore *ks = m->keystore;
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
	m->health = ks->ops->health(ks, &m->tries, &cause);
	/* Another module may have come, or this one with its seed restored. */
	for (int i = 0; was != DEVID_OK && i < N_KEYS; i++)
		m->keys[i].underivable = false;
	if (was != DEVID_OK && m->health == DEVID_OK) {
		module_recover(m); /* what was wrong before is over */
		for (int i = 0; i < N_KEYS; i++)
			module_probe_again(m, &m->keys[i]);
	}
	memcpy(m->health_text, cause.text, sizeof(m->health_text));
	/* Stamped after the work, however long that took. */
	(void)clock_gettime(CLOCK_MONOTONIC, &m->health_at);
}

enum devid_err module_settle(struct module *m, struct devid_error *err)
{
	return m->keystore->ops->settle(m->keystore, err);
}

void module_status(struct module *m, struct wire_status *ret)
{
	struct keystore *ks = m->keystore;

	refresh_health(m);
	memset(ret, 0, sizeof(*ret));
	ret->module = m->health;
	memcpy(ret->module_text, m->health_text, sizeof(ret->module_text));
	ret->tries = m->tries;
	for (int i = 0; i < N_KEYS; i++) {
		const struct module_key *key = &m->keys[i];
		struct wire_key *out = &ret->keys[ret->n_keys];

		if (key->alg == KEY_ALG_NONE)
			continue;
		(void)snprintf(out->name, sizeof(out->name), "%s",
			key_id_name(key->id)); /* fits */
		out->alg = key->alg;
		out->present = key->present;
		out->certified = key->chain != NULL;
		out->enabled = key->enabled;
		out->tls13 = key->tls13;
		(void)snprintf(out->place, sizeof(out->place), "%s",
			ks->ops->place(ks, key->id)); /* fits */
		out->spki = key->spki;
		out->n_certs = key->n_certs;
		out->n_stored = key->n_stored;
		memcpy(out->why, key->why, sizeof(out->why));
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
	struct keystore *ks = m->keystore;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	rc = module_ensure_key(m, key, &cause);
	if (rc == DEVID_OK && key->alg != alg)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: a %s key exists already (802.1AR: an IDevID key "
			"is never replaced)",
			key_id_name(key->id), key_alg_name(key->alg));
	if (rc != DEVID_ERR_NOT_FOUND)
		return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
	rc = ks->ops->create(ks, key->id, alg, NULL, err);
	if (rc == DEVID_OK)
		rc = module_ensure_key(m, key, err);
	return rc;
}

/* Both keys are there, and the IDevID's own certificate with them: nothing is
 * left to do, and in the field nobody is let do more. */
static bool is_done(const struct module *m)
{
	return m->keys[KEY_IDEVID].present &&
	       m->keys[KEY_IDEVID].n_stored > 0 && m->keys[KEY_IAK].present;
}

enum devid_err module_create(
	struct module *m, enum key_alg alg, struct devid_error *err)
{
	enum devid_err rc;

	if (!key_alg_is_known(alg))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"create: unknown key algorithm");
	module_recover(m);
	rc = is_done(m) ? DEVID_OK : module_check_store(m, err);
	for (int i = 0; rc == DEVID_OK && i < N_KEYS; i++)
		rc = create_key(m, &m->keys[i], alg, err);
	return rc;
}

/* Whether the leaf that begins @der is the installed one. */
static bool same_leaf(
	const struct module_key *key, const uint8_t *der, size_t len)
{
	return key->chain && len >= key->leaf_len &&
	       memcmp(key->chain, der, key->leaf_len) == 0;
}

enum devid_err module_install(struct module *m, const char *name,
	const uint8_t *der, size_t len, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	const struct view chain = { der, len };
	struct module_chain found = { .leaf_len = 0 };
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
	rc = module_check_chain(key, chain, &found, err);
	/* The keystore first: it may refuse, and what it refused is not to be
	 * in use. */
	if (rc == DEVID_OK && m->store_certificates)
		rc = module_store_chain(m, key, chain, err);
	if (rc == DEVID_OK)
		rc = module_set_chain(key, der, len, err);
	if (rc != DEVID_OK)
		return rc;
	if (m->store_certificates)
		module_count_stored(m, key);
	key->mirror_unread = false;
	return module_state_store_chain(m, key, err);
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
