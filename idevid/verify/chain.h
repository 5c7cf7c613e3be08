/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CHAIN_H
#define DEVID_CHAIN_H

/*
 * Chain verification to given anchors and to nothing else (RFC 5280 6). A
 * chain_store holds the anchors and the issuers that were verified up to one
 * of them. It runs on an OpenSSL library context of its own, so neither the
 * program's configuration nor its providers take part. What is not checked:
 * revocation, and the leaf's extendedKeyUsage, which the profile judges.
 *
 * The cache: after a full verification the leaf's issuer is remembered by the
 * SHA-256 of its DER with the time in which every certificate above the leaf
 * is valid. A later leaf of that issuer costs one signature verification.
 * An issuer below a name constraint, or with policies, is never remembered, as
 * its leaves need the whole path. The cached way only ever accepts; a refusal
 * always comes from the full verification, which names the certificate and the
 * cause.
 */

#include "der.h"
#include <devid/verify.h>

#define CHAIN_ISSUERS_MAX 64 /* issuers; the oldest gives way */

struct chain_store;

struct chain_query {
	const struct view *certs; /* borrowed; [0] is the leaf */
	size_t n_certs;
	time_t now;
	/* The leaf has the DevID profile: it is no CA, its dates are well
	 * formed, its key and signature strong. The cache needs it. */
	bool leaf_is_devid;
};

/* NOMEM, CRYPTO. */
DEVID_MUST_CHECK enum devid_err chain_store_new(
	struct chain_store **ret, struct devid_error *err);

void chain_store_free(struct chain_store *store);

/* Trusts the CA certificate @der. SYNTAX when it is no version 3 CA's. */
DEVID_MUST_CHECK enum devid_err chain_store_add_root(
	struct chain_store *store, struct view der, struct devid_error *err);

size_t chain_store_n_roots(const struct chain_store *store);

/* Verifies; *@ret is filled. OK, NOT_GENUINE, NOMEM. */
DEVID_MUST_CHECK enum devid_err chain_check(struct chain_store *store,
	const struct chain_query *query, struct devid_chain_report *ret);

#endif
