/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore-link.h"

#include <string.h>

#include "fail.h"
#include "log.h"

static void release_keys(struct keystore_tpm *self)
{
	for (int i = 0; i < N_KEYS; i++) {
		tpm_key_done(&self->keys[i]);
		self->owned[i].known = false;
		devid_error_clear(&self->owned[i].refused);
	}
	tpm_owner_done(&self->owner);
	self->listed = false;
}

void keystore_link_close(struct keystore_tpm *self)
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
		keystore_link_close(self);
	if (self->tpm)
		return DEVID_OK;
	rc = tpm_open(self->tcti, &self->tpm, err);
	if (rc != DEVID_OK)
		return rc;
	self->tpm->places = self->at;
	if (strcmp(self->tpm->name, self->tcti) != 0)
		log_info("tpm: %s", self->tpm->name);
	return tpm_set_auth(
		self->tpm, &self->owner_auth, &self->endorsement_auth, err);
}

static enum devid_err connect_and(struct keystore_tpm *self, keystore_op *op,
	void *arg, struct devid_error *err)
{
	enum devid_err rc = connect_tpm(self, err);

	return rc == DEVID_OK ? op(self, arg, err) : rc;
}

static void end_derived_parent(struct keystore_tpm *self)
{
	const struct tpm_handle *parent = &self->owner.parent.object;

	if (tpm_handle_is_open(parent) && !parent->persistent)
		tpm_owner_done(&self->owner);
}

enum devid_err keystore_link_run(struct keystore_tpm *self, keystore_op *op,
	void *arg, struct devid_error *err)
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
		keystore_link_close(self);
	end_derived_parent(self);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &first);
	return DEVID_OK;
}

struct load_arg {
	keystore_ready *ready;
	enum key_id id;
	struct key_blob *ret_spki;
};

static enum devid_err op_load(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct load_arg *a = arg;
	enum devid_err rc = a->ready(self, a->id, err);

	if (rc == DEVID_OK)
		*a->ret_spki = self->keys[a->id].spki;
	return rc;
}

enum devid_err keystore_link_load(struct keystore_tpm *self,
	keystore_ready *ready, enum key_id id, struct key_blob *ret_spki,
	struct devid_error *err)
{
	struct load_arg arg = { ready, id, ret_spki };

	return keystore_link_run(self, op_load, &arg, err);
}

enum devid_err keystore_link_has(struct keystore_tpm *self, enum key_id id,
	bool *ret, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	if (!self->listed || self->asked[id]) {
		rc = tpm_handles_list(self->tpm, &self->handles, err);
		self->listed = rc == DEVID_OK;
		memset(self->asked, 0, sizeof(self->asked));
	}
	if (rc != DEVID_OK)
		return rc;
	self->asked[id] = true;
	*ret = tpm_handles_have(&self->handles, self->at.handle[id]);
	return DEVID_OK;
}
