/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore-tpm.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "log.h"
#include "tpm-attest.h"
#include "tpm-ek-chain.h"
#include "tpm-ek.h"
#include "tpm-key.h"
#include "tpm-nv.h"
#include "tpm-template.h"
#include "tpm.h"

struct keystore_tpm {
	struct keystore base;
	char *tcti;      /* owned */
	struct tpm *tpm; /* owned; NULL while not connected */
	struct tpm_key keys[N_KEY_ROLES];
	char places[N_KEY_ROLES][sizeof("0x81020000")];
	/* Why a key is not persistent; no cause: it is, or there is none. */
	struct devid_error limits[N_KEY_ROLES];
};

static struct keystore_tpm *self_of(struct keystore *ks)
{
	return (struct keystore_tpm *)ks; /* base is the first member */
}

static void release_keys(struct keystore_tpm *self)
{
	for (int i = 0; i < N_KEY_ROLES; i++)
		tpm_key_done(&self->keys[i]);
}

static void disconnect(struct keystore_tpm *self)
{
	release_keys(self);
	tpm_close(self->tpm);
	self->tpm = NULL;
}

/* Connects when there is no connection. */
static enum devid_err connect_tpm(
	struct keystore_tpm *self, struct devid_error *err)
{
	enum devid_err rc;

	if (self->tpm && self->tpm->dead)
		disconnect(self);
	if (self->tpm)
		return DEVID_OK;
	rc = tpm_open(self->tcti, &self->tpm, err);
	if (rc == DEVID_OK && strcmp(self->tpm->name, self->tcti) != 0)
		log_info("tpm: %s", self->tpm->name);
	return rc;
}

/* An operation on a connected TPM. */
typedef enum devid_err tpm_op_fn(
	struct keystore_tpm *self, void *arg, struct devid_error *err);

static enum devid_err connect_and(struct keystore_tpm *self, tpm_op_fn *op,
	void *arg, struct devid_error *err)
{
	enum devid_err rc = connect_tpm(self, err);

	return rc == DEVID_OK ? op(self, arg, err) : rc;
}

/*
 * Runs @op; when the connection turns out to have broken since it was last
 * used, connects and runs it once more. A TPM that restarted is found so
 * without a command of its own for every signature. When there was no room,
 * the slots are emptied, ours as well, and it is run again.
 */
static enum devid_err run(struct keystore_tpm *self, tpm_op_fn *op, void *arg,
	struct devid_error *err)
{
	struct devid_error first = { DEVID_OK, "" };
	bool had = self->tpm != NULL && !self->tpm->dead;
	enum devid_err rc = connect_and(self, op, arg, &first);

	if (rc != DEVID_OK && had && self->tpm && self->tpm->dead) {
		devid_error_clear(&first);
		rc = connect_and(self, op, arg, &first);
	}
	if (rc != DEVID_OK && self->tpm && self->tpm->crowded) {
		self->tpm->crowded = false;
		devid_error_clear(&first);
		release_keys(self);
		rc = tpm_flush_leftovers(self->tpm, &first);
		if (rc == DEVID_OK)
			rc = op(self, arg, &first);
	}
	if (self->tpm && self->tpm->dead)
		disconnect(self);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &first);
	return DEVID_OK;
}

static const char *ks_place(struct keystore *ks, enum key_role role)
{
	return self_of(ks)->places[role];
}

static const char *ks_limit(struct keystore *ks, enum key_role role)
{
	const struct devid_error *limit = &self_of(ks)->limits[role];

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
	return run(self_of(ks), op_health, ret_tries, err);
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
	return run(self_of(ks), op_identity, ret, err);
}

static enum devid_err op_settle(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	(void)arg; /* takes none */
	return tpm_settle(self->tpm, err);
}

static enum devid_err ks_settle(struct keystore *ks, struct devid_error *err)
{
	return run(self_of(ks), op_settle, NULL, err);
}

static enum devid_err op_forgive(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	(void)arg; /* takes none */
	return tpm_forgive(self->tpm, err);
}

static enum devid_err ks_forgive(struct keystore *ks, struct devid_error *err)
{
	return run(self_of(ks), op_forgive, NULL, err);
}

