/* SPDX-License-Identifier: Apache-2.0 */
#include "keyref.h"

#include <string.h>

#include "der-write.h"
#include "der.h"

int keyref_name_ok(const char *name, size_t len)
{
	if (len < 1 || len > KEY_NAME_MAX)
		return 0;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '-'))
			return 0;
	}
	return 1;
}

enum devid_err keyref_parse(const uint8_t *der, size_t len, struct keyref *ret,
	struct devid_error *err)
{
	struct view in = { der, len }, body, version, name, content, spki;
	uint8_t tag;

	if (!der_take_tag(&in, DER_SEQUENCE, &body) || in.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"key reference: not one DER sequence");
	if (!der_take_tag(&body, DER_INTEGER, &version) || version.len != 1 ||
		version.data[0] != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"key reference: version is not 0");
	if (!der_take_tag(&body, DER_UTF8_STRING, &name) ||
		!keyref_name_ok((const char *)name.data, name.len))
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "key reference: bad key name");
	if (!der_take(&body, &tag, &content, &spki) || tag != DER_SEQUENCE ||
		body.len != 0 || spki.len > KEYREF_SPKI_MAX)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "key reference: bad public key");
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, name.data, name.len);
	memcpy(ret->spki, spki.data, spki.len);
	ret->spki_len = spki.len;
	return DEVID_OK;
}

enum devid_err keyref_encode(const struct keyref *ref, uint8_t *buf,
	size_t *ret_len, struct devid_error *err)
{
	size_t name_len = strnlen(ref->name, sizeof(ref->name));
	struct der_out out = der_out_init(buf, KEYREF_DER_MAX);
	struct view der;

	if (!keyref_name_ok(ref->name, name_len) || ref->spki_len < 2 ||
		ref->spki_len > KEYREF_SPKI_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"key reference: bad name or public key");
	der_out_bytes(&out, ref->spki, ref->spki_len);
	der_out_element(&out, DER_UTF8_STRING, ref->name, name_len);
	der_out_uint(&out, DER_INTEGER, 0);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	der = der_out_view(&out);
	memmove(buf, der.data, der.len);
	*ret_len = der.len;
	return DEVID_OK;
}
