/* SPDX-License-Identifier: Apache-2.0 */
/* What the module states to the manufacturer's CA (TCG DevID 13.1). */
#include "module-attest.h"

#include <string.h>

#include "fail.h"
#include "module-key.h"
#include "module-state.h"
#include "module-store.h"
#include "tpm-public.h"
#include "tpm-signature.h"

typedef enum devid_err ask_fn(
	struct keystore *ks, void *arg, struct devid_error *err);

/* The key @name, which is to be an IDevID, and the IAK of its pair. */
static enum devid_err find_pair(struct module *m, const char *name,
	struct key_pair *ret, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	struct key_pair pair;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!key_id_pair(key->id, &pair) || pair.idevid != key->id)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: only an IDevID is attested", name);
	*ret = pair;
	return DEVID_OK;
}

/* Both keys: one of them alone proves nothing. */
static enum devid_err check_both(struct module *m, struct key_pair pair,
	bool look, struct devid_error *err)
{
	enum devid_err rc = module_check_usable(m, pair.idevid, look, err);

	return rc == DEVID_OK ? module_check_usable(m, pair.iak, look, err)
			      : rc;
}

/* Asks the keystore; when a key has gone from its place it is derived again
 * and the question put once more. */
static enum devid_err ask(struct module *m, struct key_pair pair, ask_fn *fn,
	void *arg, struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = check_both(m, pair, false, &cause);

	if (rc == DEVID_OK) {
		rc = fn(ks, arg, &cause);
		if (rc == DEVID_ERR_NOT_FOUND) {
			devid_error_clear(&cause);
			rc = check_both(m, pair, true, &cause);
			if (rc == DEVID_OK)
				rc = fn(ks, arg, &cause);
		}
		/* What failed on its way may have used a key before. */
		if (rc != DEVID_ERR_TPM_ABSENT && rc != DEVID_ERR_TPM_LOCKOUT)
			module_note_use(m);
	}
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}

static struct view view_of(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

/* The public area is the key's that the module knows. */
static enum devid_err check_area(const struct module_key *key,
	const struct key_blob *area, struct tpm_public *ret,
	struct devid_error *err)
{
	struct key_blob spki = { 0 };

	if (tpm_public_parse(view_of(area), ret, NULL) != DEVID_OK ||
		tpm_public_spki(&ret->area, &spki, NULL) != DEVID_OK ||
		!key_blob_equal(&spki, &key->spki))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"%s: the keystore's public area is not the key's",
			key_id_name(key->id));
	return DEVID_OK;
}

/* As with a signature: what a faulty module states is not given out. */
static enum devid_err check_statement(const struct module_key *idevid_key,
	const struct module_key *iak_key, const struct wire_attest *said,
	struct devid_error *err)
{
	struct tpm_public idevid, iak;
	struct tpm_certify certify;
	enum devid_err rc;

	rc = check_area(idevid_key, &said->idevid_pub, &idevid, err);
	if (rc == DEVID_OK)
		rc = check_area(iak_key, &said->iak_pub, &iak, err);
	if (rc != DEVID_OK)
		return rc;
	if (tpm_certify_parse(view_of(&said->certify), &certify, NULL) !=
			DEVID_OK ||
		certify.name_len != idevid.name_len ||
		memcmp(certify.name, idevid.name, idevid.name_len) != 0 ||
		tpm_signature_check(&iak.area, iak_key->pub,
			view_of(&said->certify), view_of(&said->certify_sig),
			NULL) != DEVID_OK)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"iak: the keystore's certification of the IDevID does "
			"not verify");
	return DEVID_OK;
}

struct attest_arg {
	struct key_pair pair;
	struct view ek_cert;
	struct wire_attest *ret;
};

static enum devid_err ask_attest(
	struct keystore *ks, void *arg, struct devid_error *err)
{
	const struct attest_arg *a = arg;

	return ks->ops->attest(ks, a->pair.idevid, a->ek_cert, a->ret, err);
}

enum devid_err module_attest(struct module *m, const char *name,
	struct view ek_cert, struct wire_attest *ret, struct devid_error *err)
{
	struct attest_arg arg = { { KEY_NONE, KEY_NONE }, ek_cert, ret };
	const struct module_key *idevid, *iak;
	enum devid_err rc = find_pair(m, name, &arg.pair, err);

	if (rc == DEVID_OK)
		rc = check_both(m, arg.pair, false, err);
	if (rc != DEVID_OK)
		return rc;
	idevid = &m->keys[arg.pair.idevid];
	iak = &m->keys[arg.pair.iak];
	/* What the CA then issues is to be stored. */
	rc = module_check_store(m, idevid, iak, KEY_ALG_NONE, err);
	if (rc == DEVID_OK)
		rc = ask(m, arg.pair, ask_attest, &arg, err);
	return rc == DEVID_OK ? check_statement(idevid, iak, ret, err) : rc;
}

struct activate_arg {
	struct key_pair pair;
	const struct wire_credential *what;
	struct wire_secret *ret;
};

static enum devid_err ask_activate(
	struct keystore *ks, void *arg, struct devid_error *err)
{
	struct activate_arg *a = arg;

	return ks->ops->activate(ks, a->pair.idevid, a->what, a->ret, err);
}

enum devid_err module_activate(struct module *m, const char *name,
	const struct wire_credential *what, struct wire_secret *ret,
	struct devid_error *err)
{
	struct activate_arg arg = { { KEY_NONE, KEY_NONE }, what, ret };
	enum devid_err rc = find_pair(m, name, &arg.pair, err);

	return rc == DEVID_OK ? ask(m, arg.pair, ask_activate, &arg, err) : rc;
}
