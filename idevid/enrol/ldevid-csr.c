/* SPDX-License-Identifier: Apache-2.0 */
#include "ldevid-csr.h"

#include <openssl/err.h>
#include <stdbool.h>

#include "cleanup-openssl.h"
#include "fail.h"
#include "oid.h"
#include "roca.h"
#include "tpm-attributes.h"

CLEANUP_DEFINE(asn1_object, ASN1_OBJECT *, ASN1_OBJECT_free)
CLEANUP_DEFINE(x509_name, X509_NAME *, X509_NAME_free)

/* ---- writing ---- */

static enum devid_err fail_crypto(struct devid_error *err, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	const char *why = e ? ERR_reason_error_string(e) : NULL;

	(void)devid_fail(err, DEVID_ERR_CRYPTO, "request: %s%s%s", what,
		why ? ": " : "", why ? why : "");
	ERR_clear_error();
	return DEVID_ERR_CRYPTO;
}

/* The subject: the serialNumber, as it is encoded there. */
static enum devid_err put_subject(
	X509_REQ *req, X509 *idevid, struct devid_error *err)
{
	CLEANUP(cleanup_x509_name) X509_NAME *name = X509_NAME_new();
	const X509_NAME *from = X509_get_subject_name(idevid);
	int at = X509_NAME_get_index_by_NID(
		(X509_NAME *)(uintptr_t)from, NID_serialNumber, -1);

	if (at < 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"request: the IDevID has no serialNumber "
			"(IEEE 802.1AR 8.6)");
	if (!name ||
		X509_NAME_add_entry(
			name, X509_NAME_get_entry(from, at), -1, 0) != 1 ||
		X509_REQ_set_subject_name(req, name) != 1)
		return fail_no_memory_for(err, "request");
	return DEVID_OK;
}

static enum devid_err put_attributes(
	X509_REQ *req, const struct ldevid_csr *what, struct devid_error *err)
{
	struct view oid = oid_der(OID_AA_ATTESTATION);
	const uint8_t *p = oid.data;
	CLEANUP(cleanup_asn1_object)
	ASN1_OBJECT *type = d2i_ASN1_OBJECT(NULL, &p, (long)oid.len);

	if (what->extensions && sk_X509_EXTENSION_num(what->extensions) > 0 &&
		X509_REQ_add_extensions(req, what->extensions) != 1)
		return fail_crypto(err, "extensions");
	if (what->evidence.len > LDEVID_CSR_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"request: evidence of %zu bytes", what->evidence.len);
	if (what->evidence.len > 0 &&
		(!type || X509_REQ_add1_attr_by_OBJ(req, type, V_ASN1_SEQUENCE,
				  what->evidence.data,
				  (int)what->evidence.len) != 1))
		return fail_crypto(err, "evidence");
	return DEVID_OK;
}

static enum key_alg alg_of(EVP_PKEY *key)
{
	CLEANUP(cleanup_openssl) uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);

	return len > 0 ? key_alg_of_spki(spki, (size_t)len) : KEY_ALG_NONE;
}

static const EVP_MD *md_of(enum sig_hash hash)
{
	switch (hash) {
	case HASH_SHA384:
		return EVP_sha384();
	case HASH_SHA512:
		return EVP_sha512();
	case HASH_SHA256:
		break;
	}
	return EVP_sha256();
}

static enum devid_err give_out(
	X509_REQ *req, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_openssl) uint8_t *der = NULL;
	int len = i2d_X509_REQ(req, &der);
	uint8_t *copy;

	if (len <= 0)
		return fail_crypto(err, "encode");
	if (len > LDEVID_CSR_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"request: %d bytes, at most %d are taken", len,
			LDEVID_CSR_MAX);
	copy = malloc((size_t)len);
	if (!copy)
		return fail_no_memory_for(err, "request");
	memcpy(copy, der, (size_t)len);
	*ret = (struct blob) { copy, (size_t)len };
	return DEVID_OK;
}

