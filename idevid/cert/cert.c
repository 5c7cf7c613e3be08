/* SPDX-License-Identifier: Apache-2.0 */
#include "cert.h"

#include <string.h>

#define DER_BOOLEAN 0x01

/* One AttributeTypeAndValue off the front of an RDN. */
static bool take_attribute(struct view *rdn, struct view *ret_type,
	uint8_t *ret_tag, struct view *ret_value)
{
	struct view atv;

	return der_take_tag(rdn, DER_SEQUENCE, &atv) &&
	       der_take_tag(&atv, DER_OID, ret_type) &&
	       oid_is_valid(*ret_type) &&
	       der_take(&atv, ret_tag, ret_value, NULL) && atv.len == 0;
}

bool cert_name_is_valid(struct view name)
{
	struct view rdn, type, value;
	uint8_t tag;

	while (name.len > 0) {
		if (!der_take_tag(&name, DER_SET, &rdn) || rdn.len == 0)
			return false;
		while (rdn.len > 0) {
			if (!take_attribute(&rdn, &type, &tag, &value))
				return false;
		}
	}
	return true;
}

bool cert_claims_ca(const struct cert_view *cert)
{
	const struct cert_ext *ext =
		cert_get_ext(cert, OID_CE_BASIC_CONSTRAINTS);
	struct view value, seq;

	if (!ext)
		return false;
	value = ext->value;
	return der_take_tag(&value, DER_SEQUENCE, &seq) && seq.len >= 3 &&
	       memcmp(seq.data, "\x01\x01\xff", 3) == 0;
}

/* What cannot be parsed is neither. */
static bool is_leaf(struct view der, bool leaf)
{
	struct cert_view cert = { .n_ext = 0 };

	return cert_parse(der, &cert, NULL) == DEVID_OK &&
	       cert_claims_ca(&cert) != leaf;
}

size_t cert_misplaced_leaf(const struct view *ders, size_t n)
{
	if (n < 2 || !is_leaf(ders[0], false))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (is_leaf(ders[i], true))
			return i;
	}
	return 0;
}

size_t cert_name_find(struct view name, enum oid type, uint8_t *ret_tag,
	struct view *ret_value)
{
	struct view rdn, got, value;
	size_t n = 0;
	uint8_t tag;

	while (der_take_tag(&name, DER_SET, &rdn)) {
		while (take_attribute(&rdn, &got, &tag, &value)) {
			if (!oid_is(got, type) || n++ > 0)
				continue;
			*ret_tag = tag;
			*ret_value = value;
		}
	}
	return n;
}

const struct cert_ext *cert_get_ext(const struct cert_view *cert, enum oid oid)
{
	for (size_t i = 0; i < cert->n_ext; i++) {
		if (oid_is(cert->ext[i].oid, oid))
			return &cert->ext[i];
	}
	return NULL;
}

/* Version ::= INTEGER { v1(0), v2(1), v3(2) }, [0] EXPLICIT DEFAULT v1 */
static bool take_version(struct view *tbs, unsigned *ret)
{
	struct view wrap, v;

	*ret = 1;
	if (!der_take_tag(tbs, DER_CONTEXT(0), &wrap))
		return true;
	if (!der_take_tag(&wrap, DER_INTEGER, &v) || wrap.len != 0 ||
		v.len != 1 || v.data[0] > 2)
		return false;
	*ret = v.data[0] + 1u;
	return true;
}

static bool take_time(struct view *validity, struct cert_time *ret)
{
	return der_take(validity, &ret->tag, &ret->text, NULL) &&
	       (ret->tag == CERT_TAG_UTC_TIME || ret->tag == CERT_TAG_GEN_TIME);
}

static bool take_validity(struct view *tbs, struct cert_view *cert)
{
	struct view validity;

	return der_take_tag(tbs, DER_SEQUENCE, &validity) &&
	       take_time(&validity, &cert->not_before) &&
	       take_time(&validity, &cert->not_after) && validity.len == 0;
}

/* A SEQUENCE with its header. */
static bool take_whole(struct view *in, struct view *ret)
{
	struct view content;
	uint8_t tag;

	return der_take(in, &tag, &content, ret) && tag == DER_SEQUENCE;
}

