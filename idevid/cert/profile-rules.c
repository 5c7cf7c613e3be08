/* SPDX-License-Identifier: Apache-2.0 */
#include "profile-rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "alg-name.h"

#define NOT_AFTER_NEVER   "99991231235959Z"
#define SERIAL_OCTETS_MIN 8   /* 64 bits, TCG/HPE certificate profile */
#define SERIAL_BITS_MAX   160 /* RFC 5280 4.1.2.2: 20 octets */
#define KEY_ID_MAX        64  /* octets of a keyIdentifier; a limit of ours */

/* Says why in @detail and gives FAIL, so that `return fail(...)` reads. */
__attribute__((format(printf, 2, 3))) static enum devid_verdict fail(
	char detail[DEVID_DETAIL_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, DEVID_DETAIL_MAX, fmt, ap); /* may cut */
	va_end(ap);
	return DEVID_FAIL;
}

/* RFC 5280 4.1.2.1: extensions need version 3. */
enum devid_verdict rules_version(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->cert.version != 3)
		return fail(detail, "version is %u", in->cert.version);
	return DEVID_PASS;
}

/* RFC 5280 4.1.2.2, X.690 8.3.2 */
enum devid_verdict rules_serial_positive(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	struct view s = in->cert.serial;
	bool padded;

	if (s.len == 0)
		return fail(detail, "serialNumber is empty");
	if (s.data[0] & 0x80)
		return fail(detail, "serialNumber is negative");
	if (s.len == 1 && s.data[0] == 0)
		return fail(detail, "serialNumber is zero");
	padded = s.data[0] == 0;
	if (padded && !(s.data[1] & 0x80))
		return fail(detail, "serialNumber is not in shortest form");
	if ((s.len - padded) * 8 > SERIAL_BITS_MAX)
		return fail(detail, "serialNumber has %zu octets", s.len);
	return DEVID_PASS;
}

enum devid_verdict rules_serial_length(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct view *serial = &in->cert.serial;
	size_t len = serial->len;

	/* X.690 8.3: an octet 0 before one with its high bit set is the sign,
	 * and no part of the number. */
	if (len > 1 && serial->data[0] == 0)
		len--;
	if (len < SERIAL_OCTETS_MIN)
		return fail(detail, "serialNumber has only %zu octets", len);
	return DEVID_PASS;
}

/* RFC 5280 4.1.1.2: tbsCertificate.signature equals signatureAlgorithm. */
enum devid_verdict rules_signature_equal(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	struct view a = in->cert.inner_alg, b = in->cert.outer_alg;

	if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
		return fail(detail, "inner and outer algorithm differ");
	return DEVID_PASS;
}

static const struct {
	enum oid oid;
	bool null_params; /* RFC 4055 5: NULL; RFC 5758 3.2: absent */
	bool in_suite;
	const char *name;
} signature_algs[] = {
	{ OID_SHA256_WITH_RSA, true, true, "RSA with SHA-256" },
	{ OID_SHA384_WITH_RSA, true, false, "RSA with SHA-384" },
	{ OID_SHA512_WITH_RSA, true, false, "RSA with SHA-512" },
	{ OID_ECDSA_SHA256, false, true, "ECDSA with SHA-256" },
	{ OID_ECDSA_SHA384, false, true, "ECDSA with SHA-384" },
	{ OID_ECDSA_SHA512, false, false, "ECDSA with SHA-512" },
};

/* Index into signature_algs of the certificate's signature, or -1. */
static int find_signature_alg(const struct cert_view *cert)
{
	struct view whole = cert->outer_alg, seq, oid;

	if (!der_take_tag(&whole, DER_SEQUENCE, &seq) ||
		!der_take_tag(&seq, DER_OID, &oid))
		return -1;
	for (size_t i = 0;
		i < sizeof(signature_algs) / sizeof(signature_algs[0]); i++) {
		bool null =
			seq.len == 2 && seq.data[0] == 5 && seq.data[1] == 0;

		if (oid_is(oid, signature_algs[i].oid) &&
			(signature_algs[i].null_params ? null : seq.len == 0))
			return (int)i;
	}
	return -1;
}

enum devid_verdict rules_signature_strength(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	char name[ALG_NAME_MAX];

	if (find_signature_alg(&in->cert) >= 0)
		return DEVID_PASS;
	alg_name(in->cert.outer_alg, name);
	return fail(detail,
		"issuer signed by %s, not by RSA PKCS#1 or ECDSA with "
		"SHA-256, SHA-384 or SHA-512",
		name);
}

enum devid_verdict rules_signature_suite(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	int i = find_signature_alg(&in->cert);

	if (i < 0)
		return DEVID_NOT_APPLICABLE;
	if (!signature_algs[i].in_suite)
		return fail(
			detail, "issuer signed by %s", signature_algs[i].name);
	return DEVID_PASS;
}

