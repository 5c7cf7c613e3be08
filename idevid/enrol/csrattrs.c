/* SPDX-License-Identifier: Apache-2.0 */
#include "csrattrs.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "der-write.h"
#include "der.h"
#include "fail.h"
#include "oid.h"

#define DER_BOOLEAN 0x01

static enum devid_err bad(struct devid_error *err, const char *what)
{
	return devid_fail(err, DEVID_ERR_SYNTAX, "CSR attributes: %s", what);
}

/* ---- key types ---- */

static enum key_alg alg_of_bits(unsigned bits)
{
	for (unsigned a = 1; a <= KEY_ALG_LAST; a++) {
		if (bits > 0 && key_alg_rsa_bits((enum key_alg)a) == bits)
			return (enum key_alg)a;
	}
	return KEY_ALG_NONE;
}

static enum key_alg alg_of_curve(struct view oid)
{
	if (oid_is(oid, OID_P256))
		return KEY_ALG_P256;
	return oid_is(oid, OID_P384) ? KEY_ALG_P384 : KEY_ALG_NONE;
}

/* The first that can be had stays. */
static void want_key(struct csrattrs *ret, enum key_alg alg)
{
	if (ret->key != KEY_ALG_NONE)
		return;
	ret->key = alg;
	ret->other_key = alg == KEY_ALG_NONE;
}

/* The values of a key's attribute (RFC 7030 4.5.2): a curve, or how many bits.
 * RSA without a size is the smallest that we have. */
static enum devid_err take_key_values(struct view type, struct view values,
	struct csrattrs *ret, struct devid_error *err)
{
	bool rsa = oid_is(type, OID_RSA_ENCRYPTION);
	struct view v;

	if (values.len == 0) {
		want_key(ret, rsa ? KEY_ALG_RSA2048 : KEY_ALG_P256);
		return DEVID_OK;
	}
	while (values.len > 0) {
		if (!der_take_tag(&values, rsa ? DER_INTEGER : DER_OID, &v))
			return bad(err, "a key type of another form");
		if (!rsa)
			want_key(ret, alg_of_curve(v));
		else
			want_key(
				ret, v.len > 0 && v.len <= 4
					     ? alg_of_bits((unsigned)bytes_load(
						       v.data, v.len))
					     : KEY_ALG_NONE);
	}
	return DEVID_OK;
}

/* Bits of the modulus in a placeholder of RSAPublicKey; 0: it is none. */
static unsigned modulus_bits(struct view bit_string)
{
	struct view key, n;

	if (bit_string.len < 1 || bit_string.data[0] != 0)
		return 0;
	bit_string.data++;
	bit_string.len--;
	if (!der_take_tag(&bit_string, DER_SEQUENCE, &key) ||
		!der_take_tag(&key, DER_INTEGER, &n) || n.len < 2 ||
		n.len > 4096)
		return 0;
	return (unsigned)(n.len - (n.data[0] == 0)) * 8;
}

/* [0] of the template (RFC 9908 3.4): AlgorithmIdentifier, and for RSA a
 * key of the size that is wanted. */
static enum devid_err take_key_template(
	struct view spki, struct csrattrs *ret, struct devid_error *err)
{
	struct view alg, oid, curve, bits = { NULL, 0 };

	if (!der_take_tag(&spki, DER_SEQUENCE, &alg) ||
		!der_take_tag(&alg, DER_OID, &oid) ||
		(spki.len > 0 && !der_take_tag(&spki, DER_BIT_STRING, &bits)) ||
		spki.len > 0)
		return bad(err, "template: key of another form");
	if (oid_is(oid, OID_RSA_ENCRYPTION))
		want_key(ret, bits.len == 0 ? KEY_ALG_RSA2048
					    : alg_of_bits(modulus_bits(bits)));
	else if (oid_is(oid, OID_EC_PUBLIC_KEY) &&
		 der_take_tag(&alg, DER_OID, &curve))
		want_key(ret, alg_of_curve(curve));
	else
		want_key(ret, KEY_ALG_NONE);
	return DEVID_OK;
}

/* ---- extensions ---- */

/* Extension, or ExtensionTemplate when the value may be missing. */
static enum devid_err take_extension(struct view in, bool is_template,
	struct csrattrs_ext *ret, struct devid_error *err)
{
	struct view v;

