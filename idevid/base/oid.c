/* SPDX-License-Identifier: Apache-2.0 */
#include "oid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct oid_value {
	uint8_t len;
	uint8_t data[10];
};

static const struct oid_value values[OID_COUNT] = {
	[OID_AT_COMMON_NAME] = { 3, { 0x55, 4, 3 } },
	[OID_AT_SERIAL_NUMBER] = { 3, { 0x55, 4, 5 } },
	[OID_CE_SUBJECT_KEY_ID] = { 3, { 0x55, 0x1d, 14 } },
	[OID_CE_KEY_USAGE] = { 3, { 0x55, 0x1d, 15 } },
	[OID_CE_SUBJECT_ALT_NAME] = { 3, { 0x55, 0x1d, 17 } },
	[OID_CE_BASIC_CONSTRAINTS] = { 3, { 0x55, 0x1d, 19 } },
	[OID_CE_CERTIFICATE_POLICIES] = { 3, { 0x55, 0x1d, 32 } },
	[OID_CE_AUTHORITY_KEY_ID] = { 3, { 0x55, 0x1d, 35 } },
	[OID_CE_EXT_KEY_USAGE] = { 3, { 0x55, 0x1d, 37 } },
	[OID_ON_PERMANENT_IDENTIFIER] = { 8, { 0x2b, 6, 1, 5, 5, 7, 8, 3 } },
	[OID_ON_HW_MODULE_NAME] = { 8, { 0x2b, 6, 1, 5, 5, 7, 8, 4 } },
	[OID_RSA_ENCRYPTION] = { 9,
		{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 } },
	[OID_SHA256_WITH_RSA] = { 9,
		{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11 } },
	[OID_SHA384_WITH_RSA] = { 9,
		{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12 } },
	[OID_SHA512_WITH_RSA] = { 9,
		{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13 } },
	[OID_EC_PUBLIC_KEY] = { 7, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 } },
	[OID_ECDSA_SHA256] = { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 } },
	[OID_ECDSA_SHA384] = { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 } },
	[OID_ECDSA_SHA512] = { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 } },
	[OID_P256] = { 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 } },
	[OID_P384] = { 5, { 0x2b, 0x81, 4, 0, 0x22 } },
	[OID_P521] = { 5, { 0x2b, 0x81, 4, 0, 0x23 } },
	[OID_TCG_TPM20] = { 5, { 0x67, 0x81, 5, 1, 2 } },
	[OID_TCG_CAP_RESIDENCY] = { 6, { 0x67, 0x81, 5, 11, 1, 1 } },
	[OID_TCG_CAP_FIXED] = { 6, { 0x67, 0x81, 5, 11, 1, 2 } },
	[OID_TCG_CAP_RESTRICTED] = { 6, { 0x67, 0x81, 5, 11, 1, 3 } },
};

bool oid_is(struct view v, enum oid oid)
{
	return v.len == values[oid].len &&
	       memcmp(v.data, values[oid].data, v.len) == 0;
}

bool oid_is_valid(struct view v)
{
	bool first = true; /* octet of an arc */

	if (v.len == 0 || v.data[v.len - 1] & 0x80)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (first && v.data[i] == 0x80)
			return false; /* 8.19.2: leading zero */
		first = !(v.data[i] & 0x80);
	}
	return true;
}

bool oid_to_text(struct view v, char out[OID_TEXT_MAX])
{
	char text[OID_TEXT_MAX];
	uint64_t arc = 0;
	size_t n = 0;

	if (!oid_is_valid(v))
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (arc > UINT64_MAX >> 7)
			return false;
		arc = arc << 7 | (v.data[i] & 0x7f);
		if (v.data[i] & 0x80)
			continue;
		if (n == 0) { /* 8.19.4: the first two arcs share one */
			uint64_t top = arc < 80 ? arc / 40 : 2;

			n = (size_t)snprintf(text, sizeof(text),
				"%" PRIu64 ".%" PRIu64, top, arc - top * 40);
		} else {
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, ".%" PRIu64, arc);
		}
		if (n >= sizeof(text))
			return false;
		arc = 0;
	}
	memcpy(out, text, n + 1);
	return true;
}
