/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OCSP_ANSWER_H
#define DEVID_OCSP_ANSWER_H

/* Answering OCSP requests, RFC 6960 4.2, RFC 5019 2.2. */

#include "publish-private.h"
#include "publish.h"

/* SHA-1 (@len 20) or SHA-256 (32) of the CA's name and public key. */
DEVID_MUST_CHECK enum devid_err publish_issuer_hashes(const struct ca *ca,
	size_t len, uint8_t *ret_name, uint8_t *ret_key,
	struct devid_error *err);

/* Errors: STATE (no key at hand, or its certificate has expired). */
DEVID_MUST_CHECK enum devid_err responder_init(const struct ca *ca, int64_t now,
	struct responder *ret, struct devid_error *err);

/* Of the stored answer about a certificate in this state: one made before it
 * was revoked is not found any more. */
void publish_ocsp_name(const struct ca *ca, const struct register_cert *cert,
	char ret[PUBLISH_NAME_MAX]);

/* Signs what is known of @cert (NULL: nothing) into @what, whose CertID and
 * nonce are set; sets when it ends. */
DEVID_MUST_CHECK enum devid_err publish_ocsp_sign(
	const struct responder *responder, const struct register_cert *cert,
	struct build_ocsp *what, struct blob *ret, struct devid_error *err);

/*
 * Answers the request @der: the stored answer, or with a nonce or without a
 * stored one a fresh one. A malformed request gets malformedRequest, another
 * issuer's certificate unauthorized, an unknown serial number the status
 * unknown; what must be signed gets tryLater when @on_demand (NULL: no limit)
 * says so. *@ret is the caller's.
 */
DEVID_MUST_CHECK enum devid_err ocsp_answer(struct ca *ca, struct view der,
	const struct http_share *on_demand, struct ocsp_reply *ret,
	struct devid_error *err);

#endif