	*ret = (struct csrattrs_ext) { .critical = false };
	if (!der_take_tag(&in, DER_OID, &ret->oid) || !oid_is_valid(ret->oid))
		return bad(err, "extension without its identifier");
	if (der_take_tag(&in, DER_BOOLEAN, &v)) {
		if (v.len != 1 || v.data[0] != 0xff)
			return bad(err, "extension: critical is not TRUE");
		ret->critical = true;
	}
	ret->has_value = der_take_tag(&in, DER_OCTET_STRING, &ret->value);
	if (in.len > 0 || (!is_template && !ret->has_value))
		return bad(err, "extension of another form");
	return DEVID_OK;
}

static enum devid_err add_extension(struct csrattrs *ret,
	const struct csrattrs_ext *ext, struct devid_error *err)
{
	for (size_t i = 0; i < ret->n_ext; i++) {
		if (view_equal(ret->ext[i].oid, ext->oid))
			return bad(err, "an extension twice");
	}
	if (ret->n_ext == CSRATTRS_EXT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"CSR attributes: more than %d extensions",
			CSRATTRS_EXT_MAX);
	ret->ext[ret->n_ext++] = *ext;
	return DEVID_OK;
}

/* SET OF one SEQUENCE OF extensions. */
static enum devid_err take_extensions(struct view values, bool is_template,
	struct csrattrs *ret, struct devid_error *err)
{
	struct csrattrs_ext ext;
	struct view list, one;
	enum devid_err rc = DEVID_OK;

	if (!der_take_tag(&values, DER_SEQUENCE, &list) || values.len > 0)
		return bad(err, "extensions of another form");
	while (list.len > 0 && rc == DEVID_OK) {
		if (!der_take_tag(&list, DER_SEQUENCE, &one))
			return bad(err, "extensions of another form");
		rc = take_extension(one, is_template, &ext, err);
		if (rc == DEVID_OK)
			rc = add_extension(ret, &ext, err);
	}
	return rc;
}

/* ---- subject ---- */

/* One AttributeTypeAndValue whose value may be missing. */
static enum devid_err take_name_part(
	struct view in, struct csrattrs *ret, struct devid_error *err)
{
	struct csrattrs_name *name = &ret->names[ret->n_names];
	uint8_t tag;
	struct view v;

	if (ret->n_names == CSRATTRS_NAME_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"CSR attributes: subject of more than %d parts",
			CSRATTRS_NAME_MAX);
	*name = (struct csrattrs_name) { { NULL, 0 }, { NULL, 0 } };
	if (!der_take_tag(&in, DER_OID, &name->oid) ||
		!oid_is_valid(name->oid) ||
		(in.len > 0 && !der_take(&in, &tag, &v, &name->value)) ||
		in.len > 0)
		return bad(err, "template: subject of another form");
	ret->n_names++;
	return DEVID_OK;
}

static enum devid_err take_names(
	struct view names, struct csrattrs *ret, struct devid_error *err)
{
	struct view rdn, part;
	enum devid_err rc = DEVID_OK;

	while (names.len > 0 && rc == DEVID_OK) {
		if (!der_take_tag(&names, DER_SET, &rdn) || rdn.len == 0)
			return bad(err, "template: subject of another form");
		while (rdn.len > 0 && rc == DEVID_OK) {
			if (!der_take_tag(&rdn, DER_SEQUENCE, &part))
				return bad(err,
					"template: subject of another form");
			rc = take_name_part(part, ret, err);
		}
	}
	return rc;
}

/* ---- the two forms ---- */

/* Attribute ::= SEQUENCE { type, SET OF value } */
struct attribute {
	struct view type, values;
};

static enum devid_err take_attribute(
	struct view in, struct attribute *ret, struct devid_error *err)
{
	if (!der_take_tag(&in, DER_OID, &ret->type) ||
		!oid_is_valid(ret->type) ||
		!der_take_tag(&in, DER_SET, &ret->values) || in.len > 0)
		return bad(err, "an attribute of another form");
	return DEVID_OK;
}

/* [1] of the template. */
static enum devid_err take_template_attributes(
	struct view list, struct csrattrs *ret, struct devid_error *err)
{
	struct attribute a;
	struct view one;
	enum devid_err rc = DEVID_OK;

