/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "module-erase.h"
#include "module-erased.h"
#include "module-key.h"
#include "module-owner.h"
#include "module-probe.h"
#include "module-state.h"
#include "module-store.h"

CLEANUP_DEFINE(module, struct module *, module_free)

/* What a key is to be besides, once it is there. */
static void finish_key(struct module *m, struct module_key *key)
{
	if (key->present && key->pin_due)
		module_finish_pin(m, key);
}

static void start_key(struct module *m, struct module_key *key)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	if (module_is_owners(key) && !module_owner_start(m, key))
		return;
	rc = module_state_load(m, key, &cause);
	/* Bytes that are no certificate may be replaced, what cannot be read
	 * may not: it can be better than the copy in the keystore. */
	key->mirror_unread = rc != DEVID_OK && rc != DEVID_ERR_SYNTAX &&
			     rc != DEVID_ERR_MISMATCH;
	if (rc != DEVID_OK)
		module_warn_key(m, key, "mirror not used", &cause);
	devid_error_clear(&cause);
	/* Nobody asks a keystore that does not answer for what may not be. */
	if (key->alg == KEY_ALG_NONE && key_id_number(key->id) > 0 &&
		m->health != DEVID_OK)
		return;
	switch (module_ensure_key(m, key, &cause)) {
	case DEVID_OK:
		finish_key(m, key);
		break;
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
		struct module_key *key = &m->keys[i];

		/* An owner's that nothing is known of is not there; a maker's
		 * may be, without a certificate yet, and by somebody else. */
		if (!key->present &&
			(key->alg != KEY_ALG_NONE || !module_is_owners(key)))
			(void)!module_ensure_key(
				m, key, NULL); /* the status tells */
		finish_key(m, key);
	}
}

/* What there is to know of a keystore that answers for the first time, or
 * again. */
static void learn(struct module *m)
{
	struct keystore *ks = m->keystore;

	m->initialized = true;
	module_erase_resume(m);
	module_owner_go_on(m);
	memset(&m->about, 0, sizeof(m->about));
	(void)!ks->ops->about(ks, &m->about, NULL); /* what it does not say */
	module_erase_refresh(m);
	module_erased_judge(m);
}

/* Asks the keystore; at most once a second, so that asking is no way to keep
 * it busy. @afresh: learns also what it has said before. */
static void refresh_health(struct module *m, bool afresh)
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
	if (m->health == DEVID_OK &&
		(afresh || was != DEVID_OK || !m->initialized))
		learn(m);
	if (was != DEVID_OK && m->health == DEVID_OK) {
		module_recover(m); /* what was wrong before is over */
		for (int i = 0; i < N_KEYS; i++)
			module_probe_again(m, &m->keys[i]);
	}
	memcpy(m->health_text, cause.text, sizeof(m->health_text));
	/* Stamped after the work, however long that took. */
	(void)clock_gettime(CLOCK_MONOTONIC, &m->health_at);
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
	m->minimum = options->minimum;
	m->used = options->used;
	m->used_arg = options->used_arg;
	m->readers = options->readers;
	m->readers_arg = options->readers_arg;
	m->warn = warn;
	for (int i = 0; i < N_KEYS; i++) {
		m->keys[i].id = (enum key_id)i;
		module_key_clear(&m->keys[i]);
	}
	module_erased_read(m);
	module_erase_resume(m);
	for (int i = 0; i < N_KEYS; i++)
		start_key(m, &m->keys[i]);
	refresh_health(m, false);
	m->health_at.tv_sec = 0; /* who asks is told how it is then */
	*ret = STEAL(m);
	return DEVID_OK;
}

enum devid_err module_settle(struct module *m, struct devid_error *err)
{
	return m->keystore->ops->settle(m->keystore, err);
}

