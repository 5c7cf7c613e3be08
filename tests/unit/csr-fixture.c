/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "csr-fixture.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpm-template.h"

/* ---- OpenSSL and TPM forms ---- */

static const char *md_name(unsigned alg)
{
	return alg == TPM2_ALG_SHA512   ? "SHA512"
	       : alg == TPM2_ALG_SHA384 ? "SHA384"
					: "SHA256";
}

/* @param of @key, big-endian in @len bytes; 0: as many as it has. */
static uint16_t get_number(
	EVP_PKEY *key, const char *param, uint8_t *ret, size_t len)
{
	BIGNUM *n = NULL;

	assert(EVP_PKEY_get_bn_param(key, param, &n) == 1);
	len = len ? len : (size_t)BN_num_bytes(n);
	assert(BN_bn2binpad(n, ret, (int)len) == (int)len);
	BN_free(n);
	return (uint16_t)len;
}

static size_t field_of(EVP_PKEY *key)
{
	return ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
}

void csr_fixture_set_key(TPMT_PUBLIC *area, EVP_PKEY *key)
{
	TPMS_ECC_POINT *point = &area->unique.ecc;
	size_t field = field_of(key);

	memset(&area->unique, 0, sizeof(area->unique));
	if (area->type == TPM2_ALG_RSA) {
		area->unique.rsa.size = get_number(
			key, OSSL_PKEY_PARAM_RSA_N, area->unique.rsa.buffer, 0);
		return;
	}
	point->x.size = get_number(
		key, OSSL_PKEY_PARAM_EC_PUB_X, point->x.buffer, field);
	point->y.size = get_number(
		key, OSSL_PKEY_PARAM_EC_PUB_Y, point->y.buffer, field);
}

static size_t marshal_public(const TPMT_PUBLIC *area, uint8_t *buf, size_t size)
{
	size_t len = 0;

	assert(Tss2_MU_TPMT_PUBLIC_Marshal(area, buf, size, &len) ==
		TSS2_RC_SUCCESS);
	return len;
}

size_t csr_fixture_name(const TPMT_PUBLIC *area, uint8_t *name)
{
	uint8_t bytes[sizeof(*area)];
	size_t len = marshal_public(area, bytes, sizeof(bytes)), n = 0;

	name[0] = (uint8_t)(area->nameAlg >> 8);
	name[1] = (uint8_t)area->nameAlg;
	assert(EVP_Q_digest(NULL, md_name(area->nameAlg), NULL, bytes, len,
		       name + 2, &n) == 1);
	return 2 + n;
}

size_t csr_fixture_attest(const TPMS_ATTEST *attest, uint8_t *buf, size_t size)
{
	size_t len = 0;

	assert(Tss2_MU_TPMS_ATTEST_Marshal(attest, buf, size, &len) ==
		TSS2_RC_SUCCESS);
	return len;
}

/* ---- signatures ---- */

/* The raw signature of OpenSSL. */
static size_t raw_sign(EVP_PKEY *key, const TPMT_SIGNATURE *form,
	struct der_view message, uint8_t *ret, size_t size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *md = md_name(form->signature.any.hashAlg);
	EVP_PKEY_CTX *pctx;

	assert(ctx && EVP_DigestSignInit_ex(
			      ctx, &pctx, md, NULL, NULL, key, NULL) == 1);
	if (form->sigAlg == TPM2_ALG_RSAPSS)
		assert(EVP_PKEY_CTX_set_rsa_padding(
			       pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
			EVP_PKEY_CTX_set_rsa_pss_saltlen(
				pctx, RSA_PSS_SALTLEN_DIGEST) == 1);
	assert(EVP_DigestSign(ctx, ret, &size, message.data, message.len) == 1);
	EVP_MD_CTX_free(ctx);
	return size;
}

static void split_ecdsa(
	const uint8_t *der, size_t len, size_t field, TPMS_SIGNATURE_ECC *ret)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	assert(sig);
	ret->signatureR.size = ret->signatureS.size = (uint16_t)field;
	assert(BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret->signatureR.buffer,
		       (int)field) > 0);
	assert(BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret->signatureS.buffer,
		       (int)field) > 0);
	ECDSA_SIG_free(sig);
}

