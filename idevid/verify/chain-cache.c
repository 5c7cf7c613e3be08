/* SPDX-License-Identifier: Apache-2.0 */
#include "chain-cache.h"

#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "cleanup.h"

#define HASH_LEN 32 /* SHA-256 */
#define TIME_LEN 14 /* YYYYMMDDHHMMSS */

struct entry {
	uint8_t hash[HASH_LEN]; /* of the whole certificate */
	EVP_PKEY *key;          /* owned; NULL: free slot */
	uint8_t *subject;       /* owned: RDNSequence content */
	size_t subject_len;
	uint8_t *key_id; /* owned, NULL when the issuer has none */
	size_t key_id_len;
	/* Every certificate of the path is valid from .. to. */
	char from[TIME_LEN + 1];
	char to[TIME_LEN + 1];
	struct devid_chain_report report;
};

struct chain_cache {
	pthread_mutex_t lock;
	OSSL_LIB_CTX *libctx; /* borrowed */
	size_t next;          /* slot that is used next */
	struct entry entries[CHAIN_CACHE_MAX];
};

CLEANUP_DEFINE(evp_pkey, EVP_PKEY *, EVP_PKEY_free)
CLEANUP_DEFINE(evp_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free)

static void entry_done(struct entry *e)
{
	EVP_PKEY_free(e->key);
	free(e->subject);
	free(e->key_id);
	memset(e, 0, sizeof(*e));
}

struct chain_cache *chain_cache_new(OSSL_LIB_CTX *libctx)
{
	struct chain_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	if (pthread_mutex_init(&cache->lock, NULL) != 0) {
		free(cache);
		return NULL;
	}
	cache->libctx = libctx;
	return cache;
}

void chain_cache_free(struct chain_cache *cache)
{
	if (!cache)
		return;
	chain_cache_clear(cache);
	(void)pthread_mutex_destroy(&cache->lock); /* unlocked by contract */
	free(cache);
}

void chain_cache_clear(struct chain_cache *cache)
{
	(void)pthread_mutex_lock(
		&cache->lock); /* cannot fail: not errorcheck */
	for (size_t i = 0; i < CHAIN_CACHE_MAX; i++)
		entry_done(&cache->entries[i]);
	(void)pthread_mutex_unlock(&cache->lock);
}

/* @t as YYYYMMDDHHMMSS; false beyond year 9999. */
static bool time_from_tm(const struct tm *tm, char out[TIME_LEN + 1])
{
	char text[64];

	if (tm->tm_year + 1900 < 0 || tm->tm_year + 1900 > 9999)
		return false;
	(void)snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02d",
		tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour,
		tm->tm_min, tm->tm_sec);
	memcpy(out, text, TIME_LEN);
	out[TIME_LEN] = '\0';
	return true;
}

static bool time_from_asn1(const ASN1_TIME *t, char out[TIME_LEN + 1])
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 && time_from_tm(&tm, out);
}

/* A time whose form the profile has checked (validity-encoding). */
static void time_from_cert(const struct cert_time *t, char out[TIME_LEN + 1])
{
	const uint8_t *p = t->text.data;

	if (t->tag == CERT_TAG_UTC_TIME) {
		memcpy(out, p[0] < '5' ? "20" : "19", 2);
		memcpy(out + 2, p, TIME_LEN - 2);
	} else {
		memcpy(out, p, TIME_LEN);
	}
	out[TIME_LEN] = '\0';
}

/* Narrows the window of @e to that of @cert; false when it is not fit. */
static bool narrow(struct entry *e, X509 *cert)
{
	char from[TIME_LEN + 1], to[TIME_LEN + 1];

	if (X509_get_ext_by_NID(cert, NID_name_constraints, -1) >= 0 ||
		!time_from_asn1(X509_get0_notBefore(cert), from) ||
		!time_from_asn1(X509_get0_notAfter(cert), to))
		return false;
	if (strcmp(from, e->from) > 0)
		memcpy(e->from, from, sizeof(from));
	if (e->to[0] == '\0' || strcmp(to, e->to) < 0)
		memcpy(e->to, to, sizeof(to));
	return true;
}

static bool copy_bytes(const uint8_t *data, size_t len, uint8_t **ret)
{
	*ret = malloc(len ? len : 1);
	if (*ret)
		memcpy(*ret, data, len);
	return *ret != NULL;
}

static bool hash_bytes(
	OSSL_LIB_CTX *libctx, struct view in, uint8_t out[HASH_LEN])
{
	return EVP_Q_digest(
		       libctx, "SHA256", NULL, in.data, in.len, out, NULL) == 1;
}

/* Fills @e from the issuer; the caller calls entry_done() on failure. */
static bool entry_fill(struct entry *e, X509 *issuer, OSSL_LIB_CTX *libctx)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
	unsigned char *der = NULL; /* owned */
	int len = i2d_X509(issuer, &der);
	struct cert_view cert;
	bool ok;

	if (len <= 0)
		return false;
	ok = hash_bytes(libctx, (struct view) { der, (size_t)len }, e->hash) &&
	     cert_parse((struct view) { der, (size_t)len }, &cert, NULL) ==
		     DEVID_OK &&
	     copy_bytes(cert.subject.data, cert.subject.len, &e->subject);
	e->subject_len = ok ? cert.subject.len : 0;
	OPENSSL_free(der);
	if (ok && id) {
		e->key_id_len = (size_t)ASN1_STRING_length(id);
		ok = copy_bytes(
			ASN1_STRING_get0_data(id), e->key_id_len, &e->key_id);
	}
	if (!ok)
		return false;
	e->key = X509_get_pubkey(issuer);
	return e->key != NULL;
}

