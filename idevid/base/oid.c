/* SPDX-License-Identifier: Apache-2.0 */
#include "oid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* 2.5.4 and 2.5.29, 1.3.6.1.5.5.7, 1.2.840.10045, 1.2.840.113549.1,
 * 2.16.840.1.101.3.4.2, 2.23.133, and the one that is devid's */
#define ID_AT     0x55, 4
#define ID_CE     0x55, 0x1d
#define PKIX      0x2b, 6, 1, 5, 5, 7
#define X962      0x2a, 0x86, 0x48, 0xce, 0x3d
#define PKCS1     0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1
#define PKCS7     0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7
#define PKCS9     0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9
#define NIST_HASH 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2
#define TCG       0x67, 0x81, 5
#define DEVID                                                                  \
	0x69, 0x82, 0xb8, 0x99, 0x92, 0x89, 0xff, 0xd3, 0xba, 0xb6, 0xd1,      \
		0x86, 0x97, 0xda, 0xf7, 0xe1, 0xf0, 0xf5, 0xf3, 0x59

/* Of every element here the header is two octets. */
#define OID_DER_MAX (2 + 21)

static const uint8_t oids[OID_COUNT][OID_DER_MAX] = {
	[OID_AT_COMMON_NAME] = { DER_OID, 3, ID_AT, 3 },
	[OID_AT_SERIAL_NUMBER] = { DER_OID, 3, ID_AT, 5 },
	[OID_AT_ORGANIZATION] = { DER_OID, 3, ID_AT, 10 },
	[OID_CE_SUBJECT_DIRECTORY_ATTRIBUTES] = { DER_OID, 3, ID_CE, 9 },
	[OID_CE_SUBJECT_KEY_ID] = { DER_OID, 3, ID_CE, 14 },
	[OID_CE_KEY_USAGE] = { DER_OID, 3, ID_CE, 15 },
	[OID_CE_SUBJECT_ALT_NAME] = { DER_OID, 3, ID_CE, 17 },
	[OID_CE_BASIC_CONSTRAINTS] = { DER_OID, 3, ID_CE, 19 },
	[OID_CE_CRL_NUMBER] = { DER_OID, 3, ID_CE, 20 },
	[OID_CE_CRL_REASON] = { DER_OID, 3, ID_CE, 21 },
	[OID_CE_DELTA_CRL] = { DER_OID, 3, ID_CE, 27 },
	[OID_CE_CRL_DISTRIBUTION_POINTS] = { DER_OID, 3, ID_CE, 31 },
	[OID_CE_CERTIFICATE_POLICIES] = { DER_OID, 3, ID_CE, 32 },
	[OID_CE_AUTHORITY_KEY_ID] = { DER_OID, 3, ID_CE, 35 },
	[OID_CE_EXT_KEY_USAGE] = { DER_OID, 3, ID_CE, 37 },
	[OID_CE_ANY_EXT_KEY_USAGE] = { DER_OID, 4, ID_CE, 37, 0 },
	[OID_CE_POLICY_MAPPINGS] = { DER_OID, 3, ID_CE, 33 },
	[OID_CE_POLICY_CONSTRAINTS] = { DER_OID, 3, ID_CE, 36 },
	[OID_CE_INHIBIT_ANY_POLICY] = { DER_OID, 3, ID_CE, 54 },
	[OID_CE_FRESHEST_CRL] = { DER_OID, 3, ID_CE, 46 },
	[OID_PE_AUTHORITY_INFO_ACCESS] = { DER_OID, 8, PKIX, 1, 1 },
	[OID_KP_SERVER_AUTH] = { DER_OID, 8, PKIX, 3, 1 },
	[OID_KP_CLIENT_AUTH] = { DER_OID, 8, PKIX, 3, 2 },
	[OID_KP_OCSP_SIGNING] = { DER_OID, 8, PKIX, 3, 9 },
	[OID_AD_OCSP] = { DER_OID, 8, PKIX, 48, 1 },
	[OID_AD_CA_ISSUERS] = { DER_OID, 8, PKIX, 48, 2 },
	[OID_OCSP_BASIC] = { DER_OID, 9, PKIX, 48, 1, 1 },
	[OID_OCSP_NONCE] = { DER_OID, 9, PKIX, 48, 1, 2 },
	[OID_OCSP_NO_CHECK] = { DER_OID, 9, PKIX, 48, 1, 5 },
	[OID_ON_PERMANENT_IDENTIFIER] = { DER_OID, 8, PKIX, 8, 3 },
	[OID_ON_HW_MODULE_NAME] = { DER_OID, 8, PKIX, 8, 4 },
	[OID_SHA1] = { DER_OID, 5, 0x2b, 0x0e, 3, 2, 0x1a },
	[OID_SHA256] = { DER_OID, 9, NIST_HASH, 1 },
	[OID_RSA_ENCRYPTION] = { DER_OID, 9, PKCS1, 1 },
	[OID_SHA256_WITH_RSA] = { DER_OID, 9, PKCS1, 11 },
	[OID_SHA384_WITH_RSA] = { DER_OID, 9, PKCS1, 12 },
	[OID_SHA512_WITH_RSA] = { DER_OID, 9, PKCS1, 13 },
	[OID_EC_PUBLIC_KEY] = { DER_OID, 7, X962, 2, 1 },
	[OID_ECDSA_SHA256] = { DER_OID, 8, X962, 4, 3, 2 },
	[OID_ECDSA_SHA384] = { DER_OID, 8, X962, 4, 3, 3 },
	[OID_ECDSA_SHA512] = { DER_OID, 8, X962, 4, 3, 4 },
	[OID_P256] = { DER_OID, 8, X962, 3, 1, 7 },
	[OID_P384] = { DER_OID, 5, 0x2b, 0x81, 4, 0, 0x22 },
	[OID_P521] = { DER_OID, 5, 0x2b, 0x81, 4, 0, 0x23 },
	[OID_TCG_TPM20] = { DER_OID, 5, TCG, 1, 2 },
	[OID_TCG_AT_TPM_MANUFACTURER] = { DER_OID, 5, TCG, 2, 1 },
	[OID_TCG_KP_EK] = { DER_OID, 5, TCG, 8, 1 },
	[OID_TCG_ON_EK_PERM_ID_SHA256] = { DER_OID, 5, TCG, 12, 1 },
	[OID_TCG_CAP_RESIDENCY] = { DER_OID, 6, TCG, 11, 1, 1 },
	[OID_TCG_CAP_FIXED] = { DER_OID, 6, TCG, 11, 1, 2 },
	[OID_TCG_CAP_RESTRICTED] = { DER_OID, 6, TCG, 11, 1, 3 },
	[OID_CMS_DATA] = { DER_OID, 9, PKCS7, 1 },
	[OID_CMS_SIGNED_DATA] = { DER_OID, 9, PKCS7, 2 },
	[OID_AT_CHALLENGE_PASSWORD] = { DER_OID, 9, PKCS9, 7 },
	[OID_AT_EXTENSION_REQUEST] = { DER_OID, 9, PKCS9, 14 },
	[OID_AA_ATTESTATION] = { DER_OID, 11, PKCS9, 16, 2, 59 },
	[OID_AA_REQUEST_TEMPLATE] = { DER_OID, 11, PKCS9, 16, 2, 61 },
	[OID_AA_EXTENSION_TEMPLATE] = { DER_OID, 11, PKCS9, 16, 2, 62 },
	[OID_TCG_ATTEST_TPM_CERTIFY] = { DER_OID, 5, TCG, 20, 1 },
	[OID_DEVID_ATTEST_EPOCH] = { DER_OID, 21, DEVID, 1 },
};

