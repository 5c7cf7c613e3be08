/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore-tpm.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "keystore-about.h"
#include "keystore-link.h"
#include "keystore-owner.h"
#include "tpm-about.h"
#include "tpm-attest.h"
#include "tpm-ek-chain.h"
#include "tpm-ek.h"
#include "tpm-key.h"
#include "tpm-nv.h"
#include "tpm-template.h"
#include "tpm.h"

static struct keystore_tpm *self_of(struct keystore *ks)
{
	return (struct keystore_tpm *)ks; /* base is the first member */
}

static bool is_of_owner(enum key_id id)
{
	return key_id_row(id)->home == ROLE_HOME_OWNER;
}

static const char *ks_place(struct keystore *ks, enum key_id id)
{
	return is_of_owner(id) ? keystore_owner_place(ks, id)
			       : self_of(ks)->places[id];
}

static const char *ks_limit(struct keystore *ks, enum key_id id)
{
	const struct devid_error *limit = &self_of(ks)->limits[id];

	return limit->code == DEVID_OK ? NULL : limit->text;
}

static enum devid_err op_health(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	return tpm_health(self->tpm, arg, err);
}

static enum devid_err ks_health(struct keystore *ks,
	struct wire_tries *ret_tries, struct devid_error *err)
{
	if (ret_tries)
		*ret_tries = (struct wire_tries) { 0, 0 };
	return keystore_link_run(self_of(ks), op_health, ret_tries, err);
}

static enum devid_err op_identity(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	_Static_assert(KEYSTORE_IDENTITY_MAX >= TPM_IDENTITY_MAX, "fits");
	return tpm_identity(self->tpm, arg, err);
}

static enum devid_err ks_identity(
	struct keystore *ks, char *ret, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_identity, ret, err);
}

static enum devid_err op_settle(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	(void)arg; /* takes none */
	return tpm_settle(self->tpm, err);
}

static enum devid_err ks_settle(struct keystore *ks, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_settle, NULL, err);
}

static enum devid_err op_forgive(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	(void)arg; /* takes none */
	return tpm_forgive(self->tpm, err);
}

static enum devid_err ks_forgive(struct keystore *ks, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_forgive, NULL, err);
}

/* Pairs beyond the first are seldom there: one list says so for all. */
static enum devid_err check_there(
	struct keystore_tpm *self, enum key_id id, struct devid_error *err)
{
	bool there = true;
	enum devid_err rc = DEVID_OK;

	if (key_id_number(id) > 0)
		rc = keystore_link_has(self, id, &there, err);
	if (rc == DEVID_OK && !there)
		rc = devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: %s: no key at 0x%08x", key_id_name(id),
			self->at.handle[id]);
	return rc;
}

/* Loads the key object if this connection has not done so. */
static enum devid_err ensure_loaded(
	struct keystore_tpm *self, enum key_id id, struct devid_error *err)
{
	enum devid_err rc;

	if (tpm_handle_is_open(&self->keys[id].object))
		return DEVID_OK;
	devid_error_clear(&self->limits[id]);
	rc = check_there(self, id, err);
	if (rc != DEVID_OK)
		return rc;
	return tpm_key_load(self->tpm, id, &self->keys[id], err);
}

static enum devid_err ks_load(struct keystore *ks, enum key_id id,
	struct key_blob *ret_spki, struct devid_error *err)
{
	keystore_ready *ready =
		is_of_owner(id) ? keystore_owner_ready : ensure_loaded;

	return keystore_link_load(self_of(ks), ready, id, ret_spki, err);
}

struct create_arg {
	enum key_id id;
	enum key_alg alg;
	const struct key_blob *expected;
};

static enum devid_err op_create(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct create_arg *a = arg;
	CLEANUP(tpm_key_done)
	struct tpm_key key = { .id = a->id, .alg = a->alg };
	struct devid_error limit = { DEVID_OK, "" };
	enum devid_err rc;

	rc = tpm_key_derive(self->tpm, a->expected, &key, err);
	if (rc != DEVID_OK)
		return rc;
	rc = tpm_key_keep(&key, &limit);
	self->listed = false;
	devid_error_clear(&self->limits[a->id]);
	if (rc == DEVID_OK)
		return rc; /* loaded from its handle when it is used */
	/* A key that somebody knows by its certificate serves as it is; a new
	 * one would be gone with this connection. */
	if (!a->expected ||
		(rc != DEVID_ERR_DENIED && rc != DEVID_ERR_TOO_LARGE))
		return fail_with(err, rc, &limit);
	self->limits[a->id] = limit;
	self->keys[a->id] = key;
	self->keys[a->id].object = tpm_handle_take(&key.object);
	return DEVID_OK;
}

