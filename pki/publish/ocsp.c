/* SPDX-License-Identifier: Apache-2.0 */
#include "ocsp.h"

#include <string.h>

#include "der.h"
#include "oid.h"
#include "publish.h"

#define TAG_BOOLEAN 0x01
#define TAG_NULL    0x05

/* A limit of ours, on what a client may make us walk through. */
#define EXTENSIONS_MAX 16

static bool same(struct view v, const void *data, size_t len)
{
	return v.len == len && memcmp(v.data, data, len) == 0;
}

static enum devid_err malformed(struct devid_error *err, const char *what)
{
	return devid_fail(
		err, DEVID_ERR_SYNTAX, "OCSP request: %s is malformed", what);
}

/* Octets of the hash that AlgorithmIdentifier's content @alg names; 0 when it
 * is none of ours, -1 when it is malformed. Parameters: NULL or absent. */
static int hash_len(struct view alg)
{
	struct view oid, params;

	if (!der_take_tag(&alg, DER_OID, &oid) || !oid_is_valid(oid))
		return -1;
	if (alg.len != 0 && (!der_take_tag(&alg, TAG_NULL, &params) ||
				    params.len != 0 || alg.len != 0))
		return -1;
	if (oid_is(oid, OID_SHA1))
		return 20;
	return oid_is(oid, OID_SHA256) ? 32 : 0;
}

/* X.690 8.3.2: not empty, in shortest form */
static bool is_integer(struct view v)
{
	if (v.len == 0)
		return false;
	return v.len == 1 || !((v.data[0] == 0 && !(v.data[1] & 0x80)) ||
				     (v.data[0] == 0xff && v.data[1] & 0x80));
}

static enum devid_err parse_cert_id(
	struct view id, struct ocsp_request *ret, struct devid_error *err)
{
	struct view alg, name, key, serial;
	int len;

	if (!der_take_tag(&id, DER_SEQUENCE, &alg) ||
		!der_take_tag(&id, DER_OCTET_STRING, &name) ||
		!der_take_tag(&id, DER_OCTET_STRING, &key) ||
		!der_take_tag(&id, DER_INTEGER, &serial) || id.len != 0 ||
		!is_integer(serial))
		return malformed(err, "CertID");
	len = hash_len(alg);
	if (len < 0)
		return malformed(err, "hashAlgorithm");
	if (len == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"OCSP request: hashAlgorithm is not SHA-1 or SHA-256");
	if (name.len != (size_t)len || key.len != (size_t)len)
		return malformed(err, "an issuer hash");
	memcpy(ret->issuer_name_hash, name.data, name.len);
	memcpy(ret->issuer_key_hash, key.data, key.len);
	ret->issuer_hash_len = (size_t)len;
	ret->serial = serial;
	return DEVID_OK;
}

/* RFC 9654 2.1: an OCTET STRING of 1 to 128 octets; others get
 * malformedRequest. */
static enum devid_err parse_nonce(
	struct view value, struct ocsp_request *ret, struct devid_error *err)
{
	struct view nonce;

	if (ret->nonce.data)
		return malformed(err, "second nonce");
	if (!der_take_tag(&value, DER_OCTET_STRING, &nonce) || value.len != 0 ||
		nonce.len < 1 || nonce.len > OCSP_NONCE_MAX)
		return malformed(err, "nonce");
	ret->nonce = nonce;
	return DEVID_OK;
}

/* One Extension; a critical one that is not known cannot be answered (RFC
 * 6960 4.4). @nonces: a nonce is looked for here. */
static enum devid_err parse_extension(struct view ext, bool nonces,
	struct ocsp_request *ret, struct devid_error *err)
{
	struct view oid, critical, value;
	bool is_critical;

	if (!der_take_tag(&ext, DER_OID, &oid) || !oid_is_valid(oid))
		return malformed(err, "extension");
	is_critical = der_take_tag(&ext, TAG_BOOLEAN, &critical);
	if (is_critical && critical.len != 1)
		return malformed(err, "extension");
	/* FALSE written out is not DER, and harmless */
	is_critical = is_critical && critical.data[0] != 0;
	if (!der_take_tag(&ext, DER_OCTET_STRING, &value) || ext.len != 0)
		return malformed(err, "extension");
	if (nonces && oid_is(oid, OID_OCSP_NONCE))
		return parse_nonce(value, ret, err);
	if (is_critical)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"OCSP request: an unknown extension is critical");
	return DEVID_OK;
}