void chain_cache_add(struct chain_cache *cache, X509 *const *path, size_t n,
	const struct devid_chain_report *report)
{
	struct entry e = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!narrow(&e, path[i]))
			return;
	}
	if (n == 0 || !entry_fill(&e, path[0], cache->libctx)) {
		entry_done(&e);
		return;
	}
	e.report = *report;
	e.report.cached = true;
	(void)pthread_mutex_lock(&cache->lock); /* see chain_cache_clear() */
	for (size_t i = 0; i < CHAIN_CACHE_MAX; i++) {
		if (cache->entries[i].key &&
			memcmp(cache->entries[i].hash, e.hash,
				sizeof(e.hash)) == 0)
			entry_done(&cache->entries[i]);
	}
	entry_done(&cache->entries[cache->next]);
	cache->entries[cache->next] = e;
	cache->next = (cache->next + 1) % CHAIN_CACHE_MAX;
	(void)pthread_mutex_unlock(&cache->lock);
}

static bool is_in_window(const char *now, const char *from, const char *to)
{
	return strcmp(now, from) >= 0 && strcmp(now, to) <= 0;
}

/* The keyIdentifier of @cert, which the profile has checked. */
static bool key_id_is(const struct cert_view *cert, const struct entry *e)
{
	const struct cert_ext *ext =
		cert_get_ext(cert, OID_CE_AUTHORITY_KEY_ID);
	struct view value, seq, id;

	if (!ext || !e->key_id)
		return false; /* without it the full way decides */
	value = ext->value;
	return der_take_tag(&value, DER_SEQUENCE, &seq) &&
	       der_take_tag(&seq, DER_CONTEXT_PRIM(0), &id) && seq.len == 0 &&
	       id.len == e->key_id_len &&
	       memcmp(id.data, e->key_id, id.len) == 0;
}

/* The issuer of @leaf among the entries that have hash @hash and are valid
 * at @now, or NULL. The lock is held. */
static struct entry *find(struct chain_cache *cache, const uint8_t *hash,
	const struct cert_view *leaf, const char *now)
{
	for (size_t i = 0; i < CHAIN_CACHE_MAX; i++) {
		struct entry *e = &cache->entries[i];

		if (e->key && memcmp(e->hash, hash, sizeof(e->hash)) == 0 &&
			is_in_window(now, e->from, e->to) &&
			e->subject_len == leaf->issuer.len &&
			memcmp(e->subject, leaf->issuer.data, e->subject_len) ==
				0 &&
			key_id_is(leaf, e))
			return e;
	}
	return NULL;
}

/* The digest that goes with the signature algorithm and the issuer's key. */
static const char *digest_name(const struct cert_view *cert, EVP_PKEY *key)
{
	static const struct {
		enum oid oid;
		int key_type;
		const char *digest;
	} algs[] = {
		{ OID_ECDSA_SHA256, EVP_PKEY_EC, "SHA256" },
		{ OID_ECDSA_SHA384, EVP_PKEY_EC, "SHA384" },
		{ OID_SHA256_WITH_RSA, EVP_PKEY_RSA, "SHA256" },
	};
	struct view whole = cert->outer_alg, seq, oid;

	if (!der_take_tag(&whole, DER_SEQUENCE, &seq) ||
		!der_take_tag(&seq, DER_OID, &oid))
		return NULL;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (oid_is(oid, algs[i].oid) &&
			EVP_PKEY_get_base_id(key) == algs[i].key_type)
			return algs[i].digest;
	}
	return NULL;
}

static bool signature_is_good(
	OSSL_LIB_CTX *libctx, const struct cert_view *cert, EVP_PKEY *key)
{
	CLEANUP(cleanup_evp_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *digest = digest_name(cert, key);

	return ctx && digest &&
	       EVP_DigestVerifyInit_ex(
		       ctx, NULL, digest, libctx, NULL, key, NULL) == 1 &&
	       EVP_DigestVerify(ctx, cert->signature.data, cert->signature.len,
		       cert->tbs.data, cert->tbs.len) == 1;
}

bool chain_cache_check(struct chain_cache *cache,
	const struct chain_query *query, struct devid_chain_report *ret)
{
	char now[TIME_LEN + 1], from[TIME_LEN + 1], to[TIME_LEN + 1];
	CLEANUP(cleanup_evp_pkey) EVP_PKEY *key = NULL;
	struct devid_chain_report report;
	struct cert_view leaf;
	struct tm tm;

	if (!query->leaf_is_devid || !gmtime_r(&query->now, &tm) ||
		!time_from_tm(&tm, now) ||
		cert_parse(query->certs[0], &leaf, NULL) != DEVID_OK)
		return false;
	time_from_cert(&leaf.not_before, from);
	time_from_cert(&leaf.not_after, to);
	if (!is_in_window(now, from, to))
		return false;
	for (size_t i = 1; i < query->n_certs && !key; i++) {
		uint8_t hash[HASH_LEN];
		struct entry *e;

		if (!hash_bytes(cache->libctx, query->certs[i], hash))
			return false;
		(void)pthread_mutex_lock(&cache->lock); /* see clear() */
		e = find(cache, hash, &leaf, now);
		if (e && EVP_PKEY_up_ref(e->key) == 1) {
			key = e->key;
			report = e->report;
		}
		(void)pthread_mutex_unlock(&cache->lock);
	}
	if (!key || !signature_is_good(cache->libctx, &leaf, key))
		return false;
	*ret = report;
	return true;
}
