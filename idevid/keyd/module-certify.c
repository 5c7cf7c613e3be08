/* SPDX-License-Identifier: Apache-2.0 */
#include "module-certify.h"

#include <string.h>

#include "fail.h"
#include "module-key.h"
#include "module-state.h"
#include "tpm-counter.h"
#include "tpm-public.h"
#include "tpm-signature.h"

static struct view view_of(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

/* What is asked of the keystore. */
struct asked {
	enum key_id id; /* NONE: the counter */
	struct view nonce;
	struct wire_certify *ret;
};

static enum devid_err check_nonce(
	const char *name, struct view nonce, struct devid_error *err)
{
	if (nonce.len < WIRE_NONCE_MIN || nonce.len > WIRE_NONCE_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: nonce of %zu bytes, %d to %d are taken", name,
			nonce.len, WIRE_NONCE_MIN, WIRE_NONCE_MAX);
	return DEVID_OK;
}

static enum devid_err check_keys(struct module *m, const struct asked *a,
	bool look, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	if (a->id != KEY_NONE)
		rc = module_check_usable(m, a->id, look, err);
	return rc == DEVID_OK ? module_check_usable(m, KEY_IAK, look, err) : rc;
}

static enum devid_err ask_once(
	struct module *m, const struct asked *a, struct devid_error *err)
{
	struct keystore *ks = m->keystore;

	return a->id == KEY_NONE
		       ? ks->ops->certify_epoch(ks, a->nonce, a->ret, err)
		       : ks->ops->certify(ks, a->id, a->nonce, a->ret, err);
}

/* When a key has gone from its place it is looked for and asked once more. */
static enum devid_err ask(
	struct module *m, const struct asked *a, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = check_keys(m, a, false, &cause);

	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	rc = ask_once(m, a, &cause);
	if (rc == DEVID_ERR_NOT_FOUND) {
		devid_error_clear(&cause);
		rc = check_keys(m, a, true, &cause);
		if (rc == DEVID_OK)
			rc = ask_once(m, a, &cause);
	}
	/* What failed on its way may have used a key before. */
	if (rc != DEVID_ERR_TPM_ABSENT && rc != DEVID_ERR_TPM_LOCKOUT)
		module_note_use(m);
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

static bool is_signed(const struct module *m, const struct wire_certify *said)
{
	return tpm_signature_check_pkey(m->keys[KEY_IAK].pub,
		       view_of(&said->attest), view_of(&said->signature),
		       NULL) == DEVID_OK;
}

/* As with a signature: what a faulty module states is not given out. */
static enum devid_err check_key(
	const struct module *m, const struct asked *a, struct devid_error *err)
{
	const struct wire_certify *said = a->ret;
	struct key_blob spki = { 0 };
	struct tpm_certify certify;
	struct tpm_public public;

	if (tpm_public_parse(view_of(&said->public), &public, NULL) !=
			DEVID_OK ||
		tpm_public_spki(&public.area, &spki, NULL) != DEVID_OK ||
		!key_blob_equal(&spki, &m->keys[a->id].spki))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"%s: the keystore's public area is not the key's",
			key_id_name(a->id));
	if (tpm_certify_parse(view_of(&said->attest), &certify, NULL) !=
			DEVID_OK ||
		certify.name_len != public.name_len ||
		memcmp(certify.name, public.name, public.name_len) != 0 ||
		certify.extra_len != a->nonce.len ||
		memcmp(certify.extra, a->nonce.data, a->nonce.len) != 0 ||
		!is_signed(m, said))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"iak: the keystore's certification of %s does not "
			"verify",
			key_id_name(a->id));
	return DEVID_OK;
}

static enum devid_err check_epoch(
	const struct module *m, const struct asked *a, struct devid_error *err)
{
	const struct wire_certify *said = a->ret;
	uint8_t name[TPM_COUNTER_NAME_LEN], extra[32];
	struct tpm_counter_said counter;
	TPMS_NV_PUBLIC area;

	if (tpm_counter_read_area(view_of(&said->public), &area, NULL) !=
			DEVID_OK ||
		!tpm_counter_is_ours(&area) ||
		!tpm_counter_name(area.nvIndex, name) ||
		!tpm_counter_extra(a->nonce, extra) ||
		tpm_counter_parse(view_of(&said->attest), &counter, NULL) !=
			DEVID_OK ||
		counter.name_len != sizeof(name) ||
		memcmp(counter.name, name, sizeof(name)) != 0 ||
		counter.extra_len != sizeof(extra) ||
		memcmp(counter.extra, extra, sizeof(extra)) != 0 ||
		!is_signed(m, said))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"iak: the keystore's certification of the counter of "
			"erasures does not verify");
	return DEVID_OK;
}

enum devid_err module_certify(struct module *m, const char *name,
	struct view nonce, struct wire_certify *ret, struct devid_error *err)
{
	struct asked a = { KEY_NONE, nonce, ret };
	struct module_key *key = module_find(m, name, err);
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!module_is_owners(key))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: only a key of the owner's is certified for a site",
			name);
	rc = check_nonce(name, nonce, err);
	if (rc == DEVID_OK)
		rc = module_find_known(m, name, &key, err);
	if (rc != DEVID_OK)
		return rc;
	a.id = key->id;
	rc = ask(m, &a, err);
	return rc == DEVID_OK ? check_key(m, &a, err) : rc;
}

enum devid_err module_certify_epoch(struct module *m, const char *name,
	struct view nonce, struct wire_certify *ret, struct devid_error *err)
{
	const struct asked a = { KEY_NONE, nonce, ret };
	enum devid_err rc;

	if (strcmp(name, key_id_name(KEY_IAK)) != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: the counter of erasures is certified by %s", name,
			key_id_name(KEY_IAK));
	rc = check_nonce(name, nonce, err);
	if (rc == DEVID_OK)
		rc = ask(m, &a, err);
	return rc == DEVID_OK ? check_epoch(m, &a, err) : rc;
}