static enum devid_err ks_create(struct keystore *ks, enum key_id id,
	enum key_alg alg, const struct key_blob *expected,
	struct devid_error *err)
{
	struct create_arg arg = { id, alg, expected };

	if (is_of_owner(id))
		return devid_fail(err, DEVID_ERR_INVALID,
			"tpm: %s: a key of the owner's is not derived",
			key_id_name(id));
	return keystore_link_run(self_of(ks), op_create, &arg, err);
}

static enum devid_err op_sign(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct keystore_sign *a = arg;
	enum devid_err rc;

	if (is_of_owner(a->id))
		return keystore_owner_sign(self, a, err);
	rc = ensure_loaded(self, a->id, err);
	if (rc != DEVID_OK)
		return rc;
	rc = tpm_key_sign(self->tpm, &self->keys[a->id], a->what, a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND) { /* to be looked for again */
		tpm_key_forget(&self->keys[a->id]);
		devid_error_clear(&self->limits[a->id]);
	}
	return rc;
}

static enum devid_err ks_sign(struct keystore *ks, enum key_id id,
	const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err)
{
	struct keystore_sign arg = { id, what, ret };

	return keystore_link_run(self_of(ks), op_sign, &arg, err);
}

static enum devid_err op_cert_room(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	return tpm_nv_room(self->tpm, arg, err);
}

static enum devid_err ks_cert_room(
	struct keystore *ks, size_t *ret, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_cert_room, ret, err);
}

struct cert_arg {
	enum key_id id;
	struct key_blob *ret;
	const struct key_blob *der;
};

static enum devid_err op_cert_writable(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_check_writable(self->tpm, a->id, a->der, err);
}

static enum devid_err ks_cert_writable(struct keystore *ks, enum key_id id,
	const struct key_blob *der, struct devid_error *err)
{
	struct cert_arg arg = { id, NULL, der };

	return keystore_link_run(self_of(ks), op_cert_writable, &arg, err);
}

struct fit_arg {
	const size_t *len; /* N_MAKER_KEYS */
};

static enum devid_err op_certs_fit(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct fit_arg *a = arg;

	return tpm_nv_check_room(self->tpm, a->len, err);
}

static enum devid_err ks_certs_fit(struct keystore *ks,
	const size_t len[N_MAKER_KEYS], struct devid_error *err)
{
	struct fit_arg arg = { len };

	return keystore_link_run(self_of(ks), op_certs_fit, &arg, err);
}

static enum devid_err op_cert_read(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_read_cert(self->tpm, a->id, a->ret, err);
}

static enum devid_err ks_cert_read(struct keystore *ks, enum key_id id,
	struct key_blob *ret_der, struct devid_error *err)
{
	struct cert_arg arg = { id, ret_der, NULL };

	return keystore_link_run(self_of(ks), op_cert_read, &arg, err);
}

static enum devid_err op_cert_write(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_write_cert(self->tpm, a->id, a->der, err);
}

static enum devid_err ks_cert_write(struct keystore *ks, enum key_id id,
	const struct key_blob *der, struct devid_error *err)
{
	struct cert_arg arg = { id, NULL, der };

	return keystore_link_run(self_of(ks), op_cert_write, &arg, err);
}

static enum devid_err op_issuers_read(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_read_issuers(self->tpm, a->id, a->ret, err);
}

static enum devid_err ks_issuers_read(struct keystore *ks, enum key_id id,
	struct key_blob *ret_der, struct devid_error *err)
{
	struct cert_arg arg = { id, ret_der, NULL };

	return keystore_link_run(self_of(ks), op_issuers_read, &arg, err);
}

static enum devid_err op_issuers_write(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_write_issuers(self->tpm, a->id, a->der, err);
}

static enum devid_err ks_issuers_write(struct keystore *ks, enum key_id id,
	const struct key_blob *der, struct devid_error *err)
{
	struct cert_arg arg = { id, NULL, der };

	return keystore_link_run(self_of(ks), op_issuers_write, &arg, err);
}

static enum devid_err fail_no_pair(enum key_id id, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_INVALID,
		"tpm: %s: no IDevID of a pair with an IAK", key_id_name(id));
}

struct attest_arg {
	struct key_pair pair;
	struct view ek_cert;
	struct wire_attest *ret;
};