#define SEQUENCE(len)   DER_SEQUENCE, (len)
#define IDENTIFIER(len) DER_OID, (len)
#define DER_NULL        0x05, 0
#define INTEGER(value)  DER_INTEGER, 1, (value)

#define ECDSA(hash)                                                            \
	{                                                                      \
		SEQUENCE(10), IDENTIFIER(8), X962, 4, 3, (hash)                \
	}
#define RSA(hash)                                                              \
	{                                                                      \
		SEQUENCE(13), IDENTIFIER(9), PKCS1, (hash), DER_NULL           \
	}
#define HASH(hash) SEQUENCE(13), IDENTIFIER(9), NIST_HASH, (hash), DER_NULL
/* RSASSA-PSS-params { [0] hash, [1] { id-mgf1, hash }, [2] saltLength } */
#define PSS(hash, salt)                                                        \
	{                                                                      \
		SEQUENCE(65), IDENTIFIER(9), PKCS1, 10, SEQUENCE(52),          \
			DER_CONTEXT(0), 15, HASH(hash), DER_CONTEXT(1), 28,    \
			SEQUENCE(26), IDENTIFIER(9), PKCS1, 8, HASH(hash),     \
			DER_CONTEXT(2), 3, INTEGER(salt)                       \
	}

static const uint8_t algorithms[ALGORITHM_COUNT][2 + 65] = {
	[ALGORITHM_ECDSA_SHA256] = ECDSA(2),
	[ALGORITHM_ECDSA_SHA384] = ECDSA(3),
	[ALGORITHM_ECDSA_SHA512] = ECDSA(4),
	[ALGORITHM_RSA_SHA256] = RSA(11),
	[ALGORITHM_RSA_SHA384] = RSA(12),
	[ALGORITHM_RSA_SHA512] = RSA(13),
	[ALGORITHM_PSS_SHA256] = PSS(1, 32),
	[ALGORITHM_PSS_SHA384] = PSS(2, 48),
	[ALGORITHM_PSS_SHA512] = PSS(3, 64),
	[ALGORITHM_SHA1] = { SEQUENCE(9), IDENTIFIER(5), 0x2b, 0x0e, 3, 2, 0x1a,
		DER_NULL },
	[ALGORITHM_SHA256] = { HASH(1) },
	[ALGORITHM_KEY_P256] = { SEQUENCE(19), IDENTIFIER(7), X962, 2, 1,
		IDENTIFIER(8), X962, 3, 1, 7 },
	[ALGORITHM_KEY_P384] = { SEQUENCE(16), IDENTIFIER(7), X962, 2, 1,
		IDENTIFIER(5), 0x2b, 0x81, 4, 0, 0x22 },
	[ALGORITHM_KEY_RSA] = RSA(1),
};

struct view oid_der(enum oid oid)
{
	return (struct view) { oids[oid], 2u + oids[oid][1] };
}

struct view oid_content(enum oid oid)
{
	return (struct view) { oids[oid] + 2, oids[oid][1] };
}

struct view oid_algorithm(enum oid_algorithm algorithm)
{
	const uint8_t *der = algorithms[algorithm];

	return (struct view) { der, 2u + der[1] };
}

bool oid_is(struct view v, enum oid oid)
{
	struct view want = oid_content(oid);

	return v.len == want.len && memcmp(v.data, want.data, v.len) == 0;
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