size_t csr_fixture_sign(EVP_PKEY *key, const TPMT_PUBLIC *area,
	struct der_view message, uint8_t *buf)
{
	/* Scheme and hash lie at the same place for all schemes. */
	const TPMT_RSA_SCHEME *scheme = &area->parameters.rsaDetail.scheme;
	TPMT_SIGNATURE sig = { 0 };
	uint8_t raw[600];
	size_t len, ret = 0;

	if (area->type == TPM2_ALG_ECC) {
		sig.sigAlg = TPM2_ALG_ECDSA;
		sig.signature.any.hashAlg =
			area->parameters.eccDetail.scheme.details.ecdsa.hashAlg;
		len = raw_sign(key, &sig, message, raw, sizeof(raw));
		split_ecdsa(raw, len, field_of(key), &sig.signature.ecdsa);
	} else {
		bool free_choice = scheme->scheme == TPM2_ALG_NULL;

		sig.sigAlg = free_choice ? TPM2_ALG_RSASSA : scheme->scheme;
		sig.signature.any.hashAlg =
			free_choice ? area->nameAlg
				    : scheme->details.rsapss.hashAlg;
		len = raw_sign(key, &sig, message, raw, sizeof(raw));
		sig.signature.rsassa.sig.size = (uint16_t)len;
		memcpy(sig.signature.rsassa.sig.buffer, raw, len);
	}
	assert(Tss2_MU_TPMT_SIGNATURE_Marshal(&sig, buf, 600, &ret) ==
		TSS2_RC_SUCCESS);
	return ret;
}

/* ---- parts ---- */

static void set_ek_spec(struct csr_fixture *f)
{
	bool rsa = EVP_PKEY_is_a(f->ek, "RSA");
	struct certs_spec *spec = &f->ek_spec;

	/* TCG EK Credential Profile 3.2: no subject, names in a critical SAN */
	*spec = certs_ca_spec(NULL);
	spec->serial = "0102030405060708";
	spec->not_after = "U491231235959Z";
	spec->n_ext = 0;
	certs_set_ext(spec, CERTS_OID_AKI, "", "AKI");
	certs_set_ext(spec, CERTS_OID_SAN, "ff", CSR_FIXTURE_EK_SAN);
	certs_set_ext(spec, CERTS_OID_BC, "ff", "3000");
	/* keyEncipherment, keyAgreement */
	certs_set_ext(spec, CERTS_OID_KU, "ff", rsa ? "03020520" : "03020308");
	certs_set_ext(spec, CERTS_OID_EKU, "", "3007 0605 6781050801");
	certs_set_ext(spec, CERTS_OID_SDA, "", CSR_FIXTURE_EK_SPECIFICATION);
}

static void set_area(
	enum key_role role, enum key_alg alg, EVP_PKEY *key, TPMT_PUBLIC *ret)
{
	TPM2B_PUBLIC template;

	assert(template_get(role, alg, UNIQUE_EMPTY, &template));
	*ret = template.publicArea;
	csr_fixture_set_key(ret, key);
}

static void set_attest(const struct csr_fixture *f, TPMS_ATTEST *at)
{
	TPM2B_NAME *qualified = &at->attested.certify.qualifiedName;

	*at = (TPMS_ATTEST) {
		.magic = TPM2_GENERATED_VALUE,
		.type = TPM2_ST_ATTEST_CERTIFY,
		.clockInfo = { 123456, 2, 1, TPM2_YES },
		.firmwareVersion = 0x2019102300163636,
	};
	/* Qualified names are hashes over the way up; nobody here has it. */
	at->qualifiedSigner.size = (uint16_t)csr_fixture_name(
		&f->iak_area, at->qualifiedSigner.name);
	qualified->size =
		(uint16_t)csr_fixture_name(&f->idevid_area, qualified->name);
}

