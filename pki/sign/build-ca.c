/* SPDX-License-Identifier: Apache-2.0 */
#include "build-ca.h"

#include <openssl/evp.h>
#include <string.h>

#include "build-cert.h"
#include "build-parts.h"
#include "build.h"
#include "cleanup.h"
#include "der.h"

#define TAG_NULL    0x05
#define TAG_BOOLEAN 0x01

static void cleanup_ossl(unsigned char **p)
{
	OPENSSL_free(*p);
}

static void put_basic_constraints(struct der_out *out, int pathlen)
{
	static const uint8_t yes = 0xff;
	size_t mark = der_out_mark(out);

	if (pathlen >= 0)
		der_out_uint(out, DER_INTEGER, (uint64_t)pathlen);
	der_out_element(out, TAG_BOOLEAN, &yes, 1);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_BASIC_CONSTRAINTS, true, mark);
}

/* RFC 6960 4.2.2.2, 4.2.2.2.1: a responder that the CA delegates to; that
 * it is not itself looked up, its short life is for. */
static void put_ocsp_signer(struct der_out *out)
{
	size_t mark = der_out_mark(out);

	der_out_element(out, TAG_NULL, NULL, 0);
	build_ext(out, OID_OCSP_NO_CHECK, false, mark);
	mark = der_out_mark(out);
	build_oid(out, OID_KP_OCSP_SIGNING);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_EXT_KEY_USAGE, false, mark);
	build_ext_key_usage(out, BUILD_KU_DIGITAL_SIGNATURE);
}

static void put_ca(struct der_out *out, int pathlen)
{
	unsigned usage = BUILD_KU_CERT_SIGN | BUILD_KU_CRL_SIGN;

	/* One that issues to devices may have to sign OCSP answers itself. */
	if (pathlen == 0)
		usage |= BUILD_KU_DIGITAL_SIGNATURE;
	build_ext_key_usage(out, usage);
	put_basic_constraints(out, pathlen);
}

static enum devid_err put_extensions(struct der_out *out,
	const struct build_issuer *issuer, const struct build_ca *what,
	struct devid_error *err)
{
	uint8_t id[BUILD_KEY_ID];
	enum devid_err rc = build_key_id(what->key, id, err);
	size_t mark;

	if (rc != DEVID_OK)
		return rc;
	if (issuer)
		der_out_bytes(out, issuer->ext_back.data, issuer->ext_back.len);
	if (what->ocsp_signer)
		put_ocsp_signer(out);
	else
		put_ca(out, what->pathlen);
	if (issuer)
		build_ext_aki(out, issuer->key_id, issuer->key_id_len);
	else
		build_ext_aki(out, id, sizeof(id));
	mark = der_out_mark(out);
	der_out_element(out, DER_OCTET_STRING, id, sizeof(id));
	build_ext(out, OID_CE_SUBJECT_KEY_ID, false, mark);
	der_out_wrap(out, DER_SEQUENCE, 0);
	der_out_wrap(out, DER_CONTEXT(3), 0);
	return DEVID_OK;
}

static enum devid_err get_subject(struct der_out *out,
	const struct build_ca *what, struct view *ret, struct devid_error *err)
{
	const unsigned char *der;
	enum devid_err rc;
	size_t len;

	if (!what->subject) {
		rc = build_name(out, what->org, what->cn, err);
		if (rc != DEVID_OK)
			return rc;
	} else {
		if (X509_NAME_get0_der(what->subject, &der, &len) != 1 ||
			X509_NAME_entry_count(what->subject) == 0)
			return devid_fail(err, DEVID_ERR_INVALID,
				"subject: empty or not readable");
		der_out_bytes(out, der, len);
	}
	*ret = der_out_view(out);
	return ret->data ? DEVID_OK
			 : devid_fail(err, DEVID_ERR_TOO_LARGE,
				   "subject: too long");
}

static enum devid_err check_ca(const struct build_issuer *issuer,
	const struct signer *self, const struct build_ca *what,
	struct devid_error *err)
{
	if (!issuer && EVP_PKEY_eq(self->public_key, what->key) != 1)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"self-signed: the key is not the one that signs");
	if (signer_nid(what->key) == NID_undef)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"subject: its key is not P-256, P-384, RSA-2048 or "
			"RSA-4096");
	if (what->not_after && what->not_after <= what->not_before)
		return devid_fail(err, DEVID_ERR_INVALID,
			"validity: ends before it begins");
	return DEVID_OK;
}

enum devid_err build_ca(struct build_issuer *issuer, struct signer *self,
	const struct build_ca *what, struct blob *ret, struct devid_error *err)
{
	uint8_t buf[BUILD_TBS_MAX], name[2048], serial[SERIAL_LEN];
	struct der_out out = der_out_init(buf, sizeof(buf));
	struct der_out subject = der_out_init(name, sizeof(name));
	CLEANUP(cleanup_ossl) unsigned char *spki = NULL;
	struct signer *signer = issuer ? issuer->signer : self;
	struct build_tbs tbs = { .serial = serial,
		.not_before = what->not_before,
		.not_after = what->not_after };
	enum devid_err rc = check_ca(issuer, self, what, err);
	int len = rc == DEVID_OK ? i2d_PUBKEY(what->key, &spki) : 0;

	if (rc != DEVID_OK)
		return rc;
	if (len <= 0)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "key: cannot be encoded");
	tbs.spki = (struct view) { spki, (size_t)len };
	rc = build_serial(serial, err);
	if (rc == DEVID_OK)
		rc = get_subject(&subject, what, &tbs.subject, err);
	if (rc == DEVID_OK)
		rc = signer_algorithm(signer->public_key, &tbs.alg, err);
	if (rc == DEVID_OK)
		rc = put_extensions(&out, issuer, what, err);
	if (rc != DEVID_OK)
		return rc;
	tbs.issuer = issuer ? blob_view(&issuer->name) : tbs.subject;
	build_tbs(&out, &tbs);
	return build_sign(signer, &out, ret, err);
}

enum devid_err build_request(struct signer *signer, const char *org,
	const char *cn, struct blob *ret, struct devid_error *err)
{
	uint8_t buf[BUILD_TBS_MAX];
	struct der_out out = der_out_init(buf, sizeof(buf));
	CLEANUP(cleanup_ossl) unsigned char *spki = NULL;
	int len = i2d_PUBKEY(signer->public_key, &spki);
	enum devid_err rc;

	if (len <= 0)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "key: cannot be encoded");
	der_out_element(&out, DER_CONTEXT(0), NULL, 0); /* attributes */
	der_out_bytes(&out, spki, (size_t)len);
	rc = build_name(&out, org, cn, err);
	if (rc != DEVID_OK)
		return rc;
	der_out_uint(&out, DER_INTEGER, 0); /* v1 */
	der_out_wrap(&out, DER_SEQUENCE, 0);
	return build_sign(signer, &out, ret, err);
}
