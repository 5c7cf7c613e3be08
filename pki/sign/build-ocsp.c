/* SPDX-License-Identifier: Apache-2.0 */
#include "build-ocsp.h"

#include <stdlib.h>
#include <string.h>

#include "build-parts.h"
#include "build.h"
#include "cleanup.h"
#include "der.h"
#include "fail.h"

#define TAG_ENUMERATED 0x0a

static void cleanup_ossl(unsigned char **p)
{
	OPENSSL_free(*p);
}

/* CertStatus */
static void put_status(struct der_out *out, const struct build_ocsp *what)
{
	size_t mark = der_out_mark(out);

	switch (what->status) {
	case OCSP_GOOD:
		der_out_element(out, DER_CONTEXT_PRIM(0), NULL, 0);
		return;
	case OCSP_UNKNOWN:
		der_out_element(out, DER_CONTEXT_PRIM(2), NULL, 0);
		return;
	case OCSP_REVOKED:
		break;
	}
	if (what->reason > 0) {
		der_out_uint(out, TAG_ENUMERATED, (uint64_t)what->reason);
		der_out_wrap(out, DER_CONTEXT(0), mark);
	}
	build_generalized_time(out, what->when);
	der_out_wrap(out, DER_CONTEXT(1), mark);
}

static void put_nonce(struct der_out *out, const struct build_ocsp *what)
{
	size_t mark = der_out_mark(out);

	der_out_element(
		out, DER_OCTET_STRING, what->nonce.data, what->nonce.len);
	build_ext(out, OID_OCSP_NONCE, false, mark);
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_wrap(out, DER_CONTEXT(1), mark);
}

/* ResponseData */
static void put_data(struct der_out *out, const struct build_ocsp *what,
	const uint8_t key_id[BUILD_KEY_ID])
{
	size_t mark, next;

	if (what->nonce.data)
		put_nonce(out, what);
	mark = der_out_mark(out);
	next = mark;
	build_generalized_time(out, what->next_update);
	der_out_wrap(out, DER_CONTEXT(0), next);
	build_generalized_time(out, what->this_update);
	put_status(out, what);
	der_out_bytes(out, what->cert_id.data, what->cert_id.len);
	der_out_wrap(out, DER_SEQUENCE, mark); /* SingleResponse */
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_generalized_time(out, what->this_update); /* producedAt */
	mark = der_out_mark(out);
	der_out_element(out, DER_OCTET_STRING, key_id, BUILD_KEY_ID);
	der_out_wrap(out, DER_CONTEXT(2), mark); /* byKey */
	der_out_wrap(out, DER_SEQUENCE, 0);
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate; nothing when there is none. */
static enum devid_err make_certs(
	X509 *cert, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_ossl) unsigned char *der = NULL;
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct der_out out;
	size_t len;
	int n;

	*ret = (struct blob) { NULL, 0 };
	if (!cert)
		return DEVID_OK;
	n = i2d_X509(cert, &der);
	if (n <= 0)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"responder: certificate cannot be encoded");
	len = (size_t)n + 2 * DER_HEADER_MAX;
	buf = malloc(len);
	if (!buf)
		return fail_no_memory(err);
	out = der_out_init(buf, len);
	der_out_bytes(&out, der, (size_t)n);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	der_out_wrap(&out, DER_CONTEXT(0), 0);
	return build_copy(der_out_view(&out), ret, err); /* it did fit */
}

/* OCSPResponse, successful, around a BasicOCSPResponse. */
static enum devid_err wrap_response(
	const struct blob *basic, struct blob *ret, struct devid_error *err)
{
	size_t size = basic->len + 64;
	CLEANUP(cleanup_free) uint8_t *buf = malloc(size);
	struct view view;
	struct der_out out;

	if (!buf)
		return fail_no_memory(err);
	out = der_out_init(buf, size);
	der_out_element(&out, DER_OCTET_STRING, basic->data, basic->len);
	build_oid(&out, OID_OCSP_BASIC);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	der_out_wrap(&out, DER_CONTEXT(0), 0);
	der_out_uint(&out, TAG_ENUMERATED, 0);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	view = der_out_view(&out);
	if (!view.data)
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "OCSP answer: too large");
	return build_copy(view, ret, err);
}

enum devid_err build_ocsp(struct signer *responder, X509 *responder_cert,
	const struct build_ocsp *what, struct blob *ret,
	struct devid_error *err)
{
	uint8_t buf[BUILD_TBS_MAX], key_id[BUILD_KEY_ID];
	struct der_out out = der_out_init(buf, sizeof(buf));
	CLEANUP(blob_done) struct blob certs = { NULL, 0 };
	CLEANUP(blob_done) struct blob basic = { NULL, 0 };
	enum devid_err rc = DEVID_OK;
	struct view tbs;

	if (!what->key_hash)
		rc = build_key_id(responder->public_key, key_id, err);
	if (rc != DEVID_OK)
		return rc;
	put_data(&out, what, what->key_hash ? what->key_hash : key_id);
	tbs = der_out_view(&out);
	if (!tbs.data)
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "OCSP answer: too large");
	rc = make_certs(responder_cert, &certs, err);
	if (rc == DEVID_OK)
		rc = signer_wrap(
			responder, tbs, blob_view(&certs), &basic, err);
	return rc == DEVID_OK ? wrap_response(&basic, ret, err) : rc;
}
