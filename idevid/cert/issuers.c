/* SPDX-License-Identifier: Apache-2.0 */
#include "issuers.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "path.h"

#define TIME_LEN 14 /* YYYYMMDDHHMMSS */

struct issuer {
	EVP_PKEY *key;                  /* owned; NULL: free slot */
	uint8_t hash[ISSUERS_HASH_LEN]; /* of the whole certificate */
	uint8_t *subject;               /* owned: content of the Name */
	size_t subject_len;
	uint8_t *key_id; /* owned; NULL: it has none */
	size_t key_id_len;
	/* Everything of the path is valid from .. to. */
	char from[TIME_LEN + 1];
	char to[TIME_LEN + 1];
	void *note; /* owned */
};

struct issuers {
	pthread_mutex_t lock;
	OSSL_LIB_CTX *libctx; /* borrowed */
	size_t note_size;
	size_t next; /* slot that is used next */
	size_t max;
	struct issuer slots[];
};

static void issuer_done(struct issuer *i)
{
	EVP_PKEY_free(i->key);
	free(i->subject);
	free(i->key_id);
	free(i->note);
	memset(i, 0, sizeof(*i));
}

struct issuers *issuers_new(OSSL_LIB_CTX *libctx, size_t max, size_t note_size)
{
	struct issuers *issuers =
		calloc(1, sizeof(*issuers) + max * sizeof(issuers->slots[0]));

	if (!issuers)
		return NULL;
	if (pthread_mutex_init(&issuers->lock, NULL) != 0) {
		free(issuers);
		return NULL;
	}
	issuers->libctx = libctx;
	issuers->note_size = note_size;
	issuers->max = max;
	return issuers;
}

void issuers_free(struct issuers *issuers)
{
	if (!issuers)
		return;
	issuers_clear(issuers);
	(void)pthread_mutex_destroy(&issuers->lock); /* unlocked by contract */
	free(issuers);
}

/* It cannot fail: the mutex is of the plain kind. */
static void lock(struct issuers *issuers)
{
	(void)pthread_mutex_lock(&issuers->lock);
}

static void unlock(struct issuers *issuers)
{
	(void)pthread_mutex_unlock(&issuers->lock);
}

void issuers_clear(struct issuers *issuers)
{
	lock(issuers);
	for (size_t n = 0; n < issuers->max; n++)
		issuer_done(&issuers->slots[n]);
	unlock(issuers);
}

/* ---- times, as text that compares ---- */

/* false beyond year 9999 */
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

/* The one form that RFC 5280 4.1.2.5 allows; any other is for OpenSSL. */
static bool time_from_cert(const struct cert_time *t, char out[TIME_LEN + 1])
{
	const uint8_t *p = t->text.data;
	size_t len = t->tag == CERT_TAG_UTC_TIME ? TIME_LEN - 2 : TIME_LEN;

	if (t->text.len != len + 1 || p[len] != 'Z')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	memcpy(out, p[0] < '5' ? "20" : "19", 2);
	memcpy(out + TIME_LEN - len, p, len);
	out[TIME_LEN] = '\0';
	return true;
}

static bool is_in_window(const char *now, const char *from, const char *to)
{
	return strcmp(now, from) >= 0 && (!*to || strcmp(now, to) <= 0);
}

/* Narrows the time of @i; a @to of NULL has no end. */
static bool narrow(struct issuer *i, const ASN1_TIME *from, const ASN1_TIME *to)
{
	char text[TIME_LEN + 1];
	struct tm tm;

	if (ASN1_TIME_to_tm(from, &tm) != 1 || !time_from_tm(&tm, text))
		return false;
	if (strcmp(text, i->from) > 0)
		memcpy(i->from, text, sizeof(text));
	if (!to)
		return true;
	if (ASN1_TIME_to_tm(to, &tm) != 1 || !time_from_tm(&tm, text))
		return false;
	if (i->to[0] == '\0' || strcmp(text, i->to) < 0)
		memcpy(i->to, text, sizeof(text));
	return true;
}

