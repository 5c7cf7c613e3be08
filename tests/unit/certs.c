/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "certs.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rsa-keys.h"

void certs_append(struct certs_buf *buf, const void *data, size_t len)
{
	assert(buf->len + len <= sizeof(buf->data));
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

static void append_buf(struct certs_buf *buf, struct certs_buf more)
{
	certs_append(buf, more.data, more.len);
}

struct certs_buf certs_hex(const char *hex)
{
	struct certs_buf buf = { .len = 0 };

	while (*hex) {
		unsigned value;
		uint8_t octet;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert(sscanf(hex, "%2x", &value) == 1);
		octet = (uint8_t)value;
		certs_append(&buf, &octet, 1);
		hex += 2;
	}
	return buf;
}

struct certs_buf certs_tlv(uint8_t tag, const struct certs_buf *content)
{
	struct certs_buf buf = { .data = { tag }, .len = 1 };
	size_t n = content->len;

	if (n < 0x80) {
		buf.data[buf.len++] = (uint8_t)n;
	} else if (n < 0x100) {
		buf.data[buf.len++] = 0x81;
		buf.data[buf.len++] = (uint8_t)n;
	} else {
		buf.data[buf.len++] = 0x82;
		buf.data[buf.len++] = (uint8_t)(n >> 8);
		buf.data[buf.len++] = (uint8_t)n;
	}
	append_buf(&buf, *content);
	return buf;
}

static void append_tlv(
	struct certs_buf *buf, uint8_t tag, struct certs_buf content)
{
	append_buf(buf, certs_tlv(tag, &content));
}

static struct certs_buf text(const char *s)
{
	struct certs_buf buf = { .len = 0 };

	certs_append(&buf, s, strlen(s));
	return buf;
}

/* One RDN with one attribute. */
static struct certs_buf rdn(const char *oid, uint8_t tag, const char *value)
{
	struct certs_buf atv = { .len = 0 }, set = { .len = 0 };

	append_tlv(&atv, 0x06, certs_hex(oid));
	append_tlv(&atv, tag, text(value));
	append_tlv(&set, 0x30, atv);
	return certs_tlv(0x31, &set);
}

static struct certs_buf subject_of(const struct certs_spec *spec)
{
	struct certs_buf name = { .len = 0 };

	if (spec->subject)
		return certs_hex(spec->subject);
	if (spec->cn)
		append_buf(&name, rdn("550403", 0x0c, spec->cn));
	if (spec->sn)
		append_buf(&name, rdn("550405", 0x13, spec->sn));
	return certs_tlv(0x30, &name);
}

struct certs_spec certs_ca_spec(const char *cn)
{
	struct certs_spec spec = {
		.version = "a003020102",
		.serial = "1122334455667788",
		.digest = "SHA256",
		.not_before = "U200101000000Z",
		.not_after = "G99991231235959Z",
		.cn = cn,
		.tail = "",
		.behind = "",
	};

	certs_set_ext(&spec, CERTS_OID_BC, "ff", "30030101ff");
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "03020106");
	certs_set_ext(&spec, CERTS_OID_SKI, "", "SKI");
	certs_set_ext(&spec, CERTS_OID_AKI, "", "AKI");
	return spec;
}

struct certs_spec certs_idevid_spec(void)
{
	struct certs_spec spec = certs_ca_spec("M1");

	spec.serial = "0102030405060708090a";
	spec.sn = "ACCC8E000001";
	spec.n_ext = 0;
	certs_set_ext(&spec, CERTS_OID_AKI, "", "AKI");
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "03020780");
	certs_set_ext(&spec, CERTS_OID_SAN, "", CERTS_SAN);
	certs_set_ext(&spec, CERTS_OID_CP, "", CERTS_POLICIES);
	return spec;
}

void certs_set_ext(struct certs_spec *spec, const char *oid,
	const char *critical, const char *value)
{
	size_t i = 0;

	while (i < spec->n_ext && strcmp(spec->ext[i].oid, oid) != 0)
		i++;
	if (!value) {
		assert(i < spec->n_ext);
		memmove(&spec->ext[i], &spec->ext[i + 1],
			(spec->n_ext - i - 1) * sizeof(spec->ext[0]));
		spec->n_ext--;
		return;
	}
	assert(i < CERTS_EXT_MAX);
	spec->ext[i] = (struct certs_ext) { oid, critical, value };
	if (i == spec->n_ext)
		spec->n_ext++;
}

EVP_PKEY *certs_key(const char *type)
{
	EVP_PKEY *key;

	if (strncmp(type, "RSA:", 4) == 0)
		key = rsa_keys_next((unsigned)atoi(type + 4));
	else if (type[0] == 'P')
		key = EVP_EC_gen(type);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, type);
	assert(key);
	return key;
}

static struct certs_buf spki_of(EVP_PKEY *key)
{
	struct certs_buf buf = { .len = 0 };
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert(len > 0);
	certs_append(&buf, der, (size_t)len);
	OPENSSL_free(der);
	return buf;
}

/* A key identifier: the first 20 octets of the key's SHA-256 (RFC 7093). */
static struct certs_buf key_id_of(EVP_PKEY *key)
{
	struct certs_buf spki = spki_of(key), id = { .len = 20 };
	uint8_t hash[32];
	size_t n;

