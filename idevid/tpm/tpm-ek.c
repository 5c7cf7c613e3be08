/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-ek.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "der.h"
#include "fail.h"
#include "tpm-nv.h"
#include "tpm-policy.h"
#include "tpm-public.h"

/* TCG EK Credential Profile 2.x, B.3 and B.4: fixedTPM, fixedParent,
 * sensitiveDataOrigin, adminWithPolicy, restricted, decrypt; the high range
 * has userWithAuth as well. */
#define ATTRS_LOW  0x000300b2u
#define ATTRS_HIGH 0x000300f2u

/* PolicyB for SHA-384, B.6: PolicyOR of PolicySecret(endorsement) and
 * PolicyAuthorizeNV(0x01C07F02). */
static const uint8_t policy_b_sha384[48] = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a,
	0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41,
	0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4,
	0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f,
	0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 };

/* Certificate index and handle: TCG EK Credential Profile 2.2.1.4, TCG
 * Provisioning Guidance 7.8. In the order in which they are looked for: with
 * several certificates a DevID names the RSA one (TCG DevID 8). */
static const struct ek_kind {
	const char *name;
	TPM2_HANDLE cert_index;
	TPM2_HANDLE handle;
	TPMI_ALG_PUBLIC type;
	TPMI_ALG_HASH name_alg;
	TPMI_ECC_CURVE curve;
	uint16_t unique_len; /* of zeros; none in the high range */
	bool high;
} kinds[] = {
	{ "RSA-2048 EK (template L-1)", 0x01c00002, 0x81010001, TPM2_ALG_RSA,
		TPM2_ALG_SHA256, 0, 256, false },
	{ "P-256 EK (template L-2)", 0x01c0000a, 0x8101000a, TPM2_ALG_ECC,
		TPM2_ALG_SHA256, TPM2_ECC_NIST_P256, 32, false },
	{ "P-384 EK (template H-3)", 0x01c00016, 0x81010016, TPM2_ALG_ECC,
		TPM2_ALG_SHA384, TPM2_ECC_NIST_P384, 0, true },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool set_policy(const struct ek_kind *kind, TPM2B_DIGEST *ret)
{
	TPML_DIGEST branches;

	if (kind->high) {
		ret->size = sizeof(policy_b_sha384);
		memcpy(ret->buffer, policy_b_sha384, ret->size);
		return true;
	}
	if (!policy_branches(KEY_ROLE_IDEVID, kind->name_alg, &branches))
		return false;
	*ret = branches.digests[POLICY_SECRET]; /* PolicyA, B.6 */
	return true;
}

static bool make_template(const struct ek_kind *kind, TPM2B_PUBLIC *ret)
{
	TPMT_PUBLIC *t = &ret->publicArea;
	TPMT_SYM_DEF_OBJECT aes = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = kind->high ? 256 : 128,
		.mode.aes = TPM2_ALG_CFB };

	memset(ret, 0, sizeof(*ret)); /* unique: zeros */
	t->type = kind->type;
	t->nameAlg = kind->name_alg;
	t->objectAttributes = kind->high ? ATTRS_HIGH : ATTRS_LOW;
	if (kind->type == TPM2_ALG_RSA) {
		t->parameters.rsaDetail.symmetric = aes;
		t->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		t->parameters.rsaDetail.keyBits = 2048;
		t->unique.rsa.size = kind->unique_len;
	} else {
		t->parameters.eccDetail.symmetric = aes;
		t->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		t->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
		t->parameters.eccDetail.curveID = kind->curve;
		t->unique.ecc.x.size = kind->unique_len;
		t->unique.ecc.y.size = kind->unique_len;
	}
	return set_policy(kind, &t->authPolicy);
}

/* The first kind whose certificate is in NV. */
static enum devid_err find_cert(struct tpm *tpm, const struct ek_kind **ret,
	struct key_blob *ret_der, struct devid_error *err)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		struct devid_error cause = { DEVID_OK, "" };
		enum devid_err rc = tpm_nv_read_der(tpm, kinds[i].cert_index,
			"EK certificate", ret_der, &cause);

		if (rc == DEVID_ERR_NOT_FOUND)
			continue;
		*ret = &kinds[i];
		return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
	}
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		"tpm: no EK certificate in NV (looked at 0x%08x, 0x%08x and "
		"0x%08x); without it a CA cannot know this TPM: get it from "
		"the TPM's vendor and write it there",
		kinds[0].cert_index, kinds[1].cert_index, kinds[2].cert_index);
}

enum devid_err tpm_ek_cert(
	struct tpm *tpm, struct key_blob *ret_der, struct devid_error *err)
{
	const struct ek_kind *kind;

