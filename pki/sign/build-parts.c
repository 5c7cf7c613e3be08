/* SPDX-License-Identifier: Apache-2.0 */
#include "build-parts.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert-time.h"
#include "cleanup.h"
#include "der.h"
#include "fail.h"

#define TAG_BOOLEAN          0x01
#define TAG_UTC_TIME         0x17
#define TAG_GENERALIZED_TIME 0x18
#define TAG_URI              DER_CONTEXT_PRIM(6) /* GeneralName */

/* 2050-01-01, from when on times are GeneralizedTime */
#define YEAR_2050 INT64_C(2524608000)

void build_oid(struct der_out *out, enum oid oid)
{
	struct view der = oid_der(oid);

	der_out_bytes(out, der.data, der.len);
}

void build_ext(struct der_out *out, enum oid oid, bool critical, size_t mark)
{
	static const uint8_t yes = 0xff; /* X.690 11.1 */

	der_out_wrap(out, DER_OCTET_STRING, mark);
	if (critical)
		der_out_element(out, TAG_BOOLEAN, &yes, 1);
	build_oid(out, oid);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

void build_ext_aki(struct der_out *out, const uint8_t *id, size_t len)
{
	size_t mark = der_out_mark(out);

	der_out_element(out, DER_CONTEXT_PRIM(0), id, len);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_AUTHORITY_KEY_ID, false, mark);
}

void build_ext_key_usage(struct der_out *out, unsigned bits)
{
	size_t mark = der_out_mark(out);
	/* X.690 11.2.2: trailing zero bits are unused ones */
	uint8_t content[2] = { (uint8_t)__builtin_ctz(bits), (uint8_t)bits };

	der_out_element(out, DER_BIT_STRING, content, sizeof(content));
	build_ext(out, OID_CE_KEY_USAGE, true, mark);
}

void build_ext_crl_url(struct der_out *out, enum oid oid, const char *url)
{
	size_t mark = der_out_mark(out);

	der_out_element(out, TAG_URI, url, strlen(url));
	der_out_wrap(out, DER_CONTEXT(0), mark); /* fullName */
	der_out_wrap(out, DER_CONTEXT(0), mark); /* distributionPoint */
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, oid, false, mark);
}

static void access_description(
	struct der_out *out, enum oid method, const char *url)
{
	size_t mark = der_out_mark(out);

	der_out_element(out, TAG_URI, url, strlen(url));
	build_oid(out, method);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

void build_ext_aia(struct der_out *out, const char *ocsp, const char *issuer)
{
	size_t mark = der_out_mark(out);

	if (issuer)
		access_description(out, OID_AD_CA_ISSUERS, issuer);
	if (ocsp)
		access_description(out, OID_AD_OCSP, ocsp);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_PE_AUTHORITY_INFO_ACCESS, false, mark);
}

void build_rdn(struct der_out *out, enum oid oid, uint8_t tag, const char *text)
{
	size_t mark = der_out_mark(out);

	der_out_element(out, tag, text, strlen(text));
	build_oid(out, oid);
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_wrap(out, DER_SET, mark);
}

bool build_is_text(const char *text)
{
	size_t len = strnlen(text, 4 * BUILD_NAME_MAX + 1), n = 0;

	if (len > 4 * BUILD_NAME_MAX) /* UTF-8 has at most 4 per character */
		return false;
	while (len > 0) {
		unsigned long c;
		int used = UTF8_getc((const unsigned char *)text, (int)len, &c);

		/* C1 controls as well: they drive terminals */
		if (used <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) ||
			++n > BUILD_NAME_MAX)
			return false;
		text += used;
		len -= (size_t)used;
	}
	return n > 0;
}

enum devid_err build_name(struct der_out *out, const char *org, const char *cn,
	struct devid_error *err)
{
	size_t mark = der_out_mark(out);

	if (!cn || !build_is_text(cn))
		return devid_fail(err, DEVID_ERR_INVALID,
			"name: commonName is not 1 to %d characters of UTF-8",
			BUILD_NAME_MAX);
	if (org && org[0] && !build_is_text(org))
		return devid_fail(err, DEVID_ERR_INVALID,
			"name: organization is not 1 to %d characters of UTF-8",
			BUILD_NAME_MAX);
	build_rdn(out, OID_AT_COMMON_NAME, DER_UTF8_STRING, cn);
	if (org && org[0])
		build_rdn(out, OID_AT_ORGANIZATION, DER_UTF8_STRING, org);
	der_out_wrap(out, DER_SEQUENCE, mark);
	return DEVID_OK;
}