	assert(EVP_Q_digest(NULL, "SHA256", NULL, spki.data, spki.len, hash,
		       &n) == 1);
	memcpy(id.data, hash, 20);
	return id;
}

static const char *algorithm_of(EVP_PKEY *key, const char *digest)
{
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return "3005 0603 2b6570";
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
		if (strcmp(digest, "SHA1") == 0)
			return "3009 0607 2a8648ce3d0401";
		if (strcmp(digest, "SHA256") == 0)
			return "300a 0608 2a8648ce3d040302";
		if (strcmp(digest, "SHA384") == 0)
			return "300a 0608 2a8648ce3d040303";
		return "300a 0608 2a8648ce3d040304";
	}
	if (strcmp(digest, "SHA256") == 0)
		return "300d 0609 2a864886f70d01010b 0500";
	return "300d 0609 2a864886f70d01010c 0500";
}

static struct certs_buf extension(
	const struct certs_ext *ext, EVP_PKEY *own, EVP_PKEY *issuer)
{
	struct certs_buf seq = { .len = 0 }, value = { .len = 0 }, id;

	if (strcmp(ext->value, "SKI") == 0) {
		id = key_id_of(own);
		append_tlv(&value, 0x04, id);
	} else if (strcmp(ext->value, "AKI") == 0) {
		id = key_id_of(issuer);
		id = certs_tlv(0x80, &id);
		append_tlv(&value, 0x30, id);
	} else {
		value = certs_hex(ext->value);
	}
	append_tlv(&seq, 0x06, certs_hex(ext->oid));
	if (ext->critical[0])
		append_tlv(&seq, 0x01, certs_hex(ext->critical));
	append_tlv(&seq, 0x04, value);
	return certs_tlv(0x30, &seq);
}

static struct certs_buf time_of(const char *t)
{
	struct certs_buf content = text(t + 1);

	return certs_tlv(t[0] == 'U' ? 0x17 : 0x18, &content);
}

static struct certs_buf tbs_of(const struct certs_spec *spec, EVP_PKEY *key,
	const struct certs_node *issuer, const char *alg)
{
	EVP_PKEY *issuer_key = issuer ? issuer->key : key;
	struct certs_buf tbs = certs_hex(spec->version);
	struct certs_buf part = time_of(spec->not_before);

	append_tlv(&tbs, 0x02, certs_hex(spec->serial));
	append_buf(&tbs, certs_hex(spec->inner_alg ? spec->inner_alg : alg));
	if (spec->issuer)
		append_buf(&tbs, certs_hex(spec->issuer));
	else
		append_buf(&tbs, issuer ? issuer->subject : subject_of(spec));
	append_buf(&part, time_of(spec->not_after));
	append_tlv(&tbs, 0x30, part);
	append_buf(&tbs, subject_of(spec));
	append_buf(&tbs, spec->spki ? certs_hex(spec->spki) : spki_of(key));
	append_buf(&tbs, certs_hex(spec->tail));
	if (spec->n_ext == 0)
		return certs_tlv(0x30, &tbs);
	part.len = 0;
	for (size_t i = 0; i < spec->n_ext; i++)
		append_buf(&part, extension(&spec->ext[i], key, issuer_key));
	part = certs_tlv(0x30, &part);
	append_tlv(&tbs, 0xa3, part);
	return certs_tlv(0x30, &tbs);
}

static struct certs_buf signature_of(
	const struct certs_buf *tbs, EVP_PKEY *key, const char *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct certs_buf bits = { .data = { 0 }, .len = 1 };
	size_t len = sizeof(bits.data) - 1;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		digest = NULL;
	assert(ctx && EVP_DigestSignInit_ex(
			      ctx, NULL, digest, NULL, NULL, key, NULL) == 1);
	assert(EVP_DigestSign(ctx, bits.data + 1, &len, tbs->data, tbs->len) ==
		1);
	EVP_MD_CTX_free(ctx);
	bits.len = 1 + len;
	return certs_tlv(0x03, &bits);
}

struct certs_node certs_sign(const struct certs_spec *spec, EVP_PKEY *key,
	const struct certs_node *issuer)
{
	struct certs_node node = { .key = key, .subject = subject_of(spec) };
	EVP_PKEY *signer = issuer ? issuer->key : key;
	const char *alg = algorithm_of(signer, spec->digest);
	struct certs_buf body = tbs_of(spec, key, issuer, alg);
	struct certs_buf sig = signature_of(&body, signer, spec->digest);

	append_buf(&body, certs_hex(spec->outer_alg ? spec->outer_alg : alg));
	append_buf(&body, sig);
	node.der = certs_tlv(0x30, &body);
	append_buf(&node.der, certs_hex(spec->behind));
	return node;
}

void certs_done(struct certs_node *node)
{
	EVP_PKEY_free(node->key);
	node->key = NULL;
}

X509 *certs_x509(const struct certs_node *node)
{
	const unsigned char *p = node->der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)node->der.len);

	assert(cert);
	return cert;
}

char *certs_pem(const struct certs_node *const *nodes, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *copy;
	long len;

	assert(bio);
	for (size_t i = 0; i < n; i++)
		assert(PEM_write_bio(bio, PEM_STRING_X509, "",
			       nodes[i]->der.data,
			       (long)nodes[i]->der.len) > 0);
	len = BIO_get_mem_data(bio, &data);
	copy = strndup(data, (size_t)len);
	assert(copy);
	BIO_free(bio);
	return copy;
}