void csr_fixture_new(struct csr_fixture *f, enum key_alg alg, const char *ek)
{
	const char *type = alg == KEY_ALG_P256   ? "P-256"
			   : alg == KEY_ALG_P384 ? "P-384"
						 : "RSA:2048";
	struct certs_spec spec = certs_ca_spec("Test TPM Root");

	memset(f, 0, sizeof(*f));
	f->vendor_root = certs_sign(&spec, certs_key("P-384"), NULL);
	spec = certs_ca_spec("Test TPM EK CA");
	f->vendor_ca = certs_sign(&spec, certs_key("P-256"), &f->vendor_root);
	f->ek = certs_key(ek);
	f->iak = certs_key(type);
	f->idevid = certs_key(type);
	f->other = certs_key(type);
	set_ek_spec(f);
	f->ek_issuer = &f->vendor_ca;
	set_area(KEY_ROLE_IAK, alg, f->iak, &f->iak_area);
	set_area(KEY_ROLE_IDEVID, alg, f->idevid, &f->idevid_area);
	set_attest(f, &f->attest);
	f->certifier = f->iak;
	f->signer = f->idevid;
	f->hash_alg = alg == KEY_ALG_P384 ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256;
	f->model = CSR_FIXTURE_MODEL;
	f->serial = CSR_FIXTURE_SERIAL;
}

void csr_fixture_done(struct csr_fixture *f)
{
	certs_done(&f->ek_cert);
	certs_done(&f->vendor_ca);
	certs_done(&f->vendor_root);
	EVP_PKEY_free(f->ek);
	EVP_PKEY_free(f->iak);
	EVP_PKEY_free(f->idevid);
	EVP_PKEY_free(f->other);
}

/* ---- encoding ---- */

/* The payloads before they are replaced, and where they lie. */
struct payloads {
	uint8_t iak[sizeof(TPMT_PUBLIC)], idevid[sizeof(TPMT_PUBLIC)];
	uint8_t attest[sizeof(TPMS_ATTEST)];
	uint8_t attest_sig[600];
	struct der_view field[TCG_CSR_N_FIELDS];
};

static struct der_view text(const char *s)
{
	return (struct der_view) { (const uint8_t *)s, strlen(s) };
}

/* The payload @i that goes into the request. */
static void set_field(const struct csr_fixture *f, struct payloads *p,
	enum tcg_csr_field i, struct der_view made)
{
	p->field[i] = f->payload[i].data ? f->payload[i] : made;
}

static void certify(const struct csr_fixture *f, struct payloads *p)
{
	TPMS_ATTEST at = f->attest;
	TPM2B_NAME *name = &at.attested.certify.name;
	size_t len;

	if (name->size == 0) {
		memcpy(name->name, f->idevid_name, f->idevid_name_len);
		name->size = (uint16_t)f->idevid_name_len;
	}
	len = csr_fixture_attest(&at, p->attest, sizeof(p->attest));
	set_field(f, p, TCG_CSR_SGN_CERTIFY,
		(struct der_view) { p->attest, len });
	len = csr_fixture_sign(f->certifier, &f->iak_area,
		p->field[TCG_CSR_SGN_CERTIFY], p->attest_sig);
	set_field(f, p, TCG_CSR_SGN_CERTIFY_SIG,
		(struct der_view) { p->attest_sig, len });
}

static void fill_payloads(struct csr_fixture *f, struct payloads *p)
{
	size_t len;

	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < TCG_CSR_N_FIELDS; i++)
		set_field(f, p, (enum tcg_csr_field)i,
			(struct der_view) { NULL, 0 });
	set_field(f, p, TCG_CSR_PROD_MODEL, text(f->model));
	set_field(f, p, TCG_CSR_PROD_SERIAL, text(f->serial));
	set_field(f, p, TCG_CSR_EK_CERT,
		(struct der_view) { f->ek_cert.der.data, f->ek_cert.der.len });
	len = marshal_public(&f->iak_area, p->iak, sizeof(p->iak));
	set_field(f, p, TCG_CSR_ATTEST_PUB, (struct der_view) { p->iak, len });
	len = marshal_public(&f->idevid_area, p->idevid, sizeof(p->idevid));
	set_field(f, p, TCG_CSR_SIGNING_PUB,
		(struct der_view) { p->idevid, len });
	certify(f, p);
}

