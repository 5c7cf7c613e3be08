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
};

DEVID_MUST_CHECK enum devid_err publish_newest(struct ca *ca, bool delta,
	struct publish_newest *ret, struct devid_error *err);

/* Writes certificates and the newest lists of the register to the folder,
 * those whose content differs from what is there. */
DEVID_MUST_CHECK enum devid_err publish_files(
	struct ca *ca, struct devid_error *err);

/*
 * Signs OCSP answers for new certificates and, in rounds that begin after half
 * of their time, for all again that are not quite new; at most @limit in one
 * call, so that a service does other work between two. *@ret_n counts: 0 when
 * all is done.
 */
DEVID_MUST_CHECK enum devid_err publish_ocsp(
	struct ca *ca, int64_t limit, int64_t *ret_n, struct devid_error *err);

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

/* Reads the DER of an OCSPRequest with one CertID; more than one is
 * UNSUPPORTED. Not checked: a requestor's signature. Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err ocsp_parse(
	struct view der, struct ocsp_request *ret, struct devid_error *err);

struct ocsp_reply {
	struct blob der;
	int64_t expires; /* seconds since 1970; 0: not to be kept */
};

/*
 * Answers the request @der: the stored answer, or with a nonce or without a
 * stored one a fresh one. A malformed request gets malformedRequest, another
 * issuer's certificate unauthorized, an unknown serial number the status
 * unknown; what must be signed gets tryLater when ca->on_demand says so.
 * *@ret is the caller's.
 */
DEVID_MUST_CHECK enum devid_err ocsp_answer(struct ca *ca, struct view der,
	struct ocsp_reply *ret, struct devid_error *err);

#endif