/* The EK's certificate: what was given, if this TPM has its key. */
static enum devid_err find_ek(struct keystore_tpm *self,
	const struct attest_arg *a, struct devid_error *err)
{
	struct key_blob *cert = &a->ret->ek_cert;
	enum devid_err rc;

	if (a->ek_cert.len > sizeof(cert->data))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: EK certificate of %zu bytes, at most %zu are "
			"taken",
			a->ek_cert.len, sizeof(cert->data));
	if (a->ek_cert.len > 0) {
		memcpy(cert->data, a->ek_cert.data, a->ek_cert.len);
		cert->len = a->ek_cert.len;
		rc = tpm_ek_check(self->tpm, cert, err);
	} else {
		rc = tpm_ek_cert(self->tpm, cert, err);
	}
	return rc == DEVID_OK ? tpm_ek_chain(self->tpm, &a->ret->ek_chain, err)
			      : rc;
}

static enum devid_err op_attest(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct attest_arg *a = arg;
	struct tpm_key *idevid = &self->keys[a->pair.idevid];
	struct tpm_key *iak = &self->keys[a->pair.iak];
	enum devid_err rc = ensure_loaded(self, a->pair.idevid, err);

	if (rc == DEVID_OK)
		rc = ensure_loaded(self, a->pair.iak, err);
	if (rc == DEVID_OK)
		rc = find_ek(self, a, err);
	if (rc == DEVID_OK)
		rc = tpm_attest(self->tpm, idevid, iak, a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND) {
		tpm_key_done(idevid);
		tpm_key_done(iak);
	}
	return rc;
}

static enum devid_err ks_attest(struct keystore *ks, enum key_id idevid,
	struct view ek_cert, struct wire_attest *ret, struct devid_error *err)
{
	struct attest_arg arg = { { KEY_NONE, KEY_NONE }, ek_cert, ret };

	if (!key_id_pair(idevid, &arg.pair) || arg.pair.idevid != idevid)
		return fail_no_pair(idevid, err);
	return keystore_link_run(self_of(ks), op_attest, &arg, err);
}

struct activate_arg {
	enum key_id iak;
	const struct wire_credential *what;
	struct wire_secret *ret;
};

static enum devid_err op_activate(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct activate_arg *a = arg;
	enum devid_err rc = ensure_loaded(self, a->iak, err);

	if (rc == DEVID_OK)
		rc = tpm_activate(
			self->tpm, &self->keys[a->iak], a->what, a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND)
		tpm_key_done(&self->keys[a->iak]);
	return rc;
}

static enum devid_err ks_activate(struct keystore *ks, enum key_id idevid,
	const struct wire_credential *what, struct wire_secret *ret,
	struct devid_error *err)
{
	struct activate_arg arg = { KEY_NONE, what, ret };
	struct key_pair pair;

	if (!key_id_pair(idevid, &pair) || pair.idevid != idevid)
		return fail_no_pair(idevid, err);
	arg.iak = pair.iak;
	return keystore_link_run(self_of(ks), op_activate, &arg, err);
}

struct certify_arg {
	enum key_id id;
	struct view nonce;
	struct wire_certify *ret;
};

static enum devid_err certify(struct keystore_tpm *self,
	const struct tpm_key *key, void *arg, struct devid_error *err)
{
	const struct certify_arg *a = arg;

	return tpm_certify_owned(
		key, &self->keys[KEY_IAK], a->nonce, a->ret, err);
}

static enum devid_err op_certify(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct certify_arg *a = arg;
	enum devid_err rc = ensure_loaded(self, KEY_IAK, err);

	if (rc == DEVID_OK)
		rc = keystore_owner_area(self, a->id, &a->ret->public, err);
	if (rc == DEVID_OK)
		rc = keystore_owner_use(self, a->id, certify, a, err);
	if (rc == DEVID_ERR_NOT_FOUND) /* whichever it was */
		tpm_key_done(&self->keys[KEY_IAK]);
	return rc;
}

static enum devid_err ks_certify(struct keystore *ks, enum key_id id,
	struct view nonce, struct wire_certify *ret, struct devid_error *err)
{
	struct certify_arg arg = { id, nonce, ret };

	return keystore_link_run(self_of(ks), op_certify, &arg, err);
}

/* With the counter that is open, unless it turns out to be another by now. */
static enum devid_err op_certify_epoch(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct certify_arg *a = arg;
	CLEANUP(tpm_epoch_done) struct tpm_epoch epoch = { 0 };
	const struct tpm_key *iak = &self->keys[KEY_IAK];
	enum devid_err rc = ensure_loaded(self, KEY_IAK, err);

	if (rc != DEVID_OK)
		return rc;
	if (tpm_handle_is_open(&self->owner.epoch.index) &&
		tpm_certify_epoch(&self->owner.epoch, iak, a->nonce, a->ret,
			NULL) == DEVID_OK)
		return DEVID_OK;
	rc = tpm_epoch_open(self->tpm, &epoch, err);
	if (rc == DEVID_OK)
		rc = tpm_certify_epoch(&epoch, iak, a->nonce, a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND)
		tpm_key_done(&self->keys[KEY_IAK]);
	return rc;
}