void csr_fixture_encode(struct csr_fixture *f)
{
	static uint8_t buf[TCG_CSR_MAX];
	struct room contents = { buf, sizeof(buf), 0 };
	struct room whole = { f->data, sizeof(f->data), 0 };
	struct payloads p;
	uint8_t sig[600];
	struct der_view signature = { sig, 0 }, what;

	certs_done(&f->ek_cert);
	assert(EVP_PKEY_up_ref(f->ek) == 1);
	f->ek_cert = certs_sign(&f->ek_spec, f->ek, f->ek_issuer);
	f->iak_name_len = csr_fixture_name(&f->iak_area, f->iak_name);
	f->idevid_name_len = csr_fixture_name(&f->idevid_area, f->idevid_name);
	fill_payloads(f, &p);
	assert(tcg_csr_encode_contents(f->hash_alg, p.field, &contents, NULL) ==
		DEVID_OK);
	if (f->bad_hash)
		buf[12] ^= 1;
	what = (struct der_view) { contents.data, contents.len };
	signature.len = csr_fixture_sign(f->signer, &f->idevid_area, what, sig);
	if (f->signature.data)
		signature = f->signature;
	assert(tcg_csr_encode(what, signature, &whole, NULL) == DEVID_OK);
	f->len = whole.len;
}

char *csr_fixture_trust_pem(const struct csr_fixture *f)
{
	const struct certs_node *nodes[] = { &f->vendor_root, &f->vendor_ca };

	return certs_pem(nodes, 2);
}

/* ---- ActivateCredential, with OpenSSL's key derivation functions ---- */

struct ek_suite {
	const char *md;
	size_t hash_len, sym_len;
};

static struct ek_suite suite_of(EVP_PKEY *ek)
{
	int bits = EVP_PKEY_get_bits(ek);

	if (bits == 2048 || bits == 256)
		return (struct ek_suite) { "SHA256", 32, 16 };
	return (struct ek_suite) { "SHA384", 48, 32 };
}

static void derive(const char *kdf_name, const OSSL_PARAM *params, uint8_t *ret,
	size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);

	assert(ctx && EVP_KDF_derive(ctx, ret, len, params) == 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static OSSL_PARAM text_param(const char *key, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(key, (char *)value, 0);
}

static OSSL_PARAM bytes_param(const char *key, const void *data, size_t len)
{
	return OSSL_PARAM_construct_octet_string(key, (void *)data, len);
}

/* KDFa is the counter mode of SP 800-108. */
static void kdfa(const struct ek_suite *s, const uint8_t *seed,
	const char *label, struct der_view context, struct der_view *ret)
{
	const OSSL_PARAM params[] = {
		text_param(OSSL_KDF_PARAM_MODE, "counter"),
		text_param(OSSL_KDF_PARAM_MAC, "HMAC"),
		text_param(OSSL_KDF_PARAM_DIGEST, s->md),
		bytes_param(OSSL_KDF_PARAM_KEY, seed, s->hash_len),
		bytes_param(OSSL_KDF_PARAM_SALT, label, strlen(label)),
		bytes_param(OSSL_KDF_PARAM_INFO, context.data, context.len),
		OSSL_PARAM_END,
	};

	derive("KBKDF", params, (uint8_t *)ret->data, ret->len);
}

static void seed_rsa(EVP_PKEY *ek, const struct ek_suite *s,
	struct der_view secret, uint8_t *ret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ek, NULL);
	void *label = OPENSSL_memdup("IDENTITY", 9);
	uint8_t plain[512];
	size_t len = sizeof(plain);

	assert(ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) ==
			1 &&
		EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, s->md, NULL) == 1 &&
		EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, 9) == 1);
	/* For another EK it may fail, and what follows is of no use. */
	if (EVP_PKEY_decrypt(ctx, plain, &len, secret.data, secret.len) == 1 &&
		len == s->hash_len)
		memcpy(ret, plain, len);
	EVP_PKEY_CTX_free(ctx);
}

/* The key of the point x, y in @secret, a TPMS_ECC_POINT. */
static EVP_PKEY *point_key(EVP_PKEY *like, struct der_view secret, size_t field)
{
	uint8_t point[1 + 2 * 66] = { 0x04 };
	EVP_PKEY *key = EVP_PKEY_new();

	assert(secret.len == 2 * (2 + field));
	memcpy(point + 1, secret.data + 2, field);
	memcpy(point + 1 + field, secret.data + 4 + field, field);
	assert(key && EVP_PKEY_copy_parameters(key, like) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, point, 1 + 2 * field) ==
			1);
	return key;
}