enum devid_err ldevid_csr_write(const struct ldevid_csr *what, EVP_PKEY *key,
	struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_x509_req) X509_REQ *req = X509_REQ_new();
	enum key_alg alg = alg_of(key);
	enum devid_err rc;

	if (!req)
		return fail_no_memory_for(err, "request");
	if (alg == KEY_ALG_NONE) {
		ERR_clear_error();
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"request: a key of none of %s", KEY_ALG_LIST);
	}
	if (X509_REQ_set_version(req, 0) != 1 ||
		X509_REQ_set_pubkey(req, key) != 1)
		return fail_crypto(err, "public key");
	rc = put_subject(req, what->idevid, err);
	if (rc == DEVID_OK)
		rc = put_attributes(req, what, err);
	if (rc != DEVID_OK)
		return rc;
	if (X509_REQ_sign(req, key, md_of(key_alg_hash(alg))) <= 0)
		return fail_crypto(err, "signature");
	return give_out(req, ret, err);
}

/* ---- reading ---- */

static const char *const rule_names[LDEVID_CSR_RULES] = {
	[LDEVID_CSR_NONE] = "none",
	[LDEVID_CSR_SIZE] = "size",
	[LDEVID_CSR_ENCODING] = "encoding",
	[LDEVID_CSR_SUBJECT] = "subject",
	[LDEVID_CSR_KEY_TYPE] = "key-type",
	[LDEVID_CSR_KEY_WEAK] = "key-weak",
	[LDEVID_CSR_ALGORITHM] = "signature-algorithm",
	[LDEVID_CSR_ATTRIBUTE] = "attribute",
	[LDEVID_CSR_EXTENSION] = "extension",
	[LDEVID_CSR_CA] = "ca",
	[LDEVID_CSR_SIGNATURE] = "signature",
};

const char *ldevid_csr_rule_name(enum ldevid_csr_rule rule)
{
	return rule_names[rule];
}

/* A request being read. */
struct reading {
	struct view der;
	struct view subject;    /* RDNSequence content */
	struct view attributes; /* content */
	struct view algorithm;  /* with its header */
	struct ldevid_csr_view csr;
	enum ldevid_csr_rule rule;
	struct devid_error *err;
};

static enum devid_err refuse(struct reading *r, enum ldevid_csr_rule rule,
	enum devid_err code, const char *why)
{
	r->rule = rule;
	return devid_fail(
		r->err, code, "request: %s: %s", rule_names[rule], why);
}

static bool take_whole(struct view *in, struct view *ret)
{
	struct view content;
	uint8_t tag;

	return der_take(in, &tag, &content, ret) && tag == DER_SEQUENCE;
}

/* CertificationRequest, RFC 2986 4.2. */
static bool split(struct reading *r)
{
	struct view in = r->der, body, info, version, signature;

	return der_take_tag(&in, DER_SEQUENCE, &body) && in.len == 0 &&
	       der_take_tag(&body, DER_SEQUENCE, &info) &&
	       der_take_tag(&info, DER_INTEGER, &version) && version.len == 1 &&
	       version.data[0] == 0 &&
	       der_take_tag(&info, DER_SEQUENCE, &r->subject) &&
	       cert_name_is_valid(r->subject) &&
	       take_whole(&info, &r->csr.spki) &&
	       der_take_tag(&info, DER_CONTEXT(0), &r->attributes) &&
	       info.len == 0 && take_whole(&body, &r->algorithm) &&
	       der_take_tag(&body, DER_BIT_STRING, &signature) && body.len == 0;
}

static enum devid_err read_form(struct reading *r)
{
	if (r->der.len > LDEVID_CSR_MAX)
		return refuse(r, LDEVID_CSR_SIZE, DEVID_ERR_TOO_LARGE,
			"more bytes than a request for an LDevID has");
	if (!split(r))
		return refuse(r, LDEVID_CSR_ENCODING, DEVID_ERR_SYNTAX,
			"no DER of a certification request (RFC 2986 4.2)");
	return DEVID_OK;
}

static enum devid_err read_subject(struct reading *r)
{
	struct view value = { NULL, 0 };
	uint8_t tag = 0;
	size_t n =
		cert_name_find(r->subject, OID_AT_SERIAL_NUMBER, &tag, &value);