/* ---- remembering ---- */

static bool copy(const void *data, size_t len, uint8_t **ret, size_t *ret_len)
{
	*ret = malloc(len ? len : 1);
	if (!*ret)
		return false;
	if (len)
		memcpy(*ret, data, len);
	*ret_len = len;
	return true;
}

static bool take_names(struct issuer *i, X509 *cert)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(cert);
	const unsigned char *der;
	struct view whole, name;
	size_t len;

	if (X509_NAME_get0_der(X509_get_subject_name(cert), &der, &len) != 1)
		return false;
	whole = (struct view) { der, len };
	if (!der_take_tag(&whole, DER_SEQUENCE, &name) ||
		!copy(name.data, name.len, &i->subject, &i->subject_len))
		return false;
	return !id ||
	       copy(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id),
		       &i->key_id, &i->key_id_len);
}

static bool take_times(struct issuer *i, const struct issuers_path *path)
{
	for (size_t n = 0; n < path->n; n++) {
		X509 *cert = path->certs[n];
		X509_CRL *crl = path->crls ? path->crls[n] : NULL;

		/* of the last one, the anchor, no policies are processed */
		if (X509_get_ext_by_NID(cert, NID_name_constraints, -1) >= 0 ||
			(n + 1 < path->n && path_has_policies(cert)) ||
			!narrow(i, X509_get0_notBefore(cert),
				X509_get0_notAfter(cert)))
			return false;
		if (crl && !narrow(i, X509_CRL_get0_lastUpdate(crl),
				   X509_CRL_get0_nextUpdate(crl)))
			return false;
	}
	return path->n > 0;
}

/* The caller calls issuer_done() on failure. */
static bool take_issuer(struct issuer *i, const struct issuers_path *path,
	const void *note, size_t note_size)
{
	X509 *cert = path->certs[0];
	unsigned len = 0;

	i->note = malloc(note_size);
	if (!i->note || !take_names(i, cert) ||
		X509_digest(cert, EVP_sha256(), i->hash, &len) != 1)
		return false;
	memcpy(i->note, note, note_size);
	i->key = X509_get_pubkey(cert);
	return i->key != NULL;
}

void issuers_add(struct issuers *issuers, const struct issuers_path *path,
	const void *note)
{
	struct issuer i = { 0 };

	if (!take_times(&i, path) ||
		!take_issuer(&i, path, note, issuers->note_size)) {
		issuer_done(&i);
		return;
	}
	lock(issuers);
	for (size_t n = 0; n < issuers->max; n++) {
		if (issuers->slots[n].key &&
			memcmp(issuers->slots[n].hash, i.hash,
				sizeof(i.hash)) == 0)
			issuer_done(&issuers->slots[n]);
	}
	issuer_done(&issuers->slots[issuers->next]);
	issuers->slots[issuers->next] = i;
	if (++issuers->next == issuers->max)
		issuers->next = 0;
	unlock(issuers);
}

/* ---- checking ---- */

/* The key identifier, when the certificate names one, is the issuer's; other
 * ways to name the issuer are for the full verification. */
static bool is_named(const struct issuer *i, const struct cert_view *cert)
{
	const struct cert_ext *ext =
		cert_get_ext(cert, OID_CE_AUTHORITY_KEY_ID);
	struct view value, seq, id;

	if (i->subject_len != cert->issuer.len ||
		memcmp(i->subject, cert->issuer.data, i->subject_len) != 0)
		return false;
	if (!ext)
		return true;
	value = ext->value;
	return der_take_tag(&value, DER_SEQUENCE, &seq) && value.len == 0 &&
	       der_take_tag(&seq, DER_CONTEXT_PRIM(0), &id) && seq.len == 0 &&
	       i->key_id && id.len == i->key_id_len &&
	       memcmp(id.data, i->key_id, id.len) == 0;
}

