/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CHAIN_CACHE_H
#define DEVID_CHAIN_CACHE_H

/*
 * The issuers that chain.c verified, and the quick check of a leaf below one
 * of them: issuer name, key identifier, dates, signature (RFC 5280 6.1.3 a).
 * Safe for several threads.
 */

#include "chain.h"

#include <openssl/evp.h>

struct chain_cache;

/* @libctx is borrowed. NULL when memory is out. */
struct chain_cache *chain_cache_new(OSSL_LIB_CTX *libctx);
void chain_cache_free(struct chain_cache *cache);

/* Forgets every issuer; for when the anchors change. */
void chain_cache_clear(struct chain_cache *cache);

/*
 * Remembers the issuer @path[0] of the verified path @path (leaf excluded,
 * anchor last), described by @report. Silently does nothing when the issuer
 * is not fit for it or memory is out.
 */
void chain_cache_add(struct chain_cache *cache, X509 *const *path, size_t n,
	const struct devid_chain_report *report);

/* Whether @query's leaf is proved by a remembered issuer among its
 * certificates; only then *@ret is written. */
bool chain_cache_check(struct chain_cache *cache,
	const struct chain_query *query, struct devid_chain_report *ret);

#endif