/* Loads the key object if this connection has not done so. */
static enum devid_err ensure_loaded(
	struct keystore_tpm *self, enum key_role role, struct devid_error *err)
{
	if (tpm_handle_is_open(&self->keys[role].object))
		return DEVID_OK;
	devid_error_clear(&self->limits[role]);
	return tpm_key_load(self->tpm, role, &self->keys[role], err);
}

struct load_arg {
	enum key_role role;
	struct key_blob *ret_spki;
};

static enum devid_err op_load(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct load_arg *a = arg;
	enum devid_err rc = ensure_loaded(self, a->role, err);

	if (rc == DEVID_OK)
		*a->ret_spki = self->keys[a->role].spki;
	return rc;
}

static enum devid_err ks_load(struct keystore *ks, enum key_role role,
	struct key_blob *ret_spki, struct devid_error *err)
{
	struct load_arg arg = { role, ret_spki };

	return run(self_of(ks), op_load, &arg, err);
}

struct create_arg {
	enum key_role role;
	enum key_alg alg;
	const struct key_blob *expected;
};

static enum devid_err op_create(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct create_arg *a = arg;
	CLEANUP(tpm_key_done)
	struct tpm_key key = { .role = a->role, .alg = a->alg };
	struct devid_error limit = { DEVID_OK, "" };
	enum devid_err rc;

	rc = tpm_key_derive(self->tpm, a->expected, &key, err);
	if (rc != DEVID_OK)
		return rc;
	rc = tpm_key_keep(&key, &limit);
	devid_error_clear(&self->limits[a->role]);
	if (rc == DEVID_OK)
		return rc; /* loaded from its handle when it is used */
	/* A key that somebody knows by its certificate serves as it is; a new
	 * one would be gone with this connection. */
	if (!a->expected ||
		(rc != DEVID_ERR_DENIED && rc != DEVID_ERR_TOO_LARGE))
		return fail_with(err, rc, &limit);
	self->limits[a->role] = limit;
	self->keys[a->role] = key;
	self->keys[a->role].object = tpm_handle_take(&key.object);
	return DEVID_OK;
}

static enum devid_err ks_create(struct keystore *ks, enum key_role role,
	enum key_alg alg, const struct key_blob *expected,
	struct devid_error *err)
{
	struct create_arg arg = { role, alg, expected };

	return run(self_of(ks), op_create, &arg, err);
}

struct sign_arg {
	enum key_role role;
	const struct key_sign *what;
	struct key_sig *ret;
};

static enum devid_err op_sign(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct sign_arg *a = arg;
	enum devid_err rc = ensure_loaded(self, a->role, err);

	if (rc != DEVID_OK)
		return rc;
	rc = tpm_key_sign(
		self->tpm, &self->keys[a->role], a->what, a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND) { /* to be looked for again */
		tpm_key_forget(&self->keys[a->role]);
		devid_error_clear(&self->limits[a->role]);
	}
	return rc;
}

static enum devid_err ks_sign(struct keystore *ks, enum key_role role,
	const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err)
{
	struct sign_arg arg = { role, what, ret };

	return run(self_of(ks), op_sign, &arg, err);
}

static enum devid_err op_cert_room(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	return tpm_nv_room(self->tpm, arg, err);
}

static enum devid_err ks_cert_room(
	struct keystore *ks, size_t *ret, struct devid_error *err)
{
	return run(self_of(ks), op_cert_room, ret, err);
}

struct cert_arg {
	enum key_role role;
	struct key_blob *ret;
	const struct key_blob *der;
};

static enum devid_err op_cert_writable(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_check_writable(self->tpm, a->role, a->der, err);
}

static enum devid_err ks_cert_writable(struct keystore *ks, enum key_role role,
	const struct key_blob *der, struct devid_error *err)
{
	struct cert_arg arg = { role, NULL, der };

	return run(self_of(ks), op_cert_writable, &arg, err);
}

struct fit_arg {
	const size_t *len; /* N_KEY_ROLES */
};

static enum devid_err op_certs_fit(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct fit_arg *a = arg;

	return tpm_nv_check_room(self->tpm, a->len, err);
}

static enum devid_err ks_certs_fit(struct keystore *ks,
	const size_t len[N_KEY_ROLES], struct devid_error *err)
{
	struct fit_arg arg = { len };

	return run(self_of(ks), op_certs_fit, &arg, err);
}