static char *two_digits(char *p, int value)
{
	p[0] = (char)('0' + value / 10);
	p[1] = (char)('0' + value % 10);
	return p + 2;
}

/* "YYYYMMDDHHMMSSZ" in @text; false when @when is not in years 0 to 9999.
 * Not strftime(): 100,000 of them are in a list. */
static bool time_text(int64_t when, char text[15])
{
	struct tm tm;
	char *p = text;

	if (!pki_time_utc(when, &tm))
		return false;
	p = two_digits(p, (tm.tm_year + 1900) / 100);
	p = two_digits(p, tm.tm_year % 100);
	p = two_digits(p, tm.tm_mon + 1);
	p = two_digits(p, tm.tm_mday);
	p = two_digits(p, tm.tm_hour);
	p = two_digits(p, tm.tm_min);
	p = two_digits(p, tm.tm_sec);
	*p = 'Z';
	return true;
}

void build_generalized_time(struct der_out *out, int64_t when)
{
	char text[15];

	if (!time_text(when, text))
		out->full = true;
	else
		der_out_element(out, TAG_GENERALIZED_TIME, text, sizeof(text));
}

void build_time(struct der_out *out, int64_t when)
{
	char text[15];

	if (!time_text(when, text))
		out->full = true;
	else if (when < YEAR_2050)
		der_out_element(out, TAG_UTC_TIME, text + 2, sizeof(text) - 2);
	else
		der_out_element(out, TAG_GENERALIZED_TIME, text, sizeof(text));
}

void build_validity(struct der_out *out, int64_t not_before, int64_t not_after)
{
	size_t mark = der_out_mark(out);

	build_time(out, not_after ? not_after : PKI_TIME_NEVER);
	build_time(out, not_before);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

void build_tbs(struct der_out *out, const struct build_tbs *tbs)
{
	static const uint8_t version3[] = { DER_CONTEXT(0), 3, DER_INTEGER, 1,
		2 };

	der_out_bytes(out, tbs->spki.data, tbs->spki.len);
	der_out_bytes(out, tbs->subject.data, tbs->subject.len);
	build_validity(out, tbs->not_before, tbs->not_after);
	der_out_bytes(out, tbs->issuer.data, tbs->issuer.len);
	der_out_bytes(out, tbs->alg.data, tbs->alg.len);
	der_out_element(out, DER_INTEGER, tbs->serial, SERIAL_LEN);
	der_out_bytes(out, version3, sizeof(version3));
	der_out_wrap(out, DER_SEQUENCE, 0);
}

enum devid_err build_key_id(
	const EVP_PKEY *key, uint8_t ret[BUILD_KEY_ID], struct devid_error *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	struct view spki, alg, bits;
	bool good;

	if (len <= 0)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "key: cannot be encoded");
	spki = (struct view) { der, (size_t)len };
	good = der_take_tag(&spki, DER_SEQUENCE, &spki) &&
	       der_take_tag(&spki, DER_SEQUENCE, &alg) &&
	       der_take_tag(&spki, DER_BIT_STRING, &bits) && bits.len > 1 &&
	       SHA1(bits.data + 1, bits.len - 1, ret);
	OPENSSL_free(der);
	return good ? DEVID_OK
		    : devid_fail(err, DEVID_ERR_CRYPTO,
			      "key: its identifier cannot be made");
}

enum devid_err build_copy(
	struct view data, struct blob *ret, struct devid_error *err)
{
	uint8_t *copy = malloc(data.len ? data.len : 1);

	if (!copy)
		return fail_no_memory(err);
	if (data.len)
		memcpy(copy, data.data, data.len);
	*ret = (struct blob) { copy, data.len };
	return DEVID_OK;
}

enum devid_err build_sign(struct signer *signer, const struct der_out *out,
	struct blob *ret, struct devid_error *err)
{
	const struct view tbs = der_out_view(out), no_more = { NULL, 0 };

	if (!tbs.data)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"what is to be signed does not fit, or holds a time "
			"that no certificate can");
	return signer_wrap(signer, tbs, no_more, ret, err);
}