/* KDFe is the single step of SP 800-56C. */
static void seed_ecc(EVP_PKEY *ek, const struct ek_suite *s,
	struct der_view secret, uint8_t *ret)
{
	size_t field = field_of(ek), len = field;
	EVP_PKEY *peer = point_key(ek, secret, field);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ek, NULL);
	uint8_t z[66], info[9 + 2 * 66] = "IDENTITY";

	assert(ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		EVP_PKEY_derive(ctx, z, &len) == 1 && len == field);
	memcpy(info + 9, secret.data + 2, field);
	(void)get_number(ek, OSSL_PKEY_PARAM_EC_PUB_X, info + 9 + field, field);
	{
		const OSSL_PARAM params[] = {
			text_param(OSSL_KDF_PARAM_DIGEST, s->md),
			bytes_param(OSSL_KDF_PARAM_SECRET, z, field),
			bytes_param(OSSL_KDF_PARAM_INFO, info, 9 + 2 * field),
			OSSL_PARAM_END,
		};

		derive("SSKDF", params, ret, s->hash_len);
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
}

static void decrypt(const struct ek_suite *s, const uint8_t *key,
	struct der_view in, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	static const uint8_t iv[16];
	int len = 0;

	assert(ctx &&
		EVP_DecryptInit_ex(ctx,
			s->sym_len == 16 ? EVP_aes_128_cfb128()
					 : EVP_aes_256_cfb128(),
			NULL, key, iv) == 1 &&
		EVP_DecryptUpdate(ctx, ret, &len, in.data, (int)in.len) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* Takes a TPM2B off @in. */
static struct der_view take_2b(struct der_view *in)
{
	struct der_view v = { in->data + 2, 0 };

	assert(in->len >= 2);
	v.len = (size_t)in->data[0] << 8 | in->data[1];
	assert(in->len - 2 >= v.len);
	in->data += 2 + v.len;
	in->len -= 2 + v.len;
	return v;
}

bool csr_fixture_activate(EVP_PKEY *ek, struct der_view name,
	const struct challenge *challenge, uint8_t secret[CHALLENGE_SECRET_LEN])
{
	const struct ek_suite s = suite_of(ek);
	struct der_view enc = { challenge->enc_secret,
		challenge->enc_secret_len };
	struct der_view blob = { challenge->id_object,
		challenge->id_object_len };
	uint8_t seed[64] = { 0 }, key[64], hmac[64], body[256], plain[64];
	struct der_view key_view = { key, s.hash_len }, enc_secret, mac;
	size_t hmac_len = 0;

	enc_secret = take_2b(&enc);
	assert(enc.len == 0);
	enc = take_2b(&blob);
	assert(blob.len == 0);
	mac = take_2b(&enc); /* what is left is encIdentity */
	assert(enc.len == 2 + CHALLENGE_SECRET_LEN && name.len <= 66);
	if (EVP_PKEY_is_a(ek, "RSA"))
		seed_rsa(ek, &s, enc_secret, seed);
	else
		seed_ecc(ek, &s, enc_secret, seed);
	kdfa(&s, seed, "INTEGRITY", (struct der_view) { NULL, 0 }, &key_view);
	memcpy(body, enc.data, enc.len);
	memcpy(body + enc.len, name.data, name.len);
	assert(EVP_Q_mac(NULL, "HMAC", NULL, s.md, NULL, key, s.hash_len, body,
		enc.len + name.len, hmac, sizeof(hmac), &hmac_len));
	if (mac.len != hmac_len || memcmp(mac.data, hmac, hmac_len) != 0)
		return false;
	key_view.len = s.sym_len;
	kdfa(&s, seed, "STORAGE", name, &key_view);
	decrypt(&s, key, enc, plain);
	assert(plain[0] == 0 && plain[1] == CHALLENGE_SECRET_LEN);
	memcpy(secret, plain + 2, CHALLENGE_SECRET_LEN);
	return true;
}