static enum devid_err op_cert_read(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_read_cert(self->tpm, a->role, a->ret, err);
}

static enum devid_err ks_cert_read(struct keystore *ks, enum key_role role,
	struct key_blob *ret_der, struct devid_error *err)
{
	struct cert_arg arg = { role, ret_der, NULL };

	return run(self_of(ks), op_cert_read, &arg, err);
}

static enum devid_err op_cert_write(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_write_cert(self->tpm, a->role, a->der, err);
}

static enum devid_err ks_cert_write(struct keystore *ks, enum key_role role,
	const struct key_blob *der, struct devid_error *err)
{
	struct cert_arg arg = { role, NULL, der };

	return run(self_of(ks), op_cert_write, &arg, err);
}

static enum devid_err op_issuers_read(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_read_issuers(self->tpm, a->role, a->ret, err);
}

static enum devid_err ks_issuers_read(struct keystore *ks, enum key_role role,
	struct key_blob *ret_der, struct devid_error *err)
{
	struct cert_arg arg = { role, ret_der, NULL };

	return run(self_of(ks), op_issuers_read, &arg, err);
}

static enum devid_err op_issuers_write(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct cert_arg *a = arg;

	return tpm_nv_write_issuers(self->tpm, a->role, a->der, err);
}

static enum devid_err ks_issuers_write(struct keystore *ks, enum key_role role,
	const struct key_blob *der, struct devid_error *err)
{
	struct cert_arg arg = { role, NULL, der };

	return run(self_of(ks), op_issuers_write, &arg, err);
}

struct attest_arg {
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
	enum devid_err rc = ensure_loaded(self, KEY_ROLE_IDEVID, err);

	if (rc == DEVID_OK)
		rc = ensure_loaded(self, KEY_ROLE_IAK, err);
	if (rc == DEVID_OK)
		rc = find_ek(self, a, err);
	if (rc == DEVID_OK)
		rc = tpm_attest(self->tpm, &self->keys[KEY_ROLE_IDEVID],
			&self->keys[KEY_ROLE_IAK], a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND) {
		tpm_key_done(&self->keys[KEY_ROLE_IDEVID]);
		tpm_key_done(&self->keys[KEY_ROLE_IAK]);
	}
	return rc;
}

static enum devid_err ks_attest(struct keystore *ks, struct view ek_cert,
	struct wire_attest *ret, struct devid_error *err)
{
	struct attest_arg arg = { ek_cert, ret };

	return run(self_of(ks), op_attest, &arg, err);
}

struct activate_arg {
	const struct wire_credential *what;
	struct wire_secret *ret;
};

static enum devid_err op_activate(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct activate_arg *a = arg;
	enum devid_err rc = ensure_loaded(self, KEY_ROLE_IAK, err);

	if (rc == DEVID_OK)
		rc = tpm_activate(self->tpm, &self->keys[KEY_ROLE_IAK], a->what,
			a->ret, err);
	if (rc == DEVID_ERR_NOT_FOUND)
		tpm_key_done(&self->keys[KEY_ROLE_IAK]);
	return rc;
}

static enum devid_err ks_activate(struct keystore *ks,
	const struct wire_credential *what, struct wire_secret *ret,
	struct devid_error *err)
{
	struct activate_arg arg = { what, ret };

	return run(self_of(ks), op_activate, &arg, err);
}

static void ks_free(struct keystore *ks)
{
	struct keystore_tpm *self = self_of(ks);

	disconnect(self);
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
	.attest = ks_attest,
	.activate = ks_activate,
};

enum devid_err keystore_tpm_new(
	const char *tcti, struct keystore **ret, struct devid_error *err)
{
	struct keystore_tpm *self = calloc(1, sizeof(*self));

	if (!self || !(self->tcti = strdup(tcti))) {
		free(self);
		return fail_no_memory_for(err, "tpm");
	}
	self->base.ops = &tpm_ops;
	for (int i = 0; i < N_KEY_ROLES; i++)
		(void)snprintf(self->places[i], sizeof(self->places[i]),
			"0x%08x", template_handle((enum key_role)i)); /* fits */
	*ret = &self->base;
	return DEVID_OK;
}
