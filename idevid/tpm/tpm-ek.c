/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-ek.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
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

/* PolicyB, B.6: PolicyOR of PolicySecret(endorsement) and
 * PolicyAuthorizeNV(0x01C07F01 or 02). */
static const uint8_t policy_b_sha256[32] = { 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9,
	0x39, 0x06, 0xf7, 0xa3, 0x34, 0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85,
	0xd4, 0x4c, 0xd1, 0xfd, 0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0,
	0xb7, 0xa0 };
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
	TPMI_ECC_CURVE curve; /* of ECC */
	uint16_t bits;        /* of the modulus or a coordinate */
	bool high;            /* unique is empty there, else zeros */
} kinds[] = {
	{ "RSA-2048 EK (template L-1)", 0x01c00002, 0x81010001, TPM2_ALG_RSA,
		TPM2_ALG_SHA256, 0, 2048, false },
	{ "RSA-2048 EK (template H-1)", 0x01c00012, 0x81010012, TPM2_ALG_RSA,
		TPM2_ALG_SHA256, 0, 2048, true },
	{ "RSA-3072 EK (template H-6)", 0x01c0001c, 0x8101001c, TPM2_ALG_RSA,
		TPM2_ALG_SHA384, 0, 3072, true },
	{ "P-256 EK (template L-2)", 0x01c0000a, 0x8101000a, TPM2_ALG_ECC,
		TPM2_ALG_SHA256, TPM2_ECC_NIST_P256, 256, false },
	{ "P-256 EK (template H-2)", 0x01c00014, 0x81010014, TPM2_ALG_ECC,
		TPM2_ALG_SHA256, TPM2_ECC_NIST_P256, 256, true },
	{ "P-384 EK (template H-3)", 0x01c00016, 0x81010016, TPM2_ALG_ECC,
		TPM2_ALG_SHA384, TPM2_ECC_NIST_P384, 384, true },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Certificates of other EKs, which no credential is made for: P-521, SM2,
 * RSA-4096 (templates H-4, H-5, H-7). */
static const TPM2_HANDLE other_indices[] = { 0x01c00018, 0x01c0001a,
	0x01c0001e };

#define N_OTHERS (sizeof(other_indices) / sizeof(other_indices[0]))

static bool set_policy(const struct ek_kind *kind, TPM2B_DIGEST *ret)
{
	bool sha384 = kind->name_alg == TPM2_ALG_SHA384;
	TPML_DIGEST branches;

	if (kind->high) {
		ret->size = sha384 ? sizeof(policy_b_sha384)
				   : sizeof(policy_b_sha256);
		memcpy(ret->buffer, sha384 ? policy_b_sha384 : policy_b_sha256,
			ret->size);
		return true;
	}
	if (!policy_branches(KEY_ROLE_IDEVID, kind->name_alg, &branches))
		return false;
	*ret = branches.digests[POLICY_SECRET]; /* PolicyA, B.6 */
	return true;
}

static bool make_template(const struct ek_kind *kind, TPM2B_PUBLIC *ret)
{
	bool sha384 = kind->name_alg == TPM2_ALG_SHA384;
	uint16_t unique_len = kind->high ? 0 : kind->bits / 8;
	TPMT_PUBLIC *t = &ret->publicArea;
	TPMT_SYM_DEF_OBJECT aes = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = sha384 ? 256 : 128,
		.mode.aes = TPM2_ALG_CFB };

	memset(ret, 0, sizeof(*ret)); /* unique: zeros */
	t->type = kind->type;
	t->nameAlg = kind->name_alg;
	t->objectAttributes = kind->high ? ATTRS_HIGH : ATTRS_LOW;
	if (kind->type == TPM2_ALG_RSA) {
		t->parameters.rsaDetail.symmetric = aes;
		t->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		t->parameters.rsaDetail.keyBits = kind->bits;
		t->unique.rsa.size = unique_len;
	} else {
		t->parameters.eccDetail.symmetric = aes;
		t->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		t->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
		t->parameters.eccDetail.curveID = kind->curve;
		t->unique.ecc.x.size = unique_len;
		t->unique.ecc.y.size = unique_len;
	}
	return set_policy(kind, &t->authPolicy);
}

/* ---- certificates ---- */

/* Why there is none: NV has one of another kind, or nothing. */
static enum devid_err fail_without(struct tpm *tpm, struct devid_error *err)
{
	for (size_t i = 0; i < N_OTHERS; i++) {
		bool found = false;
		enum devid_err rc =
			tpm_handle_find(tpm, other_indices[i], &found, err);

		if (rc != DEVID_OK)
			return rc;
		if (found)
			return devid_fail(err, DEVID_ERR_NOT_FOUND,
				"tpm: the only EK certificate in NV, at "
				"0x%08x, is of P-521, SM2 or RSA-4096, which "
				"no CA of devid takes",
				other_indices[i]);
	}
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		"tpm: no EK certificate in NV (looked at 0x%08x to 0x%08x); "
		"without it a CA cannot know this TPM: get it from the TPM's "
		"vendor and name its file (--ek-certificate)",
		kinds[0].cert_index, other_indices[N_OTHERS - 1]);
}