	_Static_assert(sizeof(r->csr.serial) == TPM_TEXT_MAX, "the same");
	if (n > 1)
		return refuse(r, LDEVID_CSR_SUBJECT, DEVID_ERR_INVALID,
			"more than one serialNumber");
	if (n == 1 && !tpm_text_read(tag, value, r->csr.serial))
		return refuse(r, LDEVID_CSR_SUBJECT, DEVID_ERR_INVALID,
			"serialNumber: not 1 to 64 characters of printable "
			"ASCII");
	return DEVID_OK;
}

static enum devid_err read_key(struct reading *r)
{
	struct devid_error cause = { DEVID_OK, "" };

	r->csr.alg = key_alg_of_spki(r->csr.spki.data, r->csr.spki.len);
	if (r->csr.alg == KEY_ALG_NONE)
		return refuse(r, LDEVID_CSR_KEY_TYPE, DEVID_ERR_UNSUPPORTED,
			"a key of none of " KEY_ALG_LIST);
	if (roca_check_spki(r->csr.spki, "key", &cause) != DEVID_OK)
		return refuse(
			r, LDEVID_CSR_KEY_WEAK, DEVID_ERR_INVALID, cause.text);
	return DEVID_OK;
}

static enum devid_err read_algorithm(struct reading *r)
{
	for (int i = ALGORITHM_ECDSA_SHA256; i <= ALGORITHM_PSS_SHA512; i++) {
		if (view_equal(
			    r->algorithm, oid_algorithm((enum oid_algorithm)i)))
			return DEVID_OK;
	}
	return refuse(r, LDEVID_CSR_ALGORITHM, DEVID_ERR_UNSUPPORTED,
		"not ECDSA or RSA with SHA-256, SHA-384 or SHA-512");
}

/* ---- attributes ---- */

static const enum oid known[LDEVID_CSR_EXT_MAX] = {
	OID_CE_SUBJECT_ALT_NAME,
	OID_CE_KEY_USAGE,
	OID_CE_EXT_KEY_USAGE,
	OID_CE_BASIC_CONSTRAINTS,
	OID_CE_SUBJECT_KEY_ID,
};

static bool is_known(struct view oid)
{
	for (size_t i = 0; i < LDEVID_CSR_EXT_MAX; i++) {
		if (oid_is(oid, known[i]))
			return true;
	}
	return false;
}

const struct cert_ext *ldevid_csr_get_ext(
	const struct ldevid_csr_view *csr, enum oid oid)
{
	for (size_t i = 0; i < csr->n_ext; i++) {
		if (oid_is(csr->ext[i].oid, oid))
			return &csr->ext[i];
	}
	return NULL;
}

static bool is_repeated(const struct ldevid_csr_view *csr, struct view oid)
{
	for (size_t i = 0; i < csr->n_ext; i++) {
		if (view_equal(csr->ext[i].oid, oid))
			return true;
	}
	return false;
}

/* The one value of an attribute, whose content @set is. */
static bool take_value(struct view set, struct view *ret)
{
	return take_whole(&set, ret) && set.len == 0;
}

/* Extensions, RFC 5280 4.1. */
static enum devid_err read_extensions(struct reading *r, struct view value)
{
	struct ldevid_csr_view *csr = &r->csr;
	struct view list;

	if (csr->n_ext > 0 || !der_take_tag(&value, DER_SEQUENCE, &list) ||
		list.len == 0)
		return refuse(r, LDEVID_CSR_ATTRIBUTE, DEVID_ERR_SYNTAX,
			"extensionRequest: not one list of extensions");
	while (list.len > 0) {
		struct cert_ext ext;

		if (!cert_take_ext(&list, &ext))
			return refuse(r, LDEVID_CSR_EXTENSION, DEVID_ERR_SYNTAX,
				"not DER of its form (RFC 5280 4.1)");
		if (!is_known(ext.oid))
			return refuse(r, LDEVID_CSR_EXTENSION,
				DEVID_ERR_INVALID,
				"one that no LDevID is given");
		if (is_repeated(csr, ext.oid)) /* so that all find room */
			return refuse(r, LDEVID_CSR_EXTENSION,
				DEVID_ERR_INVALID, "one twice");
		csr->ext[csr->n_ext++] = ext;
	}
	return DEVID_OK;
}

static enum devid_err read_attribute(struct reading *r, struct view *list)
{
	struct view one, type, set, value;

