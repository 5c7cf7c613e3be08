/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_CACHE_H
#define DEVID_SERVE_CACHE_H

/*
 * OCSP answers by the exact bytes of their request. Of fixed size: a request
 * has four places where it may lie, of which a new one takes the free or the
 * longest unused one. Nobody can therefore make a look-up slow, and who floods
 * it with requests costs others no more than a look into the register.
 */

#include <devid/error.h>

#include <stddef.h>
#include <stdint.h>

/* Seconds that an answer stays at most: so long does a revocation by another
 * process not show here. */
#define SERVE_CACHE_SECONDS 60

struct serve_cache;

struct serve_answer {
	const uint8_t *data; /* borrowed, until the next call that changes */
	size_t len;
	int64_t this_update, next_update; /* seconds since 1970 */
	/* The same as HTTP headers say it, made once; borrowed as well.
	 * Cache-Control is of the second that was asked about. */
	const char *cache_control, *last_modified, *expires, *etag;
};

#define SERVE_DATE_MAX 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* @when, seconds since 1970, as HTTP writes it (RFC 9110 5.6.7). */
void serve_http_date(int64_t when, char buf[SERVE_DATE_MAX]);

/* For @n_entries, rounded up. Errors: NOMEM, CRYPTO (no random seed). */
DEVID_MUST_CHECK enum devid_err serve_cache_new(
	size_t n_entries, struct serve_cache **ret, struct devid_error *err);
void serve_cache_free(struct serve_cache *cache);

/* The answer to @request as long as it holds at @now; NOT_FOUND, and no
 * message, otherwise. */
DEVID_MUST_CHECK enum devid_err serve_cache_get(struct serve_cache *cache,
	const uint8_t *request, size_t len, int64_t now,
	struct serve_answer *ret);

/* Copies. Without memory nothing is kept. What HTTP says is made here. */
void serve_cache_put(struct serve_cache *cache, const uint8_t *request,
	size_t len, const struct serve_answer *answer, int64_t now);

/* Forgets everything: something was revoked. */
void serve_cache_clear(struct serve_cache *cache);

#endif