static enum devid_err read_cert(struct tpm *tpm, const struct ek_kind *kind,
	struct key_blob *ret, struct devid_error *err)
{
	return tpm_nv_read_der(
		tpm, kind->cert_index, "EK certificate", ret, err);
}

/* @what is where it comes from. */
static enum devid_err parse_cert(const struct key_blob *der, const char *what,
	X509 **ret, struct devid_error *err)
{
	const uint8_t *p = der->data;

	*ret = d2i_X509(NULL, &p, (long)der->len);
	ERR_clear_error(); /* told below */
	if (!*ret)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"tpm: EK certificate: %s holds no certificate", what);
	return DEVID_OK;
}

/* The same, and that it is one: *@ret_cert is the caller's. */
static enum devid_err read_x509(struct tpm *tpm, const struct ek_kind *kind,
	struct key_blob *ret, X509 **ret_cert, struct devid_error *err)
{
	char what[32];
	enum devid_err rc = read_cert(tpm, kind, ret, err);

	(void)snprintf(what, sizeof(what), "NV index 0x%08x",
		kind->cert_index); /* fits */
	return rc == DEVID_OK ? parse_cert(ret, what, ret_cert, err) : rc;
}

/* An index that holds something else is told when no other has one. */
enum devid_err tpm_ek_cert(
	struct tpm *tpm, struct key_blob *ret_der, struct devid_error *err)
{
	struct devid_error unread = { DEVID_OK, "" };

	for (size_t i = 0; i < N_KINDS; i++) {
		CLEANUP(cleanup_x509) X509 *cert = NULL;
		struct devid_error cause = { DEVID_OK, "" };
		struct key_blob der = { .len = 0 };
		enum devid_err rc =
			read_x509(tpm, &kinds[i], &der, &cert, &cause);

		if (rc == DEVID_OK) {
			*ret_der = der;
			return rc;
		}
		if (rc == DEVID_ERR_SYNTAX && unread.code == DEVID_OK)
			unread = cause;
		if (rc != DEVID_ERR_SYNTAX && rc != DEVID_ERR_NOT_FOUND)
			return fail_with(err, rc, &cause);
	}
	if (unread.code != DEVID_OK)
		return fail_with(err, unread.code, &unread);
	return fail_without(tpm, err);
}

/* ---- keys ---- */

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

/* Whether @pub has all of the template but the key. */
static bool is_of_template(const struct ek_kind *kind, const TPMT_PUBLIC *pub)
{
	TPM2B_PUBLIC want;
	const TPMT_PUBLIC *t = &want.publicArea;

	if (!make_template(kind, &want) || pub->type != t->type ||
		pub->nameAlg != t->nameAlg ||
		pub->objectAttributes != t->objectAttributes ||
		pub->authPolicy.size != t->authPolicy.size ||
		memcmp(pub->authPolicy.buffer, t->authPolicy.buffer,
			t->authPolicy.size) != 0)
		return false;
	return t->type == TPM2_ALG_RSA
		       ? pub->parameters.rsaDetail.keyBits == kind->bits
		       : pub->parameters.eccDetail.curveID == kind->curve;
}

/* The object at the persistent handle when it is @cert's key, or, without a
 * certificate, of the template; ek->object stays none when it is another or
 * there is none. */
static enum devid_err take_persistent(struct tpm *tpm, struct tpm_ek *ek,
	const struct ek_kind *kind, const X509 *cert, struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found found = { 0 };
	const TPMT_PUBLIC *area = &found.area;
	bool there = false;
	enum devid_err rc;

	rc = tpm_handle_find(tpm, kind->handle, &there, err);
	if (rc == DEVID_OK && there)
		rc = tpm_handle_read(tpm, kind->handle, &found, err);
	if (rc != DEVID_OK || !there)
		return rc;
	if (cert ? is_key_of(cert, area) && is_usable(area)
		 : is_of_template(kind, area)) {
		ek->object = tpm_handle_take(&found.object);
		ek->with_auth =
			area->objectAttributes & TPMA_OBJECT_USERWITHAUTH;
	}
	return DEVID_OK;
}

/* ek->object stays none when it is not @cert's key. */
static enum devid_err derive(struct tpm *tpm, struct tpm_ek *ek,
	const struct ek_kind *kind, const X509 *cert, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	CLEANUP(tpm_handle_done) struct tpm_handle object = { 0 };
	TPM2B_PUBLIC template;
	enum devid_err rc;

	if (!make_template(kind, &template))
		return devid_fail(err, DEVID_ERR_CRYPTO, "tpm: EK: no hash");
	rc = tpm_handle_create(tpm, &template, &object, &pub, err);
	if (rc != DEVID_OK)
		return rc;
	if (!cert || is_key_of(cert, &pub->publicArea)) {
		ek->object = tpm_handle_take(&object);
		ek->with_auth = kind->high;
	}
	return DEVID_OK;
}

