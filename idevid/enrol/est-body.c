/* SPDX-License-Identifier: Apache-2.0 */
#include "est-body.h"

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "der-write.h"
#include "fail.h"
#include "oid.h"

/* Content of EST_BODY_MAX characters. */
#define DER_MAX (EST_BODY_MAX / 4 * 3)

static void certs_free(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

CLEANUP_DEFINE(cms, CMS_ContentInfo *, CMS_ContentInfo_free)
CLEANUP_DEFINE(certs, STACK_OF(X509) *, certs_free)

/* ---- Base64 ---- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_base64(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* Copies what is no blank to @out; false when something else is in it, or a '='
 * that is none of at most two at the end. */
static bool squeeze(struct view text, uint8_t *out, size_t *ret_n)
{
	size_t n = 0, n_pad = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (is_blank(c))
			continue;
		if (c == '=')
			n_pad++;
		else if (!is_base64(c) || n_pad > 0)
			return false;
		out[n++] = c;
	}
	*ret_n = n;
	return n > 0 && n % 4 == 0 && n_pad <= 2;
}

enum devid_err est_base64_read(
	struct view text, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *plain = NULL;
	CLEANUP(blob_done) struct blob out = { NULL, 0 };
	size_t n;
	int len;

	if (text.len > EST_BODY_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"EST body: %zu bytes, at most %d are taken", text.len,
			EST_BODY_MAX);
	plain = malloc(text.len + 1);
	if (!plain)
		return fail_no_memory(err);
	if (!squeeze(text, plain, &n))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EST body: is not Base64 (RFC 8951 3.1)");
	out.data = malloc(n / 4 * 3 + 1);
	if (!out.data)
		return fail_no_memory(err);
	len = EVP_DecodeBlock(out.data, plain, (int)n);
	if (len < 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EST body: is not Base64 (RFC 8951 3.1)");
	out.len = (size_t)len - (plain[n - 1] == '=') - (plain[n - 2] == '=');
	*ret = blob_take(&out);
	return DEVID_OK;
}

enum devid_err est_base64_write(
	struct view data, struct blob *ret, struct devid_error *err)
{
	uint8_t *text;

	if (data.len == 0 || data.len > DER_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"EST body: %zu bytes to be sent", data.len);
	text = malloc((data.len + 2) / 3 * 4 + 1);
	if (!text)
		return fail_no_memory(err);
	ret->len = (size_t)EVP_EncodeBlock(text, data.data, (int)data.len);
	ret->data = text;
	return DEVID_OK;
}

/* ---- certificates ---- */

static enum devid_err bad_certs(struct devid_error *err, const char *why)
{
	return devid_fail(
		err, DEVID_ERR_SYNTAX, "EST body: %s (RFC 7030 4.1.3)", why);
}

/* Lists that cannot be read are not told apart from none by CMS_get1_certs():
 * what was read whole has been read. */
static enum devid_err take_certs(
	CMS_ContentInfo *cms, STACK_OF(X509) * *ret, struct devid_error *err)
{
	CLEANUP(cleanup_certs) STACK_OF(X509) *certs = CMS_get1_certs(cms);
	int n = certs ? sk_X509_num(certs) : 0;

	if (n == 0)
		return bad_certs(err, "no certificate in it");
	if (n > EST_CERTS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"EST body: %d certificates, at most %d are taken", n,
			EST_CERTS_MAX);
	*ret = STEAL(certs);
	return DEVID_OK;
}

enum devid_err est_certs_read(
	struct view cms, STACK_OF(X509) * *ret, struct devid_error *err)
{
	const uint8_t *p = cms.data;
	CLEANUP(cleanup_cms) CMS_ContentInfo *info = NULL;

	if (cms.len > DER_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"EST body: CMS of %zu bytes", cms.len);
	info = d2i_CMS_ContentInfo(NULL, &p, (long)cms.len);
	if (!info)
		return bad_certs(err, "is no CMS message");
	if (p != cms.data + cms.len)
		return bad_certs(err, "bytes behind the CMS message");
	if (OBJ_obj2nid(CMS_get0_type(info)) != NID_pkcs7_signed)
		return bad_certs(err, "is CMS of another type");
	if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(info)) > 0)
		return bad_certs(err, "has a signer");
	return take_certs(info, ret, err);
}

/*
 * ContentInfo { id-signedData, [0] SignedData { 1, SET {}, { id-data },
 * [0] certificates, SET {} } }
 */
static void put_message(struct der_out *out, const struct view *certs, size_t n)
{
	struct view data = oid_der(OID_CMS_DATA);
	struct view type = oid_der(OID_CMS_SIGNED_DATA);
	size_t mark;

	der_out_element(out, DER_SET, NULL, 0);
	mark = der_out_mark(out);
	while (n > 0) {
		n--;
		der_out_bytes(out, certs[n].data, certs[n].len);
	}
	der_out_wrap(out, DER_CONTEXT(0), mark);
	der_out_element(out, DER_SEQUENCE, data.data, data.len);
	der_out_element(out, DER_SET, NULL, 0);
	der_out_uint(out, DER_INTEGER, 1);
	der_out_wrap(out, DER_SEQUENCE, 0);
	der_out_wrap(out, DER_CONTEXT(0), 0);
	der_out_bytes(out, type.data, type.len);
	der_out_wrap(out, DER_SEQUENCE, 0);
}

enum devid_err est_certs_write(const struct view *certs, size_t n,
	struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct der_out out;
	struct view whole;

	if (n == 0 || n > EST_CERTS_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"EST body: %zu certificates to be sent", n);
	for (size_t i = 0; i < n; i++) {
		if (!der_is_object(certs[i].data, certs[i].len))
			return devid_fail(err, DEVID_ERR_INVALID,
				"EST body: certificate %zu is no DER", i + 1);
	}
	buf = malloc(DER_MAX);
	if (!buf)
		return fail_no_memory(err);
	out = der_out_init(buf, DER_MAX);
	put_message(&out, certs, n);
	whole = der_out_view(&out);
	if (!whole.data)
		return devid_fail(err, DEVID_ERR_INVALID,
			"EST body: certificates above %d bytes", DER_MAX);
	memmove(buf, whole.data, whole.len);
	ret->data = STEAL(buf);
	ret->len = whole.len;
	return DEVID_OK;
}
