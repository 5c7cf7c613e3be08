/* SPDX-License-Identifier: Apache-2.0 */
#include "build-cert.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "build-parts.h"
#include "build.h"
#include "cleanup.h"
#include "der.h"
#include "fail.h"
#include "hex.h"
#include "ordered-id.h"

#define TAG_PRINTABLE 0x13

enum devid_err build_serials(
	uint8_t (*ret)[SERIAL_LEN], size_t n, struct devid_error *err)
{
	if (RAND_bytes((uint8_t *)ret, (int)(n * SERIAL_LEN)) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"serial number: no random bytes");
	for (size_t i = 0; i < n; i++) {
		if (!ordered_id_stamp(ret[i]))
			return devid_fail(err, DEVID_ERR_CRYPTO,
				"serial number: no clock");
		ret[i][0] = (uint8_t)((ret[i][0] & 0x3f) | 0x40);
	}
	return DEVID_OK;
}

enum devid_err build_serial(uint8_t ret[SERIAL_LEN], struct devid_error *err)
{
	return build_serials((uint8_t(*)[SERIAL_LEN])ret, 1, err);
}

static bool url_fits(const char *url)
{
	return !url || strlen(url) <= BUILD_URL_MAX;
}

/* The extensions that are the same in every DevID of the CA. */
static enum devid_err make_extensions(struct build_issuer *b,
	const struct build_urls *urls, struct devid_error *err)
{
	uint8_t buf[BUILD_TBS_MAX];
	struct der_out out = der_out_init(buf, sizeof(buf));
	struct view view;
	enum devid_err rc;

	if (!url_fits(urls->crl) || !url_fits(urls->ocsp) ||
		!url_fits(urls->issuer))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"a URL is longer than %d octets", BUILD_URL_MAX);
	if (urls->ocsp || urls->issuer)
		build_ext_aia(&out, urls->ocsp, urls->issuer);
	if (urls->crl)
		build_ext_crl_url(
			&out, OID_CE_CRL_DISTRIBUTION_POINTS, urls->crl);
	view = der_out_view(&out);
	if (!view.data)
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "extensions do not fit");
	rc = build_copy(view, &b->ext_back, err);
	if (rc != DEVID_OK)
		return rc;
	out = der_out_init(buf, sizeof(buf));
	build_ext_key_usage(&out, BUILD_KU_DIGITAL_SIGNATURE);
	build_ext_aki(&out, b->key_id, b->key_id_len);
	view = der_out_view(&out);
	if (!view.data)
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "extensions do not fit");
	return build_copy(view, &b->ext_front, err);
}

/* RFC 5280 4.2.1.1: the issuer's own subjectKeyIdentifier. */
static enum devid_err make_key_id(
	struct build_issuer *b, struct devid_error *err)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(b->cert);
	int len = ski ? ASN1_STRING_length(ski) : 0;

	if (!ski) {
		b->key_id_len = BUILD_KEY_ID;
		return build_key_id(b->signer->public_key, b->key_id, err);
	}
	if (len < 1 || (size_t)len > sizeof(b->key_id))
		return devid_fail(err, DEVID_ERR_INVALID,
			"issuer: subjectKeyIdentifier has %d octets", len);
	memcpy(b->key_id, ASN1_STRING_get0_data(ski), (size_t)len);
	b->key_id_len = (size_t)len;
	return DEVID_OK;
}

static enum devid_err make_name(struct build_issuer *b, struct devid_error *err)
{
	struct view name;

	if (X509_NAME_get0_der(
		    X509_get_subject_name(b->cert), &name.data, &name.len) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "issuer: name not readable");
	return build_copy(name, &b->name, err);
}

enum devid_err build_issuer_new(X509 *cert, struct signer *signer,
	const struct build_urls *urls, struct build_issuer **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_issuer)
	struct build_issuer *b = calloc(1, sizeof(*b));
	enum devid_err rc;

	if (!b)
		return fail_no_memory(err);
	if (EVP_PKEY_eq(X509_get0_pubkey(cert), signer->public_key) != 1)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"issuer: the certificate is for another key than the "
			"one that signs");
	b->signer = signer;
	b->cert = X509_dup(cert);
	if (!b->cert)
		return fail_no_memory(err);
	rc = signer_algorithm(signer->public_key, &b->alg, err);
	if (rc == DEVID_OK)
		rc = make_name(b, err);
	if (rc == DEVID_OK)
		rc = make_key_id(b, err);
	if (rc == DEVID_OK)
		rc = make_extensions(b, urls, err);
	if (rc == DEVID_OK)
		*ret = STEAL(b);
	return rc;
}

void build_issuer_free(struct build_issuer *issuer)
{
	if (!issuer)
		return;
	X509_free(issuer->cert);
	blob_done(&issuer->name);
	blob_done(&issuer->ext_front);
	blob_done(&issuer->ext_back);
	free(issuer);
}