	while (list.len > 0 && rc == DEVID_OK) {
		if (!der_take_tag(&list, DER_SEQUENCE, &one))
			return bad(err, "template: attributes of another form");
		rc = take_attribute(one, &a, err);
		if (rc != DEVID_OK)
			return rc;
		if (oid_is(a.type, OID_AA_EXTENSION_TEMPLATE))
			rc = take_extensions(a.values, true, ret, err);
		else if (oid_is(a.type, OID_AT_EXTENSION_REQUEST))
			rc = take_extensions(a.values, false, ret, err);
		else if (oid_is(a.type, OID_AA_ATTESTATION))
			ret->attestation = true;
		else if (oid_is(a.type, OID_AT_CHALLENGE_PASSWORD))
			ret->challenge_password = true;
	}
	return rc;
}

/* CertificationRequestInfoTemplate (RFC 9908 3.4) */
static enum devid_err take_template(
	struct view values, struct csrattrs *ret, struct devid_error *err)
{
	struct view in, v;
	enum devid_err rc = DEVID_OK;

	if (!der_take_tag(&values, DER_SEQUENCE, &in) || values.len > 0 ||
		!der_take_tag(&in, DER_INTEGER, &v))
		return bad(err, "template of another form");
	if (v.len != 1 || v.data[0] != 0)
		return bad(err, "template of another version");
	if (der_take_tag(&in, DER_SEQUENCE, &v))
		rc = take_names(v, ret, err);
	if (rc == DEVID_OK && der_take_tag(&in, DER_CONTEXT(0), &v))
		rc = take_key_template(v, ret, err);
	if (rc != DEVID_OK)
		return rc;
	if (!der_take_tag(&in, DER_CONTEXT(1), &v) || in.len > 0)
		return bad(err, "template of another form");
	return take_template_attributes(v, ret, err);
}

/* An attribute of the list of RFC 7030. */
static enum devid_err take_wish(const struct attribute *a, struct csrattrs *ret,
	struct devid_error *err)
{
	if (oid_is(a->type, OID_EC_PUBLIC_KEY) ||
		oid_is(a->type, OID_RSA_ENCRYPTION))
		return take_key_values(a->type, a->values, ret, err);
	if (oid_is(a->type, OID_AT_EXTENSION_REQUEST))
		return take_extensions(a->values, false, ret, err);
	if (oid_is(a->type, OID_AA_ATTESTATION))
		ret->attestation = true;
	return DEVID_OK;
}

/* A bare identifier: of an extension under id-ce, that is wanted without saying
 * how; a few others mean something too. */
static enum devid_err take_identifier(
	struct view oid, struct csrattrs *ret, struct devid_error *err)
{
	static const uint8_t id_ce[] = { 0x55, 0x1d };
	struct csrattrs_ext ext = { .oid = oid };

	if (!oid_is_valid(oid))
		return bad(err, "an identifier of another form");
	if (oid_is(oid, OID_AA_ATTESTATION))
		ret->attestation = true;
	else if (oid_is(oid, OID_AT_CHALLENGE_PASSWORD))
		ret->challenge_password = true;
	else if (oid.len == sizeof(id_ce) + 1 &&
		 memcmp(oid.data, id_ce, sizeof(id_ce)) == 0)
		return add_extension(ret, &ext, err);
	return DEVID_OK;
}

struct item {
	bool is_attribute;
	struct attribute attribute;
	struct view oid;
};

static enum devid_err take_item(
	struct view *list, struct item *ret, struct devid_error *err)
{
	struct view v;

	ret->is_attribute = der_take_tag(list, DER_SEQUENCE, &v);
	if (ret->is_attribute)
		return take_attribute(v, &ret->attribute, err);
	return der_take_tag(list, DER_OID, &ret->oid)
		       ? DEVID_OK
		       : bad(err, "an element that is none");
}

/* Reads the list for what @ret takes from it: the template and what is taken
 * beside it when @is_template, else all but the template. */
static enum devid_err take_list(struct view list, bool is_template,
	struct csrattrs *ret, struct devid_error *err)
{
	struct item item;
	struct csrattrs aside = { 0 };
	enum devid_err rc = DEVID_OK;

