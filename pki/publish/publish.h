/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PUBLISH_H
#define DEVID_PUBLISH_H

/* Revocation lists and OCSP answers of an issuing CA. */

#include "ca.h"

/*
 * Makes a CRL (@delta: against the last full one; STATE when there is none)
 * and stores it in the register and, atomically, in the publish folder:
 * NAME.crl, NAME-delta.crl, beside NAME.cer, root.cer and NAME-chain.pem.
 */
DEVID_MUST_CHECK enum devid_err publish_crl(
	struct ca *ca, bool delta, struct devid_error *err);

/* The newest list of the register; another process may have made it. */
struct publish_newest {
	int64_t expires; /* seconds since 1970; 0: there is none */
	bool lacks;      /* something was revoked that it does not have */
	bool early;      /* it was made at a time that is still to come */
};

DEVID_MUST_CHECK enum devid_err publish_newest(struct ca *ca, bool delta,
	struct publish_newest *ret, struct devid_error *err);

struct ocsp_request {
	/* They point into the request. */
	struct view cert_id; /* CertID with its header */
	struct view serial;
	struct view nonce; /* empty: none asked */
	uint8_t issuer_name_hash[64], issuer_key_hash[64];
	size_t issuer_hash_len; /* 20: SHA-1, 32: SHA-256 */
};

#define OCSP_REQUEST_MAX 2048
#define OCSP_NONCE_MAX   128 /* RFC 9654 2.1 */

struct http_share; /* rate.h */

struct ocsp_reply {
	struct blob der;
	int64_t expires; /* seconds since 1970; 0: not to be kept */
	int64_t made;
};

#endif