/* X.520 6.2.9: PrintableString (X.680 41.4) of 1 to 64 characters. */
static bool is_serial(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= BUILD_NAME_MAX &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz"
			    "0123456789 '()+,-./:=?") == len &&
	       strspn(text, " ") < len;
}

/* What the profile of a DevID would refuse; the proof has judged the rest. */
static enum devid_err check_devid(
	const struct build_devid *what, struct devid_error *err)
{
	if (!is_serial(what->serial))
		return devid_fail(err, DEVID_ERR_INVALID,
			"device serial number: not 1 to %d characters of "
			"PrintableString (X.520 6.2.9)",
			BUILD_NAME_MAX);
	if (what->model[0] && !build_is_text(what->model))
		return devid_fail(err, DEVID_ERR_INVALID,
			"device model: not 1 to %d characters of UTF-8",
			BUILD_NAME_MAX);
	if (!what->hw_serial[0])
		return devid_fail(err, DEVID_ERR_INVALID, "hwSerialNum: empty");
	if ((what->cert_serial[0] & 0xc0) != 0x40)
		return devid_fail(err, DEVID_ERR_INVALID,
			"certificate serial number: not of build_serial()");
	if (!der_is_object(what->spki->data, what->spki->len))
		return devid_fail(err, DEVID_ERR_INVALID,
			"public key: not a DER SubjectPublicKeyInfo");
	return DEVID_OK;
}

/* Closes otherName { type-id, [0] EXPLICIT SEQUENCE { ... } }, RFC 5280
 * 4.2.1.6, around what was written since @mark. */
static void close_other_name(struct der_out *out, enum oid type, size_t mark)
{
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_wrap(out, DER_CONTEXT(0), mark);
	build_oid(out, type);
	der_out_wrap(out, DER_CONTEXT(0), mark);
}

static void put_san(struct der_out *out, const struct build_devid *what)
{
	size_t mark = der_out_mark(out), name = mark;
	char hex[2 * 32 + 1];

	hex_encode(what->ek_fingerprint, 32, hex);
	build_oid(out, OID_TCG_ON_EK_PERM_ID_SHA256);
	der_out_element(out, DER_UTF8_STRING, hex, sizeof(hex) - 1);
	close_other_name(out, OID_ON_PERMANENT_IDENTIFIER, name);
	name = der_out_mark(out);
	der_out_element(out, DER_OCTET_STRING, what->hw_serial,
		strlen(what->hw_serial));
	build_oid(out, OID_TCG_TPM20);
	close_other_name(out, OID_ON_HW_MODULE_NAME, name);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_SUBJECT_ALT_NAME, false, mark);
}

static void put_policy(struct der_out *out, enum oid policy)
{
	size_t mark = der_out_mark(out);

	build_oid(out, policy);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

static void put_policies(struct der_out *out, enum key_role role)
{
	size_t mark = der_out_mark(out);

	put_policy(out, role == KEY_ROLE_IAK ? OID_TCG_CAP_RESTRICTED
					     : OID_TCG_CAP_FIXED);
	put_policy(out, OID_TCG_CAP_RESIDENCY);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_CERTIFICATE_POLICIES, false, mark);
}

/* Name of CN (model, when there is one) and serialNumber. */
static struct view make_subject(
	struct der_out *out, const struct build_devid *what)
{
	build_rdn(out, OID_AT_SERIAL_NUMBER, TAG_PRINTABLE, what->serial);
	if (what->model[0])
		build_rdn(
			out, OID_AT_COMMON_NAME, DER_UTF8_STRING, what->model);
	der_out_wrap(out, DER_SEQUENCE, 0);
	return der_out_view(out);
}

enum devid_err build_devid(struct build_issuer *issuer,
	const struct build_devid *what, struct blob *ret,
	struct devid_error *err)
{
	uint8_t buf[BUILD_TBS_MAX], name[512];
	struct der_out out = der_out_init(buf, sizeof(buf));
	struct der_out subject = der_out_init(name, sizeof(name));
	struct build_tbs tbs = { .serial = what->cert_serial,
		.alg = issuer->alg,
		.issuer = blob_view(&issuer->name),
		.spki = { what->spki->data, what->spki->len },
		.not_before = what->not_before };
	enum devid_err rc = check_devid(what, err);

	if (rc != DEVID_OK)
		return rc;
	tbs.subject = make_subject(&subject, what);
	if (!tbs.subject.data)
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "subject does not fit");
	der_out_bytes(&out, issuer->ext_back.data, issuer->ext_back.len);
	put_san(&out, what);
	put_policies(&out, what->role);
	der_out_bytes(&out, issuer->ext_front.data, issuer->ext_front.len);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	der_out_wrap(&out, DER_CONTEXT(3), 0);
	build_tbs(&out, &tbs);
	return build_sign(issuer->signer, &out, ret, err);
}