enum devid_verdict rules_key_strength(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	char name[ALG_NAME_MAX];

	if (in->key_bits)
		return DEVID_PASS;
	switch (in->key_type) {
	case RULES_KEY_RSA:
		return fail(detail, "RSA key is weak or malformed");
	case RULES_KEY_EC:
		return fail(detail, "EC key is not an uncompressed point of "
				    "P-256, P-384 or P-521");
	case RULES_KEY_OTHER:
		break;
	}
	alg_name_of_key(in->cert.spki, name);
	return fail(detail,
		"key's algorithm is %s, not rsaEncryption or id-ecPublicKey",
		name);
}

enum devid_verdict rules_key_suite(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (!in->key_bits)
		return DEVID_NOT_APPLICABLE;
	if (in->key_type == RULES_KEY_RSA ? in->key_bits == 2048
					  : in->key_bits <= 384)
		return DEVID_PASS;
	return fail(detail, "key is %s of %u bits",
		in->key_type == RULES_KEY_RSA ? "RSA" : "EC", in->key_bits);
}

enum devid_verdict rules_issuer_name(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->cert.issuer.len == 0)
		return fail(detail, "issuer is empty");
	return DEVID_PASS;
}

static bool is_leap_year(unsigned y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static unsigned two_digits(const uint8_t *p)
{
	return (p[0] - (unsigned)'0') * 10 + (p[1] - (unsigned)'0');
}

/* Why @t breaks RFC 5280 4.1.2.5.1 and .2, or NULL. */
static const char *time_fault(const struct cert_time *t)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool utc = t->tag == CERT_TAG_UTC_TIME;
	size_t want = utc ? 13 : 15;
	const uint8_t *p = t->text.data;
	unsigned year, month, day;

	if (t->text.len != want || p[want - 1] != 'Z')
		return "is not to the second in Z";
	for (size_t i = 0; i < want - 1; i++) {
		if (p[i] < '0' || p[i] > '9')
			return "holds what is no digit";
	}
	year = two_digits(p);
	if (utc)
		year += year < 50 ? 2000 : 1900;
	else
		year = year * 100 + two_digits(p + 2);
	if (!utc && year < 2050)
		return "is a GeneralizedTime before 2050";
	p += want - 11;
	month = two_digits(p);
	day = two_digits(p + 2);
	if (month < 1 || month > 12 || day < 1 ||
		day > days[month - 1] +
				(month == 2 && is_leap_year(year) ? 1u : 0) ||
		two_digits(p + 4) > 23 || two_digits(p + 6) > 59 ||
		two_digits(p + 8) > 59)
		return "is no date";
	return NULL;
}

enum devid_verdict rules_validity_encoding(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const char *before = time_fault(&in->cert.not_before);
	const char *after = time_fault(&in->cert.not_after);

	if (before)
		return fail(detail, "notBefore %s", before);
	if (after)
		return fail(detail, "notAfter %s", after);
	return DEVID_PASS;
}

enum devid_verdict rules_not_after(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_time *t = &in->cert.not_after;

	if (time_fault(t) || in->kind == DEVID_PROFILE_LDEVID)
		return DEVID_NOT_APPLICABLE;
	if (t->text.len == strlen(NOT_AFTER_NEVER) &&
		memcmp(t->text.data, NOT_AFTER_NEVER, t->text.len) == 0)
		return DEVID_PASS;
	return fail(detail, "the identity ends: notAfter is %.*s",
		(int)t->text.len, (const char *)t->text.data);
}

/* 802.1AR 8.6; X.520 6.2.9 (ub-serial-number 64) */
enum devid_verdict rules_subject_serial(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	struct view v = { 0 };
	bool visible = false;
	uint8_t tag;
	size_t n = cert_name_find(
		in->cert.subject, OID_AT_SERIAL_NUMBER, &tag, &v);

	if (n == 0 && in->kind == DEVID_PROFILE_LDEVID)
		return DEVID_NOT_APPLICABLE;
	if (n != 1)
		return fail(detail, "subject holds %zu serialNumbers", n);
	if (tag != CERT_TAG_PRINTABLE && tag != DER_UTF8_STRING)
		return fail(detail, "serialNumber has string type 0x%02x", tag);
	if (v.len >= DEVID_NAME_MAX)
		return fail(detail, "serialNumber has %zu characters", v.len);
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] < 0x20 || v.data[i] > 0x7e)
			return fail(detail, "serialNumber holds octet 0x%02x",
				v.data[i]);
		visible |= v.data[i] != ' ';
	}
	if (!visible)
		return fail(detail, "serialNumber is empty");
	return DEVID_PASS;
}