	while (list.len > 0 && rc == DEVID_OK) {
		struct csrattrs *to = is_template ? &aside : ret;

		rc = take_item(&list, &item, err);
		if (rc != DEVID_OK)
			return rc;
		if (!item.is_attribute)
			rc = take_identifier(item.oid, to, err);
		else if (!oid_is(item.attribute.type, OID_AA_REQUEST_TEMPLATE))
			rc = take_wish(&item.attribute, to, err);
		else
			rc = take_template(item.attribute.values, ret, err);
	}
	ret->attestation = ret->attestation || aside.attestation;
	return rc;
}

/* Whether the template is in the list; more than one is SYNTAX. */
static enum devid_err find_template(
	struct view list, bool *ret_there, struct devid_error *err)
{
	size_t n = 0, n_templates = 0;
	struct item item;

	for (; list.len > 0; n++) {
		enum devid_err rc = take_item(&list, &item, err);

		if (rc != DEVID_OK)
			return rc;
		if (item.is_attribute &&
			oid_is(item.attribute.type, OID_AA_REQUEST_TEMPLATE))
			n_templates++;
	}
	if (n > CSRATTRS_ITEMS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"CSR attributes: %zu elements", n);
	if (n_templates > 1)
		return bad(err, "more than one template");
	*ret_there = n_templates == 1;
	return DEVID_OK;
}

enum devid_err csrattrs_read(
	struct view der, struct csrattrs *ret, struct devid_error *err)
{
	struct csrattrs found = { 0 };
	struct view list;
	bool is_template = false;
	enum devid_err rc;

	if (der.len > CSRATTRS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"CSR attributes: %zu bytes", der.len);
	if (!der_take_tag(&der, DER_SEQUENCE, &list) || der.len > 0)
		return bad(err, "not one DER SEQUENCE");
	rc = find_template(list, &is_template, err);
	if (rc == DEVID_OK)
		rc = take_list(list, is_template, &found, err);
	if (rc == DEVID_OK)
		*ret = found;
	return rc;
}

/* ---- writing, from the end ---- */

static void put_oid(struct der_out *out, enum oid oid)
{
	struct view der = oid_der(oid);

	der_out_bytes(out, der.data, der.len);
}

