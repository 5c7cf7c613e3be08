/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_OPS_H
#define DEVID_EST_OPS_H

/*
 * What is asked of an EST server (RFC 7030 4, RFC 8951, RFC 9908), each answer
 * judged by its status and type and read within bounds. On anything but NONE
 * @err has the cause, with the operation's name in it.
 */

#include "blob.h"
#include "csrattrs.h"
#include "est-link.h"
#include "wire.h"

#include <openssl/x509.h>

/* An answer that says "not now" without saying when; seconds. */
#define EST_RETRY_DEFAULT 60
#define EST_RETRY_MIN     10

struct est_server {
	struct est_link *link; /* borrowed */
	const char *label;     /* borrowed; NULL: none */
	unsigned retry_after; /* set with PENDING and EST_SERVER; 0: not said */
};

/* GET cacerts: *@ret, the caller's. */
DEVID_MUST_CHECK enum enroll_class est_cacerts(struct est_server *server,
	STACK_OF(X509) * *ret, struct devid_error *err);

/* GET csrattrs; 204 and 404 mean that there are none. @ret points into
 * *@ret_der, which is the caller's. */
DEVID_MUST_CHECK enum enroll_class est_csrattrs(struct est_server *server,
	struct blob *ret_der, struct csrattrs *ret, struct devid_error *err);

struct est_nonce {
	size_t len; /* 0: the server gives none */
	uint8_t data[WIRE_NONCE_MAX];
};

/* The nonce in the JSON of such an answer, WIRE_NONCE_MIN to WIRE_NONCE_MAX
 * bytes, base64url without '=' (RFC 4648 5). Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err est_nonce_parse(
	struct view json, struct est_nonce *ret, struct devid_error *err);

/* GET nonce (draft-ietf-lamps-attestation-freshness-07): 404 is a server
 * without. */
DEVID_MUST_CHECK enum enroll_class est_nonce(struct est_server *server,
	struct est_nonce *ret, struct devid_error *err);

enum est_enrolled {
	EST_ISSUED,
	EST_PENDING, /* 202 */
	EST_STALE,   /* 409: the nonce is gone, a new request is wanted */
};

/* POST simpleenroll of the request @csr, DER. With ISSUED *@ret_certs is the
 * caller's. */
DEVID_MUST_CHECK enum enroll_class est_enroll(struct est_server *server,
	struct view csr, enum est_enrolled *ret, STACK_OF(X509) * *ret_certs,
	struct devid_error *err);

/* GET of the site's onboarding document: *@ret, the caller's, not read yet. */
DEVID_MUST_CHECK enum enroll_class est_document(
	struct est_server *server, struct blob *ret, struct devid_error *err);

#endif