/* X.520 6.2.9: PrintableString; its alphabet is X.680 41.4. */
enum devid_verdict rules_subject_serial_type(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789 '()+,-./:=?";
	struct view v = { 0 };
	uint8_t tag;

	if (rules_subject_serial(in, detail) != DEVID_PASS) {
		detail[0] = '\0'; /* the other rule says it */
		return DEVID_NOT_APPLICABLE;
	}
	(void)cert_name_find(/* found once, just above */
		in->cert.subject, OID_AT_SERIAL_NUMBER, &tag, &v);
	if (tag != CERT_TAG_PRINTABLE)
		return fail(detail, "serialNumber is not a PrintableString");
	for (size_t i = 0; i < v.len; i++) {
		if (!memchr(alphabet, v.data[i], sizeof(alphabet) - 1))
			return fail(detail, "'%c' is not of PrintableString",
				v.data[i]);
	}
	return DEVID_PASS;
}

/* RFC 5280 4.1.2.8 */
enum devid_verdict rules_no_unique_id(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->cert.has_unique_id)
		return fail(detail, "a UniqueID field is present");
	return DEVID_PASS;
}

/* RFC 5280 4.2: at most one instance of an extension. */
enum devid_verdict rules_extension_unique(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_ext *ext = in->cert.ext;
	char text[OID_TEXT_MAX] = "an unreadable one";

	for (size_t i = 0; i < in->cert.n_ext; i++) {
		for (size_t j = 0; j < i; j++) {
			if (ext[i].oid.len != ext[j].oid.len ||
				memcmp(ext[i].oid.data, ext[j].oid.data,
					ext[i].oid.len) != 0)
				continue;
			(void)oid_to_text(ext[i].oid, text); /* or as set */
			return fail(detail, "extension %s twice", text);
		}
	}
	return DEVID_PASS;
}

/* RFC 5280 4.2: refuse a critical extension that is not processed. */
enum devid_verdict rules_extension_critical(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	static const enum oid processed[] = { OID_CE_SUBJECT_KEY_ID,
		OID_CE_KEY_USAGE, OID_CE_SUBJECT_ALT_NAME,
		OID_CE_BASIC_CONSTRAINTS, OID_CE_CERTIFICATE_POLICIES,
		OID_CE_AUTHORITY_KEY_ID, OID_CE_EXT_KEY_USAGE };
	char text[OID_TEXT_MAX] = "of unreadable name";

	for (size_t i = 0; i < in->cert.n_ext; i++) {
		const struct cert_ext *ext = &in->cert.ext[i];
		bool known = false;

		for (size_t j = 0; j < sizeof(processed) / sizeof(processed[0]);
			j++)
			known |= oid_is(ext->oid, processed[j]);
		if (known || !ext->critical)
			continue;
		(void)oid_to_text(ext->oid, text); /* or as set */
		return fail(detail, "critical extension %s", text);
	}
	return DEVID_PASS;
}

/* X.690 11.5: a value equal to its DEFAULT is left out. */
enum devid_verdict rules_extension_defaults(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_ext *bc =
		cert_get_ext(&in->cert, OID_CE_BASIC_CONSTRAINTS);

	for (size_t i = 0; i < in->cert.n_ext; i++) {
		if (in->cert.ext[i].default_encoded)
			return fail(detail, "critical FALSE is written out");
	}
	if (bc && bc->value.len == 5 &&
		memcmp(bc->value.data, "\x30\x03\x01\x01\x00", 5) == 0)
		return fail(detail, "cA FALSE is written out");
	return DEVID_PASS;
}

/* 802.1AR 8.10.1, RFC 5280 4.2.1.1 */
enum devid_verdict rules_authority_key_id(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_ext *ext =
		cert_get_ext(&in->cert, OID_CE_AUTHORITY_KEY_ID);
	struct view value, seq, id, other;

	if (!ext)
		return fail(detail, "authorityKeyIdentifier is absent");
	if (ext->critical)
		return fail(detail, "authorityKeyIdentifier is critical");
	value = ext->value;
	if (!der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0)
		return fail(detail, "authorityKeyIdentifier is malformed");
	if (!der_take_tag(&seq, DER_CONTEXT_PRIM(0), &id))
		return fail(detail, "keyIdentifier is absent");
	if (id.len == 0 || id.len > KEY_ID_MAX)
		return fail(detail, "keyIdentifier has %zu octets", id.len);
	/* authorityCertIssuer and authorityCertSerialNumber go together */
	if (der_take_tag(&seq, DER_CONTEXT(1), &other) !=
			der_take_tag(&seq, DER_CONTEXT_PRIM(2), &other) ||
		seq.len != 0)
		return fail(detail, "authorityKeyIdentifier is malformed");
	return DEVID_PASS;
}
