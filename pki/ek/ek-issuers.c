/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-issuers.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "ek-private.h"

#define TIME_LEN 14 /* YYYYMMDDHHMMSS */

struct issuer {
	EVP_PKEY *key;     /* owned; NULL: free slot */
	EVP_PKEY_CTX *ctx; /* owned; set up for @md, NULL: not yet */
	const EVP_MD *md;  /* borrowed */
	uint8_t *subject;  /* owned: Name content */
	size_t subject_len;
	uint8_t *key_id; /* owned; NULL: it has none */
	size_t key_id_len;
	X509_CRL *crl; /* borrowed; NULL: none of this issuer */
	/* Everything of the path is valid from .. to. */
	char from[TIME_LEN + 1], to[TIME_LEN + 1];
};

struct ek_issuers {
	size_t next; /* slot that is used next */
	struct issuer slots[EK_ISSUERS_MAX];
};

CLEANUP_DEFINE(asn1_integer, ASN1_INTEGER *, ASN1_INTEGER_free)
CLEANUP_DEFINE(bn, BIGNUM *, BN_free)

static void issuer_done(struct issuer *i)
{
	EVP_PKEY_CTX_free(i->ctx);
	EVP_PKEY_free(i->key);
	free(i->subject);
	free(i->key_id);
	memset(i, 0, sizeof(*i));
}

struct ek_issuers *ek_issuers_new(void)
{
	return calloc(1, sizeof(struct ek_issuers));
}

void ek_issuers_free(struct ek_issuers *issuers)
{
	if (!issuers)
		return;
	for (size_t i = 0; i < EK_ISSUERS_MAX; i++)
		issuer_done(&issuers->slots[i]);
	free(issuers);
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

static bool is_plain_crl(X509_CRL *crl, X509 *issuer)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)))
			return false;
	}
	return X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
}

/* The list of @issuer, if it has one; false when there is more to it. */
static bool find_crl(STACK_OF(X509_CRL) * crls, X509 *issuer, X509_CRL **ret)
{
	*ret = NULL;
	for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(crls, i);

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
			    X509_get_subject_name(issuer)) != 0)
			continue;
		if (*ret || !is_plain_crl(crl, issuer))
			return false;
		*ret = crl;
	}
	return true;
}

static bool take_time(
	struct issuer *i, X509 *cert, STACK_OF(X509_CRL) * crls, bool first)
{
	X509_CRL *crl;

	if (X509_get_ext_by_NID(cert, NID_name_constraints, -1) >= 0 ||
		!narrow(i, X509_get0_notBefore(cert),
			X509_get0_notAfter(cert)) ||
		!find_crl(crls, cert, &crl))
		return false;
	if (first)
		i->crl = crl;
	return !crl || narrow(i, X509_CRL_get0_lastUpdate(crl),
			       X509_CRL_get0_nextUpdate(crl));
}

static bool copy_bytes(const uint8_t *data, size_t len, uint8_t **ret)
{
	*ret = malloc(len ? len : 1);
	if (*ret)
		memcpy(*ret, data, len);
	return *ret != NULL;
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
		!copy_bytes(name.data, name.len, &i->subject))
		return false;
	i->subject_len = name.len;
	if (!id)
		return true;
	i->key_id_len = (size_t)ASN1_STRING_length(id);
	return copy_bytes(ASN1_STRING_get0_data(id), i->key_id_len, &i->key_id);
}

void ek_issuers_add(struct ek_issuers *issuers, STACK_OF(X509) * chain,
	STACK_OF(X509_CRL) * crls)
{
	struct issuer i = { 0 };
	bool ok = sk_X509_num(chain) > 1;

	for (int n = 1; ok && n < sk_X509_num(chain); n++)
		ok = take_time(&i, sk_X509_value(chain, n), crls, n == 1);
	if (ok && take_names(&i, sk_X509_value(chain, 1)))
		i.key = X509_get_pubkey(sk_X509_value(chain, 1));
	if (!i.key) {
		issuer_done(&i);
		return;
	}
	for (size_t n = 0; n < EK_ISSUERS_MAX; n++) {
		if (issuers->slots[n].key &&
			EVP_PKEY_eq(issuers->slots[n].key, i.key) == 1 &&
			issuers->slots[n].subject_len == i.subject_len &&
			memcmp(issuers->slots[n].subject, i.subject,
				i.subject_len) == 0)
			issuer_done(&issuers->slots[n]);
	}
	issuer_done(&issuers->slots[issuers->next]);
	issuers->slots[issuers->next] = i;
	issuers->next = (issuers->next + 1) % EK_ISSUERS_MAX;
}

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