/* The digest of the signature algorithm, NULL when it does not fit @key. */
static const char *find_digest(
	const struct cert_view *cert, const EVP_PKEY *key)
{
	static const struct {
		enum oid oid;
		int key_type;
		const char *digest;
	} algs[] = {
		{ OID_ECDSA_SHA256, EVP_PKEY_EC, "SHA256" },
		{ OID_ECDSA_SHA384, EVP_PKEY_EC, "SHA384" },
		{ OID_ECDSA_SHA512, EVP_PKEY_EC, "SHA512" },
		{ OID_SHA256_WITH_RSA, EVP_PKEY_RSA, "SHA256" },
		{ OID_SHA384_WITH_RSA, EVP_PKEY_RSA, "SHA384" },
		{ OID_SHA512_WITH_RSA, EVP_PKEY_RSA, "SHA512" },
	};
	struct view whole = cert->outer_alg, seq, oid;

	/* RFC 5280 4.1.1.2: both say the same */
	if (cert->inner_alg.len != cert->outer_alg.len ||
		memcmp(cert->inner_alg.data, cert->outer_alg.data,
			cert->inner_alg.len) != 0 ||
		!der_take_tag(&whole, DER_SEQUENCE, &seq) ||
		!der_take_tag(&seq, DER_OID, &oid))
		return NULL;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (oid_is(oid, algs[i].oid) &&
			EVP_PKEY_get_base_id(key) == algs[i].key_type)
			return algs[i].digest;
	}
	return NULL;
}

static bool is_signed_by(
	OSSL_LIB_CTX *libctx, const struct cert_view *cert, EVP_PKEY *key)
{
	CLEANUP(cleanup_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *digest = find_digest(cert, key);
	bool ok;

	ERR_set_mark();
	ok = ctx && digest &&
	     EVP_DigestVerifyInit_ex(
		     ctx, NULL, digest, libctx, NULL, key, NULL) == 1 &&
	     EVP_DigestVerify(ctx, cert->signature.data, cert->signature.len,
		     cert->tbs.data, cert->tbs.len) == 1;
	ERR_pop_to_mark(); /* the full verification says why */
	return ok;
}

struct search {
	struct issuers *issuers;
	const struct cert_view *leaf;
	char now[TIME_LEN + 1];
	issuers_fit *fit;
	void *arg;
	size_t next; /* slot */
};

/* The key of the next issuer that may be the one, or NULL; the caller's. The
 * lock is not held while it verifies. */
static EVP_PKEY *next_key(struct search *s)
{
	EVP_PKEY *key = NULL;

	lock(s->issuers);
	while (s->next < s->issuers->max && !key) {
		struct issuer *i = &s->issuers->slots[s->next++];

		if (i->key && is_in_window(s->now, i->from, i->to) &&
			is_named(i, s->leaf) &&
			s->fit(s->arg, i->hash, i->note) &&
			EVP_PKEY_up_ref(i->key) == 1)
			key = i->key;
	}
	unlock(s->issuers);
	return key;
}

bool issuers_check(struct issuers *issuers, const struct cert_view *leaf,
	time_t now, issuers_fit *fit, void *arg)
{
	struct search s = { issuers, leaf, "", fit, arg, 0 };
	char from[TIME_LEN + 1], to[TIME_LEN + 1];
	bool ok = false;
	EVP_PKEY *key;
	struct tm tm;

	if (!path_leaf_is_plain(leaf) || !gmtime_r(&now, &tm) ||
		!time_from_tm(&tm, s.now) ||
		!time_from_cert(&leaf->not_before, from) ||
		!time_from_cert(&leaf->not_after, to) ||
		!is_in_window(s.now, from, to))
		return false;
	while (!ok && (key = next_key(&s))) {
		ok = is_signed_by(issuers->libctx, leaf, key);
		EVP_PKEY_free(key);
	}
	return ok;
}