	return find_cert(tpm, &kind, ret_der, err);
}

/*
 * Whether @pub is the key that @cert is about. Only the bits are compared, not
 * the AlgorithmIdentifier before them: vendors also write id-RSAES-OAEP there
 * (RFC 4055 4.1).
 */
static bool is_key_of(const X509 *cert, const TPMT_PUBLIC *pub)
{
	const ASN1_BIT_STRING *want = X509_get0_pubkey_bitstr(cert);
	struct key_blob spki = { 0 };
	struct view in, info, content;

	if (!want || tpm_public_spki(pub, &spki, NULL) != DEVID_OK)
		return false;
	in = (struct view) { spki.data, spki.len };
	return der_take_tag(&in, DER_SEQUENCE, &info) &&
	       der_take_tag(&info, DER_SEQUENCE, &content) &&
	       der_take_tag(&info, DER_BIT_STRING, &content) &&
	       content.len == 1 + (size_t)want->length &&
	       memcmp(content.data + 1, want->data, content.len - 1) == 0;
}

/* How its policy is met: PolicyA with a session, or by userWithAuth not at
 * all, since ActivateCredential needs the USER role (part 3, 12.5). */
static bool is_usable(const TPMT_PUBLIC *pub)
{
	TPML_DIGEST branches;
	const TPM2B_DIGEST *a = &branches.digests[POLICY_SECRET];

	if (pub->objectAttributes & TPMA_OBJECT_USERWITHAUTH)
		return true;
	return policy_branches(KEY_ROLE_IDEVID, pub->nameAlg, &branches) &&
	       pub->authPolicy.size == a->size &&
	       memcmp(pub->authPolicy.buffer, a->buffer, a->size) == 0;
}

/* The object at the persistent handle when it is @cert's key; ek->object stays
 * none when it is another or there is none. */
static enum devid_err take_persistent(struct tpm *tpm, struct tpm_ek *ek,
	const struct ek_kind *kind, const X509 *cert, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	CLEANUP(tpm_handle_done) struct tpm_handle object = { 0 };
	bool found = false;
	enum devid_err rc;

	rc = tpm_handle_find(tpm, kind->handle, &found, err);
	if (rc == DEVID_OK && found)
		rc = tpm_handle_open(tpm, kind->handle, &object, &pub, err);
	if (rc != DEVID_OK || !pub)
		return rc;
	if (is_key_of(cert, &pub->publicArea) && is_usable(&pub->publicArea)) {
		ek->object = tpm_handle_take(&object);
		ek->with_auth = pub->publicArea.objectAttributes &
				TPMA_OBJECT_USERWITHAUTH;
	}
	return DEVID_OK;
}

static enum devid_err derive(struct tpm *tpm, struct tpm_ek *ek,
	const struct ek_kind *kind, const X509 *cert, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	TPM2B_PUBLIC template;
	enum devid_err rc;

	if (!make_template(kind, &template))
		return devid_fail(err, DEVID_ERR_CRYPTO, "tpm: EK: no hash");
	rc = tpm_handle_create(tpm, &template, &ek->object, &pub, err);
	if (rc != DEVID_OK)
		return rc;
	ek->with_auth = kind->high;
	if (!is_key_of(cert, &pub->publicArea))
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"tpm: %s: this TPM has another key than its EK "
			"certificate at 0x%08x says",
			kind->name, kind->cert_index);
	return DEVID_OK;
}

enum devid_err tpm_ek_load(
	struct tpm *tpm, struct tpm_ek *ret, struct devid_error *err)
{
	CLEANUP(tpm_ek_done) struct tpm_ek ek = { 0 };
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	const struct ek_kind *kind = &kinds[0];
	struct key_blob der = { 0 };
	const uint8_t *p = der.data;
	enum devid_err rc;

	rc = find_cert(tpm, &kind, &der, err);
	if (rc != DEVID_OK)
		return rc;
	cert = d2i_X509(NULL, &p, (long)der.len);
	ERR_clear_error(); /* told below */
	if (!cert)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"tpm: EK certificate: NV index 0x%08x holds no "
			"certificate",
			kind->cert_index);
	ek.name_alg = kind->name_alg;
	rc = take_persistent(tpm, &ek, kind, cert, err);
	if (rc == DEVID_OK && !tpm_handle_is_open(&ek.object))
		rc = derive(tpm, &ek, kind, cert, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = ek;
	ret->object = tpm_handle_take(&ek.object);
	return DEVID_OK;
}

void tpm_ek_done(struct tpm_ek *ek)
{
	tpm_handle_done(&ek->object);
}
