/* SPDX-License-Identifier: Apache-2.0 */
#include "san.h"

#include <string.h>

#define TAG_OTHER_NAME DER_CONTEXT(0)

/* GeneralName tags by number, RFC 5280 4.2.1.6. directoryName is explicit
 * because Name is a CHOICE. */
static const uint8_t general_name_tags[] = {
	TAG_OTHER_NAME, DER_CONTEXT_PRIM(1), /* rfc822Name */
	DER_CONTEXT_PRIM(2),                 /* dNSName */
	DER_CONTEXT(3),                      /* x400Address */
	DER_CONTEXT(4),                      /* directoryName */
	DER_CONTEXT(5),                      /* ediPartyName */
	DER_CONTEXT_PRIM(6),                 /* uniformResourceIdentifier */
	DER_CONTEXT_PRIM(7),                 /* iPAddress */
	DER_CONTEXT_PRIM(8),                 /* registeredID */
};

static bool is_general_name(uint8_t tag)
{
	return memchr(general_name_tags, tag, sizeof(general_name_tags));
}

/* OtherName ::= SEQUENCE { type-id OID, value [0] EXPLICIT ANY }, here
 * without its own header, which [0] IMPLICIT replaced. */
static bool take_other_name(
	struct view name, struct view *ret_type, struct view *ret_value)
{
	struct view type, wrap, rest, content;
	uint8_t tag;

	if (!der_take_tag(&name, DER_OID, &type) || !oid_is_valid(type) ||
		!der_take_tag(&name, DER_CONTEXT(0), &wrap) || name.len != 0)
		return false;
	rest = wrap;
	if (!der_take(&rest, &tag, &content, NULL) || rest.len != 0)
		return false;
	*ret_type = type;
	*ret_value = wrap;
	return true;
}

/* Files the otherName @name under its type; the first of a kind only. */
static enum devid_err note_other_name(
	struct view name, struct san_parts *parts, struct devid_error *err)
{
	struct view type, value, *slot;

	if (!take_other_name(name, &type, &value))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"otherName is not DER of its form");
	if (oid_is(type, OID_ON_HW_MODULE_NAME))
		slot = &parts->hw_module;
	else if (oid_is(type, OID_ON_PERMANENT_IDENTIFIER))
		slot = &parts->perm_id;
	else
		return DEVID_OK;
	if (slot->data)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s occurs more than once",
			slot == &parts->hw_module ? "HardwareModuleName"
						  : "PermanentIdentifier");
	*slot = value;
	return DEVID_OK;
}

enum devid_err san_split(
	struct view san, struct san_parts *ret, struct devid_error *err)
{
	struct san_parts parts = { 0 };
	struct view names, name;
	enum devid_err rc;
	uint8_t tag;

	if (!der_take_tag(&san, DER_SEQUENCE, &names) || san.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"subjectAltName is not one DER SEQUENCE");
	if (names.len == 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "subjectAltName holds no name");
	while (names.len > 0) {
		if (!der_take(&names, &tag, &name, NULL) ||
			!is_general_name(tag))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"subjectAltName holds what is no GeneralName");
		if (++parts.n_names > SAN_NAMES_MAX)
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"subjectAltName holds more than %d names",
				SAN_NAMES_MAX);
		if (tag != TAG_OTHER_NAME)
			continue;
		rc = note_other_name(name, &parts, err);
		if (rc != DEVID_OK)
			return rc;
	}
	*ret = parts;
	return DEVID_OK;
}

/* Takes hwSerialNum; @ret_tolerated tells that only tolerance took it. */
static bool take_hw_serial(struct view *seq, enum san_mode mode,
	struct view *ret, bool *ret_tolerated)
{
	struct view wrap;

	*ret_tolerated = false;
	if (der_take_tag(seq, DER_OCTET_STRING, ret))
		return true;
	if (mode != SAN_TOLERANT)
		return false;
	*ret_tolerated = true;
	if (der_take_tag(seq, DER_CONTEXT_PRIM(0), ret))
		return true;
	return der_take_tag(seq, DER_CONTEXT(0), &wrap) &&
	       der_take_tag(&wrap, DER_OCTET_STRING, ret) && wrap.len == 0;
}

enum devid_err san_parse_hw_module(struct view value, enum san_mode mode,
	struct san_hw_module *ret, struct devid_error *err)
{
	struct view seq, type, serial;
	struct san_hw_module hw = { 0 };

	if (!der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"HardwareModuleName is not one DER SEQUENCE");
	if (!der_take_tag(&seq, DER_OID, &type) || !oid_to_text(type, hw.type))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"hwType is not an OBJECT IDENTIFIER");
	if (!take_hw_serial(&seq, mode, &serial, &hw.tolerated))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"hwSerialNum is not an OCTET STRING");
	if (seq.len != 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "bytes behind hwSerialNum");
	if (serial.len == 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "hwSerialNum is empty");
	if (serial.len > sizeof(hw.serial))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"hwSerialNum is longer than %zu octets",
			sizeof(hw.serial));
	hw.is_tpm20 = oid_is(type, OID_TCG_TPM20);
	memcpy(hw.serial, serial.data, serial.len);
	hw.serial_len = serial.len;
	*ret = hw;
	return DEVID_OK;
}

/* Octets of the UTF-8 character at @p (RFC 3629 4); 0 when it is none. */
static size_t utf8_char(const uint8_t *p, size_t avail)
{
	uint32_t c = p[0];
	size_t n;

	if (c < 0x80)
		return 1;
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || n > avail)
		return 0;
	c &= 0xffu >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
		(c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* Whether @v is UTF-8 without control characters, so without NUL too. */
static bool is_plain_utf8(struct view v)
{
	for (size_t i = 0, n; i < v.len; i += n) {
		n = utf8_char(v.data + i, v.len - i);
		if (n == 0 || v.data[i] < 0x20 || v.data[i] == 0x7f)
			return false;
	}
	return true;
}

enum devid_err san_parse_perm_id(
	struct view value, struct san_perm_id *ret, struct devid_error *err)
{
	struct san_perm_id id = { 0 };
	struct view seq, part;

	if (!der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"PermanentIdentifier is not one DER SEQUENCE");
	if (der_take_tag(&seq, DER_UTF8_STRING, &part)) {
		if (part.len >= sizeof(id.value))
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"identifierValue is longer than %zu octets",
				sizeof(id.value) - 1);
		if (!is_plain_utf8(part))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"identifierValue is not plain UTF-8");
		memcpy(id.value, part.data, part.len);
	}
	if (der_take_tag(&seq, DER_OID, &part) &&
		!oid_to_text(part, id.assigner))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"assigner is not an OBJECT IDENTIFIER");
	if (seq.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"PermanentIdentifier holds what is not of its form");
	*ret = id;
	return DEVID_OK;
}
