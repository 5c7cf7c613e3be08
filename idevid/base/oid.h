/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OID_H
#define DEVID_OID_H

/*
 * The object identifiers that a DevID certificate is judged by, as the
 * content octets of their DER encoding.
 */

#include "der.h"

#define OID_TEXT_MAX 64 /* dotted form with its NUL; a limit of ours */

enum oid {
	OID_AT_COMMON_NAME,
	OID_AT_SERIAL_NUMBER,
	OID_CE_SUBJECT_KEY_ID,
	OID_CE_KEY_USAGE,
	OID_CE_SUBJECT_ALT_NAME,
	OID_CE_BASIC_CONSTRAINTS,
	OID_CE_CERTIFICATE_POLICIES,
	OID_CE_AUTHORITY_KEY_ID,
	OID_CE_EXT_KEY_USAGE,
	OID_ON_PERMANENT_IDENTIFIER, /* RFC 4043 */
	OID_ON_HW_MODULE_NAME,       /* RFC 4108 5 */
	OID_RSA_ENCRYPTION,
	OID_SHA256_WITH_RSA,
	OID_SHA384_WITH_RSA,
	OID_SHA512_WITH_RSA,
	OID_EC_PUBLIC_KEY,
	OID_ECDSA_SHA256,
	OID_ECDSA_SHA384,
	OID_ECDSA_SHA512,
	OID_P256,
	OID_P384,
	OID_P521,
	OID_TCG_TPM20,          /* hwType of a TPM 2.0 */
	OID_TCG_CAP_RESIDENCY,  /* verifiedTPMResidency */
	OID_TCG_CAP_FIXED,      /* verifiedTPMFixed: IDevID */
	OID_TCG_CAP_RESTRICTED, /* verifiedTPMRestricted: IAK */
	OID_COUNT,
};

/* Whether the content octets @v are those of @oid. */
bool oid_is(struct view v, enum oid oid);

/*
 * Whether the content octets are an object identifier (X.690 8.19): not
 * empty, complete, each arc in its shortest form.
 */
bool oid_is_valid(struct view v);

/*
 * Writes the dotted form to @out. false, and @out unchanged, when @v is not
 * valid, an arc exceeds 64 bits or the text does not fit.
 */
bool oid_to_text(struct view v, char out[OID_TEXT_MAX]);

#endif