void module_status(struct module *m, struct wire_status *ret)
{
	struct keystore *ks = m->keystore;

	refresh_health(m, false);
	memset(ret, 0, sizeof(*ret));
	ret->module = m->health;
	memcpy(ret->module_text, m->health_text, sizeof(ret->module_text));
	ret->tries = m->tries;
	ret->initialized = m->initialized;
	ret->counters = m->counters;
	ret->erasure = m->erasure;
	ret->about = m->about;
	for (int i = 0; i < N_KEYS; i++) {
		const struct module_key *key = &m->keys[i];
		struct wire_key *out = &ret->keys[ret->n_keys];

		if (key->alg == KEY_ALG_NONE && !module_is_told(key))
			continue;
		(void)snprintf(out->name, sizeof(out->name), "%s",
			key_id_name(key->id)); /* fits */
		out->alg = key->alg;
		out->present = key->present;
		out->certified = key->chain != NULL;
		out->enabled = key->enabled;
		out->cert_enabled = key->cert_enabled;
		out->imported = key->imported;
		out->persistent = !module_is_owners(key) ||
				  ks->ops->is_persistent(ks, key->id);
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

/* That it is known whether @key is there, and of which type; what is no key of
 * ours is none. */
static enum devid_err check_known(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_OK;

	if (key->alg == KEY_ALG_NONE)
		rc = module_ensure_key(m, key, &cause);
	return rc == DEVID_ERR_TPM_ABSENT || rc == DEVID_ERR_TPM_LOCKOUT ||
			       rc == DEVID_ERR_TPM_FAILURE ||
			       rc == DEVID_ERR_TPM
		       ? fail_with(err, rc, &cause)
		       : DEVID_OK;
}

/* A module makes one key of a role and a type, by the template: another name
 * for it would sign when the first one is disabled. */
static enum devid_err check_type(struct module *m, enum key_id id,
	enum key_alg alg, struct devid_error *err)
{
	for (int i = 0; i < N_MAKER_KEYS; i++) {
		enum key_id other = m->keys[i].id;
		enum devid_err rc;

		if (other == id || key_id_role(other) != key_id_role(id))
			continue;
		rc = check_known(m, &m->keys[i], err);
		if (rc != DEVID_OK)
			return rc;
		if (m->keys[i].alg == alg)
			return devid_fail(err, DEVID_ERR_KEY_EXISTS,
				"%s: of each type there is one, and the %s key "
				"is %s",
				key_id_name(id), key_alg_name(alg),
				key_id_name(other));
	}
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
		return devid_fail(err, DEVID_ERR_KEY_EXISTS,
			"%s: a %s key exists already (802.1AR: an IDevID key "
			"is never replaced)",
			key_id_name(key->id), key_alg_name(key->alg));
	if (rc != DEVID_ERR_NOT_FOUND)
		return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
	rc = check_type(m, key->id, alg, err);
	if (rc == DEVID_OK)
		rc = ks->ops->create(ks, key->id, alg, NULL, err);
	if (rc == DEVID_OK)
		rc = module_ensure_key(m, key, err);
	if (rc == DEVID_OK)
		m->counters.key_generation++;
	return rc;
}

/* Both keys are there, and the IDevID's own certificate with them: nothing is
 * left to do, and in the field nobody is let do more. */
static bool is_done(
	const struct module_key *idevid, const struct module_key *iak)
{
	return idevid->present && idevid->n_stored > 0 && iak->present;
}

/* That keys of this keystore are worth a certificate, and that it will take
 * that. */
static enum devid_err check_begin(struct module *m,
	const struct module_key *idevid, const struct module_key *iak,
	enum key_alg alg, struct devid_error *err)
{
	enum devid_err rc =
		m->minimum ? certification_check(m->minimum, &m->about, err)
			   : DEVID_OK;

	return rc == DEVID_OK ? module_check_store(m, idevid, iak, alg, err)
			      : rc;
}

static enum devid_err create_pair(struct module *m, struct module_key *key,
	enum key_alg alg, struct devid_error *err)
{
	struct key_pair pair = { KEY_NONE, KEY_NONE };
	bool found = key_id_pair(key->id, &pair);
	struct module_key *idevid, *iak;
	enum devid_err rc = DEVID_OK;

	assert(found); /* a maker's key has one */
	idevid = &m->keys[pair.idevid];
	iak = &m->keys[pair.iak];
	if (!is_done(idevid, iak))
		rc = check_begin(m, idevid, iak, alg, err);
	if (rc == DEVID_OK)
		rc = create_key(m, idevid, alg, err);
	return rc == DEVID_OK ? create_key(m, iak, alg, err) : rc;
}

enum devid_err module_create(struct module *m, const char *name,
	enum key_alg alg, bool persistent, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!key_alg_is_known(alg))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"create: unknown key algorithm");
	module_recover(m);
	return module_is_owners(key)
		       ? module_owner_create(m, key, alg, persistent, err)
		       : create_pair(m, key, alg, err);
}

enum devid_err module_init(struct module *m, struct devid_error *err)
{
	m->health_at.tv_sec = 0; /* to be asked now */
	for (int i = 0; i < N_KEYS; i++)
		m->keys[i].underivable = false;
	refresh_health(m, true);
	if (m->erasure.pending)
		module_erase_resume(m);
	module_recover(m);
	if (m->health != DEVID_OK && !m->initialized)
		return devid_fail(err, DEVID_ERR_NOT_INITIALIZED, "module: %s",
			m->health_text);
	return DEVID_OK;
}

enum devid_err module_stir(
	struct module *m, struct view in, struct devid_error *err)
{
	if (in.len == 0 || in.len > WIRE_STIR_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"entropy: %zu bytes, 1 to %d are taken", in.len,
			WIRE_STIR_MAX);
	return m->keystore->ops->stir(m->keystore, in, err);
}
