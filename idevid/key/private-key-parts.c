/* SPDX-License-Identifier: Apache-2.0 */
#include "private-key-parts.h"

#include <string.h>

#include "oid.h"

#define DER_NULL 0x05

static enum devid_err malformed(struct devid_error *err, const char *what)
{
	return devid_fail(
		err, DEVID_ERR_SYNTAX, "private key: %s: malformed", what);
}

/* A number that is not negative, in its shortest form (X.690 8.3.2), without
 * the zero that keeps it positive; "0" is empty then. */
static bool take_number(struct view *in, struct view *ret)
{
	struct view v;

	if (!der_take_tag(in, DER_INTEGER, &v) || v.len == 0 ||
		v.data[0] & 0x80 ||
		(v.len > 1 && v.data[0] == 0 && !(v.data[1] & 0x80)))
		return false;
	if (v.data[0] == 0) {
		v.data++;
		v.len--;
	}
	*ret = v;
	return true;
}

/* The bits of a BIT STRING's content that fills its last octet. */
static bool take_bits(struct view content, struct view *ret)
{
	if (content.len < 2 || content.data[0] != 0)
		return false;
	*ret = (struct view) { content.data + 1, content.len - 1 };
	return true;
}

/* AlgorithmIdentifier of a key: of RSA NULL or nothing (RFC 8017 A.1), of EC a
 * curve by its name or otherwise (RFC 5480 2.1.1). */
static bool read_algorithm(struct view in, struct pkcs8_parts *ret)
{
	struct view param = { NULL, 0 };
	uint8_t tag = DER_NULL;

	if (!der_take_tag(&in, DER_OID, &ret->algorithm) ||
		(in.len > 0 && !der_take(&in, &tag, &param, NULL)) ||
		in.len > 0)
		return false;
	if (oid_is(ret->algorithm, OID_RSA_ENCRYPTION))
		return tag == DER_NULL && param.len == 0;
	if (tag == DER_OID)
		ret->curve = param;
	return true;
}

/* Behind the private half: attributes, which say nothing here, and the public
 * half, which has a meaning from version 2 on. */
static bool read_rest(struct view in, bool v2, struct pkcs8_parts *ret)
{
	struct view content;
	uint8_t tag = 0;

	if (in.len > 0 && in.data[0] == DER_CONTEXT(0) &&
		!der_take(&in, &tag, &content, NULL))
		return false;
	if (in.len == 0)
		return true;
	return v2 && der_take_tag(&in, DER_CONTEXT_PRIM(1), &content) &&
	       take_bits(content, &ret->public) && in.len == 0;
}

static enum devid_err check_outside(
	struct view in, struct view *ret, struct devid_error *err)
{
	static const char pem[] = "-----BEGIN";

	if (in.len >= sizeof(pem) - 1 &&
		memcmp(in.data, pem, sizeof(pem) - 1) == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"private key: PEM, where DER is to be");
	if (!der_take_tag(&in, DER_SEQUENCE, ret))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"private key: no PKCS#8, or cut short");
	if (in.len > 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"private key: %zu bytes behind it", in.len);
	return DEVID_OK;
}

enum devid_err pkcs8_parts_parse(
	struct view in, struct pkcs8_parts *ret, struct devid_error *err)
{
	struct pkcs8_parts parts = { .algorithm = { NULL, 0 } };
	struct view seq = { NULL, 0 }, version, algorithm;
	enum devid_err rc = check_outside(in, &seq, err);

	if (rc != DEVID_OK)
		return rc;
	/* EncryptedPrivateKeyInfo begins with its algorithm (RFC 5958 3). */
	if (seq.len > 0 && seq.data[0] == DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: encrypted; it is to be decrypted first");
	if (!take_number(&seq, &version) || version.len > 1 ||
		(version.len == 1 && version.data[0] != 1) ||
		!der_take_tag(&seq, DER_SEQUENCE, &algorithm) ||
		!read_algorithm(algorithm, &parts) ||
		!der_take_tag(&seq, DER_OCTET_STRING, &parts.private) ||
		!read_rest(seq, version.len == 1, &parts))
		return malformed(err, "PKCS#8");
	*ret = parts;
	return DEVID_OK;
}

enum devid_err rsa_parts_parse(
	struct view in, struct rsa_parts *ret, struct devid_error *err)
{
	struct rsa_parts parts;
	struct view seq, version;

	if (!der_take_tag(&in, DER_SEQUENCE, &seq) || in.len > 0 ||
		!take_number(&seq, &version) || version.len > 1)
		return malformed(err, "RSA");
	if (version.len == 1)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: RSA of more than two primes");
	for (int i = 0; i < N_RSA_PARTS; i++) {
		if (!take_number(&seq, &parts.number[i]) ||
			parts.number[i].len == 0)
			return malformed(err, "RSA");
	}
	if (seq.len > 0)
		return malformed(err, "RSA");
	*ret = parts;
	return DEVID_OK;
}

/* [0] EXPLICIT: the curve, where it is said again. */
static enum devid_err check_curve(
	struct view *seq, struct view curve, struct devid_error *err)
{
	struct view wrap, again;

	if (seq->len == 0 || seq->data[0] != DER_CONTEXT(0))
		return DEVID_OK;
	if (!der_take_tag(seq, DER_CONTEXT(0), &wrap))
		return malformed(err, "EC");
	if (!der_take_tag(&wrap, DER_OID, &again) || wrap.len > 0 ||
		!view_equal(again, curve))
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"private key: EC: it names two curves");
	return DEVID_OK;
}

enum devid_err ec_parts_parse(struct view in, struct view curve, size_t field,
	struct ec_parts *ret, struct devid_error *err)
{
	struct ec_parts parts = { .point = { NULL, 0 } };
	struct view seq, version, wrap, bits;
	enum devid_err rc;

	if (!der_take_tag(&in, DER_SEQUENCE, &seq) || in.len > 0 ||
		!take_number(&seq, &version) || version.len != 1 ||
		version.data[0] != 1 ||
		!der_take_tag(&seq, DER_OCTET_STRING, &parts.private) ||
		parts.private.len > field)
		return malformed(err, "EC");
	rc = check_curve(&seq, curve, err);
	if (rc != DEVID_OK)
		return rc;
	if (seq.len > 0 &&
		(!der_take_tag(&seq, DER_CONTEXT(1), &wrap) ||
			!der_take_tag(&wrap, DER_BIT_STRING, &bits) ||
			wrap.len > 0 || !take_bits(bits, &parts.point) ||
			seq.len > 0))
		return malformed(err, "EC");
	*ret = parts;
	return DEVID_OK;
}