/* The EK of @kind; ek->object stays none when it is not @cert's key. */
static enum devid_err load_kind(struct tpm *tpm, struct tpm_ek *ek,
	const struct ek_kind *kind, const X509 *cert, struct devid_error *err)
{
	enum devid_err rc;

	ek->name_alg = kind->name_alg;
	rc = take_persistent(tpm, ek, kind, cert, err);
	if (rc == DEVID_OK && !tpm_handle_is_open(&ek->object))
		rc = derive(tpm, ek, kind, cert, err);
	return rc;
}

/* The bytes of a subjectPublicKey: RSAPublicKey with exponent 65537 (RFC 8017
 * A.1.1), an uncompressed point (RFC 5480 2.2). */
static bool is_of_size(const struct ek_kind *kind, const X509 *cert)
{
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(cert);
	int field = kind->bits / 8;

	return key &&
	       key->length == (kind->type == TPM2_ALG_RSA ? field + 14
							  : 1 + 2 * field);
}

enum devid_err tpm_ek_check(
	struct tpm *tpm, const struct key_blob *der, struct devid_error *err)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	bool sized = false;
	enum devid_err rc;

	rc = parse_cert(der, "what was given", &cert, err);
	for (size_t i = 0; rc == DEVID_OK && i < N_KINDS; i++) {
		CLEANUP(tpm_ek_done) struct tpm_ek ek = { 0 };

		if (!is_of_size(&kinds[i], cert))
			continue;
		sized = true;
		rc = load_kind(tpm, &ek, &kinds[i], cert, err);
		if (rc == DEVID_OK && tpm_handle_is_open(&ek.object))
			return DEVID_OK;
	}
	if (rc != DEVID_OK)
		return rc;
	if (!sized)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: the EK certificate that was given is of no "
			"RSA-2048, RSA-3072, P-256 or P-384 key");
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"tpm: the EK certificate that was given is of another TPM: "
		"this one has no such endorsement key");
}

/* TPM2B_ENCRYPTED_SECRET: a modulus, or two coordinates behind their sizes
 * (part 2, 11.4.33), whose leading zeros some leave out. */
static bool is_secret_of(const struct ek_kind *kind, size_t len)
{
	size_t field = kind->bits / 8;

	if (kind->type == TPM2_ALG_RSA)
		return len == field;
	return len <= 2 * (2 + field) && len > 2 * (2 + field) - 32;
}

/* The certificate of @kind in NV, or NULL. An index that holds none is as good
 * as one that is not there: the certificate may have come from a file. */
static enum devid_err find_cert(struct tpm *tpm, const struct ek_kind *kind,
	X509 **ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct key_blob der = { 0 };
	enum devid_err rc;

	*ret = NULL;
	rc = read_x509(tpm, kind, &der, ret, &cause);
	if (rc == DEVID_ERR_NOT_FOUND || rc == DEVID_ERR_SYNTAX)
		return DEVID_OK;
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

/* The EK of @kind if it is certified in NV or not, as asked; else none. */
static enum devid_err load_if(struct tpm *tpm, const struct ek_kind *kind,
	bool certified, struct tpm_ek *ret, struct devid_error *err)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	enum devid_err rc = find_cert(tpm, kind, &cert, err);

	if (rc != DEVID_OK || certified != (cert != NULL))
		return rc;
	rc = load_kind(tpm, ret, kind, cert, err);
	if (rc == DEVID_OK && !tpm_handle_is_open(&ret->object))
		rc = devid_fail(err, DEVID_ERR_MISMATCH,
			"tpm: %s: this TPM has another key than its EK "
			"certificate at 0x%08x says",
			kind->name, kind->cert_index);
	return rc;
}

enum devid_err tpm_ek_next(struct tpm *tpm, size_t secret_len, size_t *next,
	struct tpm_ek *ret, struct devid_error *err)
{
	/* Those that NV certifies first: others may have to be made. */
	while (*next < 2 * N_KINDS) {
		const struct ek_kind *kind = &kinds[*next % N_KINDS];
		bool certified = *next < N_KINDS;
		enum devid_err rc = DEVID_OK;

		(*next)++;
		*ret = (struct tpm_ek) { 0 };
		if (is_secret_of(kind, secret_len))
			rc = load_if(tpm, kind, certified, ret, err);
		if (rc != DEVID_OK || tpm_handle_is_open(&ret->object))
			return rc;
	}
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		"tpm: no EK that this credential can be for");
}

void tpm_ek_done(struct tpm_ek *ek)
{
	tpm_handle_done(&ek->object);
}
