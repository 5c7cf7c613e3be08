/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-cache.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert-time.h"
#include "fail.h"

#define N_WAYS 4

struct entry {
	uint8_t *bytes; /* owned: request, then answer; NULL: free */
	size_t request_len, len;
	uint64_t hash;
	uint64_t used; /* count of the cache when last asked for */
	int64_t forget;
	int64_t this_update, next_update;
	char last_modified[SERVE_DATE_MAX], expires[SERVE_DATE_MAX];
	char cache_control[80]; /* as of the second @told */
	int64_t told;
	char etag[20]; /* 64 bits in hex, in quotes: RFC 9110 8.8.3 */
};

struct serve_cache {
	uint64_t seed, clock;
	size_t n_sets; /* a power of two */
	struct entry entries[];
};

/* FNV-1a, started by a secret: who does not know it cannot aim. */
static uint64_t hash_of(uint64_t seed, const uint8_t *data, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u ^ seed;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 0x100000001b3u;
	return hash ^ (hash >> 32);
}

enum devid_err serve_cache_new(
	size_t n_entries, struct serve_cache **ret, struct devid_error *err)
{
	struct serve_cache *cache;
	size_t n_sets = 1;

	while (n_sets * N_WAYS < n_entries)
		n_sets *= 2;
	cache = calloc(1,
		sizeof(*cache) + n_sets * N_WAYS * sizeof(cache->entries[0]));
	if (!cache)
		return fail_no_memory(err);
	cache->n_sets = n_sets;
	if (RAND_bytes((unsigned char *)&cache->seed, sizeof(cache->seed)) !=
		1) {
		free(cache);
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"serve: no random bytes for the cache");
	}
	*ret = cache;
	return DEVID_OK;
}

static void drop(struct entry *e)
{
	free(e->bytes);
	memset(e, 0, sizeof(*e));
}

void serve_cache_clear(struct serve_cache *cache)
{
	for (size_t i = 0; i < cache->n_sets * N_WAYS; i++)
		drop(&cache->entries[i]);
}

void serve_cache_free(struct serve_cache *cache)
{
	if (!cache)
		return;
	serve_cache_clear(cache);
	free(cache);
}

static struct entry *set_of(struct serve_cache *cache, uint64_t hash)
{
	return &cache->entries[(hash & (cache->n_sets - 1)) * N_WAYS];
}

static struct entry *find(struct serve_cache *cache, uint64_t hash,
	const uint8_t *request, size_t len)
{
	struct entry *set = set_of(cache, hash);

	for (size_t i = 0; i < N_WAYS; i++) {
		if (set[i].bytes && set[i].hash == hash &&
			set[i].request_len == len &&
			memcmp(set[i].bytes, request, len) == 0)
			return &set[i];
	}
	return NULL;
}

/* The same for all who ask in one second. */
static void tell_age(struct entry *e, int64_t now)
{
	if (e->told == now)
		return;
	(void)snprintf(e->cache_control, sizeof(e->cache_control),
		"max-age=%lld,public,no-transform,must-revalidate",
		(long long)(e->next_update - now));
	e->told = now;
}

enum devid_err serve_cache_get(struct serve_cache *cache,
	const uint8_t *request, size_t len, int64_t now,
	struct serve_answer *ret)
{
	uint64_t hash = hash_of(cache->seed, request, len);
	struct entry *e = find(cache, hash, request, len);

	if (!e)
		return DEVID_ERR_NOT_FOUND;
	/* Longer than it was to stay: the clock was set back. */
	if (now >= e->forget || e->forget - now > SERVE_CACHE_SECONDS) {
		drop(e);
		return DEVID_ERR_NOT_FOUND;
	}
	e->used = ++cache->clock;
	tell_age(e, now);
	*ret = (struct serve_answer) { .data = e->bytes + e->request_len,
		.len = e->len,
		.this_update = e->this_update,
		.next_update = e->next_update,
		.cache_control = e->cache_control,
		.last_modified = e->last_modified,
		.expires = e->expires,
		.etag = e->etag };
	return DEVID_OK;
}

void serve_http_date(int64_t when, char buf[SERVE_DATE_MAX])
{
	struct tm tm;

	buf[0] = '\0';
	if (pki_time_utc(when, &tm))
		(void)strftime(
			buf, SERVE_DATE_MAX, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* A free place of the set, or the one longest unused. */
static struct entry *make_room(struct serve_cache *cache, uint64_t hash)
{
	struct entry *set = set_of(cache, hash), *oldest = set;

	for (size_t i = 0; i < N_WAYS; i++) {
		if (!set[i].bytes)
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	drop(oldest);
	return oldest;
}

void serve_cache_put(struct serve_cache *cache, const uint8_t *request,
	size_t len, const struct serve_answer *answer, int64_t now)
{
	uint64_t hash = hash_of(cache->seed, request, len);
	struct entry *e = find(cache, hash, request, len);
	uint8_t *bytes;

	if (answer->next_update <= now)
		return;
	bytes = malloc(len + answer->len);
	if (!bytes)
		return; /* the register is asked again next time */
	if (e)
		drop(e);
	else
		e = make_room(cache, hash);
	memcpy(bytes, request, len);
	memcpy(bytes + len, answer->data, answer->len);
	*e = (struct entry) { .bytes = bytes,
		.request_len = len,
		.len = answer->len,
		.hash = hash,
		.used = ++cache->clock,
		.forget = now + SERVE_CACHE_SECONDS,
		.this_update = answer->this_update,
		.next_update = answer->next_update,
		.told = -1 };
	if (e->forget > e->next_update)
		e->forget = e->next_update;
	serve_http_date(e->this_update, e->last_modified);
	serve_http_date(e->next_update, e->expires);
	(void)snprintf(e->etag, sizeof(e->etag), "\"%016llx\"",
		(unsigned long long)hash_of(
			cache->seed, answer->data, answer->len));
}