	if (!der_take_tag(list, DER_SEQUENCE, &one) ||
		!der_take_tag(&one, DER_OID, &type) ||
		!der_take_tag(&one, DER_SET, &set) || one.len != 0)
		return refuse(r, LDEVID_CSR_ATTRIBUTE, DEVID_ERR_SYNTAX,
			"not DER of its form (RFC 2986 4.1)");
	if (!oid_is(type, OID_AT_EXTENSION_REQUEST) &&
		!oid_is(type, OID_AA_ATTESTATION))
		return refuse(r, LDEVID_CSR_ATTRIBUTE, DEVID_ERR_INVALID,
			"neither extensionRequest nor id-aa-attestation");
	if (!take_value(set, &value))
		return refuse(r, LDEVID_CSR_ATTRIBUTE, DEVID_ERR_SYNTAX,
			"not one value");
	if (oid_is(type, OID_AT_EXTENSION_REQUEST))
		return read_extensions(r, value);
	if (r->csr.evidence.len > 0)
		return refuse(r, LDEVID_CSR_ATTRIBUTE, DEVID_ERR_INVALID,
			"id-aa-attestation twice");
	r->csr.evidence = value;
	return DEVID_OK;
}

static enum devid_err read_attributes(struct reading *r)
{
	struct view list = r->attributes;
	enum devid_err rc = DEVID_OK;

	while (list.len > 0 && rc == DEVID_OK)
		rc = read_attribute(r, &list);
	return rc;
}

/* Whether keyUsage has keyCertSign (5) or cRLSign (6), RFC 5280 4.2.1.3. */
static bool signs_certificates(const struct cert_ext *ext)
{
	struct view value = ext->value, bits;

	return !der_take_tag(&value, DER_BIT_STRING, &bits) || value.len != 0 ||
	       bits.len < 2 || (bits.data[1] & (0x80 >> 5 | 0x80 >> 6)) != 0;
}

/* Whether basicConstraints are anything but those of an end entity. */
static bool claims_ca(const struct cert_ext *ext)
{
	struct view value = ext->value, seq;

	return !der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0 ||
	       seq.len != 0;
}

static enum devid_err check_no_ca(struct reading *r)
{
	const struct cert_ext *usage =
		ldevid_csr_get_ext(&r->csr, OID_CE_KEY_USAGE);
	const struct cert_ext *basic =
		ldevid_csr_get_ext(&r->csr, OID_CE_BASIC_CONSTRAINTS);

	if ((usage && signs_certificates(usage)) || (basic && claims_ca(basic)))
		return refuse(r, LDEVID_CSR_CA, DEVID_ERR_INVALID,
			"it asks to be a CA");
	return DEVID_OK;
}

static enum devid_err check_signature(struct reading *r)
{
	const uint8_t *p = r->der.data, *k = r->csr.spki.data;
	CLEANUP(cleanup_x509_req)
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)r->der.len);
	CLEANUP(cleanup_pkey)
	EVP_PKEY *key = d2i_PUBKEY(NULL, &k, (long)r->csr.spki.len);
	bool ok;

	/* What is strict above and is none for OpenSSL is a form as well. */
	if (!req || !key) {
		ERR_clear_error();
		return refuse(r, LDEVID_CSR_ENCODING, DEVID_ERR_SYNTAX,
			"OpenSSL reads no certification request");
	}
	ok = X509_REQ_verify(req, key) == 1;
	ERR_clear_error();
	return ok ? DEVID_OK
		  : refuse(r, LDEVID_CSR_SIGNATURE, DEVID_ERR_MISMATCH,
			    "not by the key that is in it");
}

enum devid_err ldevid_csr_read(struct view der, struct ldevid_csr_view *ret,
	enum ldevid_csr_rule *ret_rule, struct devid_error *err)
{
	static enum devid_err (*const steps[])(struct reading * r) = {
		read_form,
		read_subject,
		read_key,
		read_algorithm,
		read_attributes,
		check_no_ca,
		check_signature,
	};
	struct reading r = { .der = der, .err = err };
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0;
		rc == DEVID_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = steps[i](&r);
	if (ret_rule)
		*ret_rule = r.rule;
	if (rc == DEVID_OK)
		*ret = r.csr;
	return rc;
}