/* Extensions in their explicit tag's content @wrap. */
static enum devid_err parse_extensions(struct view wrap, bool nonces,
	struct ocsp_request *ret, struct devid_error *err)
{
	struct view list, ext;
	enum devid_err rc;

	if (!der_take_tag(&wrap, DER_SEQUENCE, &list) || wrap.len != 0)
		return malformed(err, "extension list");
	for (int n = 0; list.len > 0; n++) {
		if (n == EXTENSIONS_MAX)
			return devid_fail(err, DEVID_ERR_UNSUPPORTED,
				"OCSP request: more than %d extensions",
				EXTENSIONS_MAX);
		if (!der_take_tag(&list, DER_SEQUENCE, &ext))
			return malformed(err, "extension list");
		rc = parse_extension(ext, nonces, ret, err);
		if (rc != DEVID_OK)
			return rc;
	}
	return DEVID_OK;
}

/* Request ::= SEQUENCE { CertID, [0] singleRequestExtensions OPTIONAL } */
static enum devid_err parse_request(
	struct view request, struct ocsp_request *ret, struct devid_error *err)
{
	struct view id, whole, ext;
	enum devid_err rc;
	uint8_t tag;

	if (!der_take(&request, &tag, &id, &whole) || tag != DER_SEQUENCE)
		return malformed(err, "CertID");
	rc = parse_cert_id(id, ret, err);
	if (rc != DEVID_OK)
		return rc;
	ret->cert_id = whole;
	if (der_take_tag(&request, DER_CONTEXT(0), &ext)) {
		rc = parse_extensions(ext, false, ret, err);
		if (rc != DEVID_OK)
			return rc;
	}
	return request.len == 0 ? DEVID_OK : malformed(err, "Request");
}

/* TBSRequest, without the version and requestorName before requestList */
static enum devid_err parse_list(
	struct view tbs, struct ocsp_request *ret, struct devid_error *err)
{
	struct view list, request, ext;
	enum devid_err rc;

	if (!der_take_tag(&tbs, DER_SEQUENCE, &list) ||
		!der_take_tag(&list, DER_SEQUENCE, &request))
		return malformed(err, "requestList");
	/* RFC 5019 2.1.1: one */
	if (list.len != 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"OCSP request: asks for more than one certificate");
	rc = parse_request(request, ret, err);
	if (rc == DEVID_OK && der_take_tag(&tbs, DER_CONTEXT(2), &ext))
		rc = parse_extensions(ext, true, ret, err);
	if (rc == DEVID_OK && tbs.len != 0)
		return malformed(err, "TBSRequest");
	return rc;
}

enum devid_err ocsp_parse(
	struct view der, struct ocsp_request *ret, struct devid_error *err)
{
	struct ocsp_request out = { .issuer_hash_len = 0 };
	struct view seq, tbs, part;
	enum devid_err rc;

	if (der.len > OCSP_REQUEST_MAX)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"OCSP request: larger than %d octets",
			OCSP_REQUEST_MAX);
	if (!der_take_tag(&der, DER_SEQUENCE, &seq) || der.len != 0 ||
		!der_take_tag(&seq, DER_SEQUENCE, &tbs))
		return malformed(err, "OCSPRequest");
	/* optionalSignature: not looked into, answers are for everybody */
	if (seq.len != 0 &&
		(!der_take_tag(&seq, DER_CONTEXT(0), &part) || seq.len != 0))
		return malformed(err, "OCSPRequest");
	/* Version, which DER would leave out when it is v1, and v1 it is */
	if (der_take_tag(&tbs, DER_CONTEXT(0), &part) &&
		!same(part, "\x02\x01\x00", 3))
		return malformed(err, "version");
	(void)der_take_tag(&tbs, DER_CONTEXT(1), &part); /* requestorName */
	rc = parse_list(tbs, &out, err);
	if (rc == DEVID_OK)
		*ret = out;
	return rc;
}