/* Closes SEQUENCE { @type, SET { what was written since @mark } }. */
static void close_attribute(struct der_out *out, enum oid type, size_t mark)
{
	der_out_wrap(out, DER_SET, mark);
	put_oid(out, type);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

static void put_extensions(
	struct der_out *out, const struct csrattrs *what, bool is_template)
{
	static const uint8_t yes = 0xff;

	for (size_t i = what->n_ext; i-- > 0;) {
		const struct csrattrs_ext *ext = &what->ext[i];
		size_t mark = der_out_mark(out);

		if (!is_template && !ext->has_value)
			continue;
		if (ext->has_value)
			der_out_element(out, DER_OCTET_STRING, ext->value.data,
				ext->value.len);
		if (ext->critical)
			der_out_element(out, DER_BOOLEAN, &yes, 1);
		der_out_element(out, DER_OID, ext->oid.data, ext->oid.len);
		der_out_wrap(out, DER_SEQUENCE, mark);
	}
}

/* A key of the size wanted: its modulus is a one and zeros. */
static void put_placeholder(struct der_out *out, unsigned bits)
{
	uint8_t n[1 + 4096 / 8] = { 0, 0x80 };
	static const uint8_t no_unused = 0;
	size_t mark = der_out_mark(out);

	der_out_uint(out, DER_INTEGER, 65537);
	der_out_element(out, DER_INTEGER, n, 1 + bits / 8);
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_bytes(out, &no_unused, 1);
	der_out_wrap(out, DER_BIT_STRING, mark);
}

static void put_key_template(struct der_out *out, enum key_alg alg)
{
	unsigned bits = key_alg_rsa_bits(alg);
	size_t mark = der_out_mark(out);
	struct view id =
		oid_algorithm(bits > 0              ? ALGORITHM_KEY_RSA
			      : alg == KEY_ALG_P256 ? ALGORITHM_KEY_P256
						    : ALGORITHM_KEY_P384);

	if (bits > 0)
		put_placeholder(out, bits);
	der_out_bytes(out, id.data, id.len);
	der_out_wrap(out, DER_CONTEXT(0), mark);
}

static void put_names(struct der_out *out, const struct csrattrs *what)
{
	size_t all = der_out_mark(out);

	for (size_t i = what->n_names; i-- > 0;) {
		const struct csrattrs_name *name = &what->names[i];
		size_t mark = der_out_mark(out);

		der_out_bytes(out, name->value.data, name->value.len);
		der_out_element(out, DER_OID, name->oid.data, name->oid.len);
		der_out_wrap(out, DER_SEQUENCE, mark);
		der_out_wrap(out, DER_SET, mark);
	}
	if (what->n_names > 0)
		der_out_wrap(out, DER_SEQUENCE, all);
}

static void put_template(struct der_out *out, const struct csrattrs *what)
{
	size_t mark = der_out_mark(out), at;

	if (what->attestation)
		close_attribute(out, OID_AA_ATTESTATION, der_out_mark(out));
	at = der_out_mark(out);
	if (what->n_ext > 0) {
		put_extensions(out, what, true);
		der_out_wrap(out, DER_SEQUENCE, at);
		close_attribute(out, OID_AA_EXTENSION_TEMPLATE, at);
	}
	der_out_wrap(out, DER_CONTEXT(1), mark);
	if (what->key != KEY_ALG_NONE)
		put_key_template(out, what->key);
	put_names(out, what);
	der_out_uint(out, DER_INTEGER, 0);
	der_out_wrap(out, DER_SEQUENCE, mark);
	close_attribute(out, OID_AA_REQUEST_TEMPLATE, mark);
}

/* What a client of RFC 7030 reads, in front of the template. */
static void put_wishes(struct der_out *out, const struct csrattrs *what)
{
	unsigned bits = key_alg_rsa_bits(what->key);
	size_t mark = der_out_mark(out);
	size_t n_values = 0;

	for (size_t i = 0; i < what->n_ext; i++)
		n_values += what->ext[i].has_value;
	if (n_values > 0) {
		put_extensions(out, what, false);
		der_out_wrap(out, DER_SEQUENCE, mark);
		close_attribute(out, OID_AT_EXTENSION_REQUEST, mark);
	}
	mark = der_out_mark(out);
	if (bits > 0) {
		der_out_uint(out, DER_INTEGER, bits);
		close_attribute(out, OID_RSA_ENCRYPTION, mark);
	} else if (what->key != KEY_ALG_NONE) {
		put_oid(out, what->key == KEY_ALG_P256 ? OID_P256 : OID_P384);
		close_attribute(out, OID_EC_PUBLIC_KEY, mark);
	}
}

/* Whether all can be written, and be read again. */
static bool is_writable(const struct csrattrs *what)
{
	if (what->n_ext > CSRATTRS_EXT_MAX ||
		what->n_names > CSRATTRS_NAME_MAX ||
		(what->key != KEY_ALG_NONE && !key_alg_is_known(what->key)))
		return false;
	for (size_t i = 0; i < what->n_ext; i++) {
		if (!oid_is_valid(what->ext[i].oid))
			return false;
	}
	for (size_t i = 0; i < what->n_names; i++) {
		if (!oid_is_valid(what->names[i].oid))
			return false;
	}
	return true;
}

enum devid_err csrattrs_write(
	const struct csrattrs *what, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct der_out out;
	struct view whole;

	if (!is_writable(what))
		return devid_fail(err, DEVID_ERR_INVALID,
			"CSR attributes: a member that cannot be written");
	buf = malloc(CSRATTRS_MAX);
	if (!buf)
		return fail_no_memory(err);
	out = der_out_init(buf, CSRATTRS_MAX);
	if (what->challenge_password)
		put_oid(&out, OID_AT_CHALLENGE_PASSWORD);
	if (what->attestation)
		put_oid(&out, OID_AA_ATTESTATION);
	put_template(&out, what);
	put_wishes(&out, what);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	whole = der_out_view(&out);
	if (!whole.data)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"CSR attributes: above %d bytes", CSRATTRS_MAX);
	memmove(buf, whole.data, whole.len);
	ret->data = STEAL(buf);
	ret->len = whole.len;
	return DEVID_OK;
}
