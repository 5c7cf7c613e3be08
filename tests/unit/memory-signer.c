/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "memory-signer.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "rsa-keys.h"

struct memory_signer {
	struct signer base;
	EVP_PKEY_CTX *ctx; /* owned; set up to sign hashes of @md */
	const EVP_MD *md;  /* borrowed, static */
	bool broken;
	unsigned count;
};

static void memory_free(struct signer *s)
{
	struct memory_signer *m = (struct memory_signer *)s;

	EVP_PKEY_CTX_free(m->ctx);
	EVP_PKEY_free(m->base.public_key);
	free(m);
}

static enum devid_err memory_sign(struct signer *s, struct der_view data,
	struct signer_sig *ret, struct devid_error *err)
{
	struct memory_signer *m = (struct memory_signer *)s;
	uint8_t hash[EVP_MAX_MD_SIZE];
	size_t sig_len = sizeof(ret->data);
	unsigned hash_len = 0;

	if (m->broken)
		return devid_fail(err, DEVID_ERR_UNREACHABLE, "token: gone");
	assert(EVP_Digest(data.data, data.len, hash, &hash_len, m->md, NULL) ==
		1);
	assert(EVP_PKEY_sign(m->ctx, ret->data, &sig_len, hash, hash_len) == 1);
	ret->len = sig_len;
	m->count++;
	return DEVID_OK;
}

static const struct signer_ops ops = { memory_free, memory_sign };

struct signer *memory_signer_of(EVP_PKEY *key)
{
	struct memory_signer *m = calloc(1, sizeof(*m));
	int digest = NID_undef;

	assert(m && key);
	m->base.ops = &ops;
	m->base.public_key = key;
	assert(OBJ_find_sigid_algs(signer_nid(key), &digest, NULL) == 1);
	m->md = digest == NID_sha384 ? digest_sha384() : digest_sha256();
	m->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	assert(digest == NID_sha384 || digest == NID_sha256);
	assert(m->ctx && EVP_PKEY_sign_init(m->ctx) == 1);
	assert(EVP_PKEY_CTX_set_signature_md(m->ctx, m->md) == 1);
	return &m->base;
}

struct signer *memory_signer_new(const char *alg)
{
	if (strncmp(alg, "rsa", 3) == 0)
		return memory_signer_of(rsa_keys_next((unsigned)atoi(alg + 3)));
	return memory_signer_of(
		EVP_EC_gen(strcmp(alg, "p384") == 0 ? "P-384" : "P-256"));
}

void memory_signer_break(struct signer *signer, bool broken)
{
	((struct memory_signer *)signer)->broken = broken;
}

unsigned memory_signer_count(const struct signer *signer)
{
	return ((const struct memory_signer *)signer)->count;
}

static void add_ext(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert(ext && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

X509 *memory_signer_ca(struct signer *signer, const char *cn)
{
	struct memory_signer *m = (struct memory_signer *)signer;
	unsigned char id[EVP_MAX_MD_SIZE];
	X509 *cert = X509_new();
	X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	unsigned len;

	assert(name && ski && X509_set_version(cert, X509_VERSION_3) == 1);
	assert(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1);
	assert(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		       (const unsigned char *)cn, -1, -1, 0) == 1);
	assert(X509_set_issuer_name(cert, name) == 1);
	assert(X509_gmtime_adj(X509_getm_notBefore(cert), -60));
	assert(X509_gmtime_adj(X509_getm_notAfter(cert), 86400));
	assert(X509_set_pubkey(cert, signer->public_key) == 1);
	add_ext(cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	add_ext(cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	assert(X509_pubkey_digest(cert, EVP_sha1(), id, &len) == 1);
	assert(ASN1_OCTET_STRING_set(ski, id, (int)len) == 1);
	assert(X509_add1_ext_i2d(cert, NID_subject_key_identifier, ski, 0, 0) ==
		1);
	ASN1_OCTET_STRING_free(ski);
	assert(X509_sign(cert, signer->public_key, m->md) > 0);
	return cert;
}