static bool is_not_revoked(const struct issuer *i, const struct cert_view *cert)
{
	CLEANUP(cleanup_bn) BIGNUM *bn = NULL;
	CLEANUP(cleanup_asn1_integer) ASN1_INTEGER *serial = NULL;
	X509_REVOKED *entry;

	if (!i->crl)
		return true;
	if (cert->serial.len == 0 || cert->serial.data[0] & 0x80)
		return false; /* negative: RFC 5280 4.1.2.2 forbids it */
	bn = BN_bin2bn(cert->serial.data, (int)cert->serial.len, NULL);
	serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	return serial && X509_CRL_get0_by_serial(i->crl, &entry, serial) == 0;
}

/* The digest of the signature algorithm, NULL when it does not fit @key. */
static const EVP_MD *find_digest(
	const struct cert_view *cert, const EVP_PKEY *key)
{
	const struct {
		enum oid oid;
		int key_type;
		const EVP_MD *md;
	} algs[] = {
		{ OID_ECDSA_SHA256, EVP_PKEY_EC, digest_sha256() },
		{ OID_ECDSA_SHA384, EVP_PKEY_EC, digest_sha384() },
		{ OID_ECDSA_SHA512, EVP_PKEY_EC, digest_sha512() },
		{ OID_SHA256_WITH_RSA, EVP_PKEY_RSA, digest_sha256() },
		{ OID_SHA384_WITH_RSA, EVP_PKEY_RSA, digest_sha384() },
		{ OID_SHA512_WITH_RSA, EVP_PKEY_RSA, digest_sha512() },
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
			return algs[i].md;
	}
	return NULL;
}

static bool set_up(struct issuer *i, const EVP_MD *md)
{
	if (i->ctx && i->md == md)
		return true;
	EVP_PKEY_CTX_free(i->ctx);
	i->md = NULL;
	i->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, i->key, NULL);
	if (!i->ctx || EVP_PKEY_verify_init(i->ctx) != 1 ||
		EVP_PKEY_CTX_set_signature_md(i->ctx, md) != 1)
		return false;
	i->md = md;
	return true;
}

static bool is_signed_by(struct issuer *i, const struct cert_view *cert)
{
	const EVP_MD *md = find_digest(cert, i->key);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len;
	bool ok;

	ERR_set_mark();
	ok = md &&
	     EVP_Digest(cert->tbs.data, cert->tbs.len, hash, &len, md, NULL) ==
		     1 &&
	     set_up(i, md) &&
	     EVP_PKEY_verify(i->ctx, cert->signature.data, cert->signature.len,
		     hash, len) == 1;
	ERR_pop_to_mark();
	return ok;
}

bool ek_issuers_check(
	struct ek_issuers *issuers, const struct ek_cert *cert, time_t now)
{
	char at[TIME_LEN + 1], from[TIME_LEN + 1], to[TIME_LEN + 1];
	const struct cert_view *view = &cert->view;
	struct tm tm;

	/* What OpenSSL would refuse for other reasons is left to it. */
	if (!ek_cert_has_key(cert) || ek_find_unknown_critical(view) ||
		!gmtime_r(&now, &tm) || !time_from_tm(&tm, at) ||
		!time_from_cert(&view->not_before, from) ||
		!time_from_cert(&view->not_after, to) || strcmp(at, from) < 0 ||
		strcmp(at, to) > 0)
		return false;
	for (size_t n = 0; n < EK_ISSUERS_MAX; n++) {
		struct issuer *i = &issuers->slots[n];

		if (i->key && strcmp(at, i->from) >= 0 &&
			strcmp(at, i->to) <= 0 && is_named(i, view) &&
			is_not_revoked(i, view) && is_signed_by(i, view))
			return true;
	}
	return false;
}
