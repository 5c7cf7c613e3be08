/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-verifier.h"
#include "tpm-signature.h"
#include "fail.h"

#include <openssl/err.h>
#include <stdlib.h>

enum slot {
	SLOT_P256,
	SLOT_P384,
	SLOT_OTHER, /* made anew for each key */
	N_SLOTS,
};

struct tpm_verifier {
	struct {
		EVP_PKEY *key;     /* owned; NULL: not made yet */
		EVP_PKEY_CTX *ctx; /* owned; set up to verify with @key */
	} slots[N_SLOTS];
	EVP_PKEY_CTX *ctx; /* borrowed: of the key that is set, or NULL */
	TPMT_PUBLIC area;  /* the key that is set */
};

static void empty_slot(struct tpm_verifier *v, enum slot i)
{
	EVP_PKEY_CTX_free(v->slots[i].ctx);
	EVP_PKEY_free(v->slots[i].key);
	v->slots[i].ctx = NULL;
	v->slots[i].key = NULL;
}

struct tpm_verifier *tpm_verifier_new(void)
{
	return calloc(1, sizeof(struct tpm_verifier));
}

void tpm_verifier_free(struct tpm_verifier *v)
{
	if (!v)
		return;
	for (int i = 0; i < N_SLOTS; i++)
		empty_slot(v, (enum slot)i);
	free(v);
}

static enum slot slot_of(const TPMT_PUBLIC *area)
{
	if (area->type != TPM2_ALG_ECC)
		return SLOT_OTHER;
	switch (area->parameters.eccDetail.curveID) {
	case TPM2_ECC_NIST_P256:
		return SLOT_P256;
	case TPM2_ECC_NIST_P384:
		return SLOT_P384;
	default: /* tpm2-tss's numbers */
		return SLOT_OTHER;
	}
}

/* Puts @area's point in the place of the last one. As it is decoded OpenSSL
 * checks that the curve has it (SP 800-56A 5.6.2.3.3). */
static enum devid_err replace_point(
	EVP_PKEY *key, const TPMT_PUBLIC *area, struct devid_error *err)
{
	uint8_t point[TPM_POINT_MAX];
	size_t len = 0;
	enum devid_err rc = tpm_public_point(area, point, &len, err);

	if (rc == DEVID_OK &&
		EVP_PKEY_set1_encoded_public_key(key, point, len) != 1) {
		ERR_clear_error();
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"public key: no point of its curve");
	}
	return rc;
}

static enum devid_err make_key(struct tpm_verifier *v, enum slot i,
	const TPMT_PUBLIC *area, struct devid_error *err)
{
	enum devid_err rc = tpm_public_pkey(area, &v->slots[i].key, err);

	if (rc != DEVID_OK)
		return rc;
	v->slots[i].ctx =
		EVP_PKEY_CTX_new_from_pkey(NULL, v->slots[i].key, NULL);
	if (!v->slots[i].ctx || EVP_PKEY_verify_init(v->slots[i].ctx) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "signature: cannot verify");
	return DEVID_OK;
}

enum devid_err tpm_verifier_set_key(struct tpm_verifier *v,
	const TPMT_PUBLIC *area, struct devid_error *err)
{
	enum slot i = slot_of(area);
	enum devid_err rc;

	if (!v)
		return fail_no_memory_for(err, "public key");
	v->ctx = NULL;
	if (i == SLOT_OTHER)
		empty_slot(v, i);
	rc = v->slots[i].key ? replace_point(v->slots[i].key, area, err)
			     : make_key(v, i, area, err);
	if (rc != DEVID_OK) {
		empty_slot(v, i); /* it may hold half a key */
		return rc;
	}
	v->ctx = v->slots[i].ctx;
	v->area = *area;
	return DEVID_OK;
}

enum devid_err tpm_verifier_check(struct tpm_verifier *v, struct view message,
	struct view signature, struct devid_error *err)
{
	if (!v->ctx)
		return devid_fail(err, DEVID_ERR_STATE, "signature: no key");
	return tpm_signature_check_with(
		&v->area, v->ctx, message, signature, err);
}
