/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OID_H
#define DEVID_OID_H

/*
 * The object identifiers that are read or written here, and the
 * AlgorithmIdentifiers, each once.
 */

#include "der.h"

#define OID_TEXT_MAX 64 /* dotted form with its NUL; a limit of ours */

enum oid {
	OID_AT_COMMON_NAME,
	OID_AT_SERIAL_NUMBER,
	OID_AT_ORGANIZATION,
	OID_CE_SUBJECT_DIRECTORY_ATTRIBUTES,
	OID_CE_SUBJECT_KEY_ID,
	OID_CE_KEY_USAGE,
	OID_CE_SUBJECT_ALT_NAME,
	OID_CE_BASIC_CONSTRAINTS,
	OID_CE_CRL_NUMBER,
	OID_CE_CRL_REASON,
	OID_CE_DELTA_CRL,
	OID_CE_CRL_DISTRIBUTION_POINTS,
	OID_CE_CERTIFICATE_POLICIES,
	OID_CE_AUTHORITY_KEY_ID,
	OID_CE_EXT_KEY_USAGE,
	OID_CE_ANY_EXT_KEY_USAGE,
	OID_CE_POLICY_MAPPINGS,
	OID_CE_POLICY_CONSTRAINTS,
	OID_CE_INHIBIT_ANY_POLICY,
	OID_CE_FRESHEST_CRL,
	OID_PE_AUTHORITY_INFO_ACCESS,
	OID_KP_SERVER_AUTH,
	OID_KP_CLIENT_AUTH,
	OID_KP_OCSP_SIGNING,
	OID_AD_OCSP,
	OID_AD_CA_ISSUERS,
	OID_OCSP_BASIC,              /* RFC 6960 4.2.1 */
	OID_OCSP_NONCE,              /* RFC 6960 4.4.1 */
	OID_OCSP_NO_CHECK,           /* RFC 6960 4.2.2.2.1 */
	OID_ON_PERMANENT_IDENTIFIER, /* RFC 4043 */
	OID_ON_HW_MODULE_NAME,       /* RFC 4108 5 */
	OID_SHA1,
	OID_SHA256,
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
	OID_TCG_TPM20, /* hwType of a TPM 2.0 */
	OID_TCG_AT_TPM_MANUFACTURER,
	OID_TCG_KP_EK,
	OID_TCG_ON_EK_PERM_ID_SHA256,
	OID_TCG_CAP_RESIDENCY,      /* verifiedTPMResidency */
	OID_TCG_CAP_FIXED,          /* verifiedTPMFixed: IDevID */
	OID_TCG_CAP_RESTRICTED,     /* verifiedTPMRestricted: IAK */
	OID_CMS_DATA,               /* RFC 5652 4 */
	OID_CMS_SIGNED_DATA,        /* RFC 5652 5.1 */
	OID_AT_CHALLENGE_PASSWORD,  /* RFC 2985 5.4.1 */
	OID_AT_EXTENSION_REQUEST,   /* RFC 2985 5.4.2 */
	OID_AA_ATTESTATION,         /* draft-ietf-lamps-csr-attestation-28 */
	OID_AA_REQUEST_TEMPLATE,    /* RFC 9908 3.4 */
	OID_AA_EXTENSION_TEMPLATE,  /* RFC 9908 3.4 */
	OID_TCG_ATTEST_TPM_CERTIFY, /* statement about a key, evidence.h */
	/* Our own, below 2.25.207490108098920881515971949788370139609, a
	 * number that ITU-T X.667 7 lets everybody draw. */
	OID_DEVID_ATTEST_EPOCH, /* .1: of the counter of erasures */
	OID_COUNT,
};

/* Complete AlgorithmIdentifiers: of signatures, RFC 5758 3.2, RFC 4055 5 and
 * 3.1 (a salt as long as the hash); of a hash as OCSP has it, and as a PKCS #1
 * signature has it (RFC 8017 9.2); of public keys, RFC 5480 2.1.1 and RFC 3279
 * 2.3.1. */
enum oid_algorithm {
	ALGORITHM_ECDSA_SHA256,
	ALGORITHM_ECDSA_SHA384,
	ALGORITHM_ECDSA_SHA512,
	ALGORITHM_RSA_SHA256,
	ALGORITHM_RSA_SHA384,
	ALGORITHM_RSA_SHA512,
	ALGORITHM_PSS_SHA256,
	ALGORITHM_PSS_SHA384,
	ALGORITHM_PSS_SHA512,
	ALGORITHM_SHA1,
	ALGORITHM_SHA256,
	ALGORITHM_KEY_P256,
	ALGORITHM_KEY_P384,
	ALGORITHM_KEY_RSA,
	ALGORITHM_COUNT,
};

/* The OBJECT IDENTIFIER @oid, with its header, and its content octets; static.
 */
struct view oid_der(enum oid oid);
struct view oid_content(enum oid oid);

/* Its DER; static. */
struct view oid_algorithm(enum oid_algorithm algorithm);

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