static enum devid_err ks_certify_epoch(struct keystore *ks, struct view nonce,
	struct wire_certify *ret, struct devid_error *err)
{
	struct certify_arg arg = { KEY_NONE, nonce, ret };

	return keystore_link_run(self_of(ks), op_certify_epoch, &arg, err);
}

static enum devid_err op_stir(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct view *in = arg;

	return tpm_stir(self->tpm, *in, err);
}

static enum devid_err ks_stir(
	struct keystore *ks, struct view in, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_stir, &in, err);
}

static enum devid_err op_about(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct key_blob ek = { .len = 0 };
	struct devid_error none = { DEVID_OK, "" };
	enum devid_err rc = tpm_about(self->tpm, arg, err);

	if (rc != DEVID_OK)
		return rc;
	/* Not each TPM has a certificate; one without is no error. */
	rc = tpm_ek_cert(self->tpm, &ek, &none);
	if (rc == DEVID_OK)
		keystore_about_ek((struct view) { ek.data, ek.len }, arg);
	return self->tpm->dead ? fail_with(err, rc, &none) : DEVID_OK;
}

static enum devid_err ks_about(
	struct keystore *ks, struct wire_about *ret, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_about, ret, err);
}

static void ks_free(struct keystore *ks)
{
	struct keystore_tpm *self = self_of(ks);

	keystore_link_close(self);
	for (int i = 0; i < N_KEYS; i++)
		blob_done(&self->owned[i].sealed);
	OPENSSL_cleanse(&self->owner_auth, sizeof(self->owner_auth));
	OPENSSL_cleanse(
		&self->endorsement_auth, sizeof(self->endorsement_auth));
	free(self->tcti);
	free(self);
}

static const struct keystore_ops tpm_ops = {
	.name = "tpm2",
	.free = ks_free,
	.place = ks_place,
	.limit = ks_limit,
	.health = ks_health,
	.identity = ks_identity,
	.settle = ks_settle,
	.forgive = ks_forgive,
	.load = ks_load,
	.create = ks_create,
	.sign = ks_sign,
	.cert_room = ks_cert_room,
	.cert_writable = ks_cert_writable,
	.certs_fit = ks_certs_fit,
	.cert_read = ks_cert_read,
	.cert_write = ks_cert_write,
	.issuers_read = ks_issuers_read,
	.issuers_write = ks_issuers_write,
	.make = keystore_owner_make,
	.take_in = keystore_owner_take_in,
	.give = keystore_owner_give,
	.is_persistent = keystore_owner_is_persistent,
	.persist = keystore_owner_persist,
	.evict_lost = keystore_owner_evict_lost,
	.erase = keystore_owner_erase,
	.epoch = keystore_owner_epoch,
	.seed = keystore_owner_seed,
	.stir = ks_stir,
	.about = ks_about,
	.attest = ks_attest,
	.activate = ks_activate,
	.certify = ks_certify,
	.certify_epoch = ks_certify_epoch,
};

enum devid_err keystore_tpm_new(const char *tcti,
	const struct tpm_places *places, struct keystore **ret,
	struct devid_error *err)
{
	struct keystore_tpm *self = calloc(1, sizeof(*self));

	if (!self || !(self->tcti = strdup(tcti))) {
		free(self);
		return fail_no_memory_for(err, "tpm");
	}
	self->base.ops = &tpm_ops;
	if (places)
		self->at = *places;
	else
		tpm_places_default(&self->at);
	for (int i = 0; i < N_KEYS; i++)
		(void)snprintf(self->places[i], sizeof(self->places[i]),
			"0x%08x", self->at.handle[i]); /* fits */
	(void)snprintf(self->parent_place, sizeof(self->parent_place),
		"parent:0x%08x", self->at.parent); /* fits */
	*ret = &self->base;
	return DEVID_OK;
}

void keystore_tpm_set_auth(struct keystore *ks, const struct tpm_auth *owner,
	const struct tpm_auth *endorsement)
{
	struct keystore_tpm *self = self_of(ks);

	self->owner_auth = *owner;
	self->endorsement_auth = *endorsement;
	keystore_link_close(self);
}