/* Everything of the TBSCertificate before the extensions. */
static bool take_fields(struct view *tbs, struct cert_view *cert)
{
	struct view unique, spki;

	if (!take_version(tbs, &cert->version) ||
		!der_take_tag(tbs, DER_INTEGER, &cert->serial) ||
		!take_whole(tbs, &cert->inner_alg) ||
		!der_take_tag(tbs, DER_SEQUENCE, &cert->issuer) ||
		!cert_name_is_valid(cert->issuer) ||
		!take_validity(tbs, cert) ||
		!der_take_tag(tbs, DER_SEQUENCE, &cert->subject) ||
		!cert_name_is_valid(cert->subject))
		return false;
	spki = *tbs;
	if (!take_whole(tbs, &cert->spki_whole) ||
		!der_take_tag(&spki, DER_SEQUENCE, &cert->spki))
		return false;
	if (der_take_tag(tbs, DER_CONTEXT_PRIM(1), &unique))
		cert->has_unique_id = true;
	if (der_take_tag(tbs, DER_CONTEXT_PRIM(2), &unique))
		cert->has_unique_id = true;
	return true;
}

/* Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue } */
bool cert_take_ext(struct view *list, struct cert_ext *ret)
{
	struct view seq, flag;

	memset(ret, 0, sizeof(*ret));
	if (!der_take_tag(list, DER_SEQUENCE, &seq) ||
		!der_take_tag(&seq, DER_OID, &ret->oid) ||
		!oid_is_valid(ret->oid))
		return false;
	if (der_take_tag(&seq, DER_BOOLEAN, &flag)) {
		/* X.690 11.1: TRUE is 0xff */
		if (flag.len != 1 || (flag.data[0] && flag.data[0] != 0xff))
			return false;
		ret->critical = flag.data[0] == 0xff;
		ret->default_encoded = !ret->critical;
	}
	return der_take_tag(&seq, DER_OCTET_STRING, &ret->value) &&
	       seq.len == 0;
}

static enum devid_err take_extensions(
	struct view *tbs, struct cert_view *cert, struct devid_error *err)
{
	struct view wrap, list;

	if (!der_take_tag(tbs, DER_CONTEXT(3), &wrap))
		return DEVID_OK;
	if (!der_take_tag(&wrap, DER_SEQUENCE, &list) || wrap.len != 0 ||
		list.len == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"extensions are not one DER SEQUENCE");
	while (list.len > 0) {
		if (cert->n_ext == CERT_EXT_MAX)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"more than %d extensions", CERT_EXT_MAX);
		if (!cert_take_ext(&list, &cert->ext[cert->n_ext]))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"extension %zu is not DER of its form",
				cert->n_ext + 1);
		cert->n_ext++;
	}
	return DEVID_OK;
}

enum devid_err cert_parse(
	struct view der, struct cert_view *ret, struct devid_error *err)
{
	struct view body, whole, tbs, signature;
	struct cert_view cert = { 0 };
	enum devid_err rc;

	if (der.len > CERT_DER_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"certificate is larger than %d octets", CERT_DER_MAX);
	if (!der_take_tag(&der, DER_SEQUENCE, &body))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"certificate is not one DER SEQUENCE");
	if (der.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%zu bytes behind the certificate", der.len);
	whole = body;
	if (!take_whole(&whole, &cert.tbs) ||
		!der_take_tag(&body, DER_SEQUENCE, &tbs) ||
		!take_whole(&body, &cert.outer_alg) ||
		!der_take_tag(&body, DER_BIT_STRING, &signature) ||
		body.len != 0 || signature.len < 2 || signature.data[0] != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"outer form is not that of a certificate");
	cert.signature =
		(struct view) { signature.data + 1, signature.len - 1 };
	if (!take_fields(&tbs, &cert))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"a field before the extensions is not DER of its form");
	rc = take_extensions(&tbs, &cert, err);
	if (rc != DEVID_OK)
		return rc;
	if (tbs.len != 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "bytes behind the extensions");
	*ret = cert;
	return DEVID_OK;
}
