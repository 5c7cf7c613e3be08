/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-purpose, fuzz-requests, fuzz-wire and fuzz-keyref
 * into tests/fuzz/corpus, for the key of tests/fixture/fake-keystore.c. Run by
 * hand when a format changes:
 *
 *	make build/tests/fuzz/make-keyd-seeds
 *	build/tests/fuzz/make-keyd-seeds
 */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-keystore.h"
#include "keyref.h"
#include "tcg-csr.h"
#include "wire.h"

struct bytes {
	uint8_t data[20000];
	size_t len;
};

static EVP_PKEY *key;
static X509 *cert;

static void put(struct bytes *b, const void *data, size_t len)
{
	if (len > sizeof(b->data) - b->len)
		abort();
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void save(
	const char *corpus, const char *name, const void *data, size_t len)
{
	char path[256];
	FILE *f;

	(void)snprintf(
		path, sizeof(path), "tests/fuzz/corpus/%s/%s", corpus, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* A record for the request table: from uid @uid. */
static void save_request(
	const char *name, uint8_t uid, const struct wire_request *req)
{
	static struct bytes b;
	struct room out = { b.data + 1, sizeof(b.data) - 1, 0 };

	b.data[0] = uid;
	if (wire_encode_request(req, &out, NULL) != DEVID_OK)
		abort();
	save("requests", name, b.data, out.len + 1);
	b.data[0] = 0; /* fuzz-wire: a request */
	save("wire", name, b.data, out.len + 1);
}

/* The same by its operation, on the key @key_name. */
static void save_operation(
	const char *name, uint8_t uid, enum wire_op op, const char *key_name)
{
	struct wire_request req = {
		.op = (uint8_t)op,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
	};

	strcpy(req.name, key_name);
	save_request(name, uid, &req);
}

/* A purpose: by itself, and as a request of who may and who may not. */
static void save_purpose(const char *name, uint8_t uid, const struct bytes *b)
{
	const struct wire_request req = {
		.op = WIRE_SIGN,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
		.name = "idevid",
		.data = b->data,
		.data_len = b->len,
	};
	char other[64];

	save("purpose", name, b->data, b->len);
	save_request(name, uid, &req);
	(void)snprintf(other, sizeof(other), "%s-refused", name);
	save_request(other, 5, &req);
}

static struct bytes tls13(const char *side)
{
	struct bytes b = { .len = 0 };

	memset(b.data, ' ', 64);
	b.len = 64 + 1 +
		(size_t)sprintf((char *)b.data + 64,
			"TLS 1.3, %s CertificateVerify", side);
	put(&b, "0123456789abcdef0123456789abcdef", 32);
	return b;
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static void on_message(int write_p, int version, int type, const void *data,
	size_t len, SSL *ssl, void *arg)
{
	const uint8_t *msg = data;

	(void)write_p;
	(void)version;
	(void)ssl;
	if (type == SSL3_RT_HANDSHAKE && msg[0] != 15 && msg[0] != 20 &&
		msg[0] != 4)
		put(arg, data, len);
}

static int trust_all(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static SSL *end_of(const SSL_METHOD *method, BIO *bio)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	SSL *ssl;

	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, trust_all);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, bio, bio);
	return ssl;
}

static void tls12(struct bytes *transcript, struct bytes *ske)
{
	BIO *a, *b;
	SSL *server, *client;
	const uint8_t *p = transcript->data;
	uint8_t random[32];

	BIO_new_bio_pair(&a, 0, &b, 0);
	server = end_of(TLS_server_method(), a);
	client = end_of(TLS_client_method(), b);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	SSL_set_msg_callback(client, on_message);
	SSL_set_msg_callback_arg(client, transcript);
	for (int i = 0; i < 10; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	if (!SSL_is_init_finished(client))
		abort();
	while (p[0] != 12)
		p += 4 + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
	SSL_get_client_random(client, random, 32);
	put(ske, random, 32);
	SSL_get_server_random(client, random, 32);
	put(ske, random, 32);
	put(ske, p + 4, 4u + p[7]);
}

static struct bytes csr(void)
{
	X509_REQ *req = X509_REQ_new();
	struct bytes b = { .len = 0 };
	unsigned char *p = NULL;
	int len;

	X509_REQ_set_pubkey(req, key);
	len = i2d_re_X509_REQ_tbs(req, &p);
	put(&b, p, (size_t)len);
	return b;
}

static void keyref(void)
{
	struct keyref ref = { .name = "idevid" };
	uint8_t *p = ref.spki, der[KEYREF_DER_MAX];
	BIO *bio = BIO_new(BIO_s_mem());
	size_t len = 0;
	char *pem;
	long pem_len;

	ref.spki_len = (size_t)i2d_PUBKEY(key, &p);
	if (keyref_encode(&ref, der, &len, NULL) != DEVID_OK)
		abort();
	save("keyref", "der", der, len);
	PEM_write_bio(bio, KEYREF_PEM_NAME, "", der, (long)len);
	pem_len = BIO_get_mem_data(bio, &pem);
	save("keyref", "pem", pem, (size_t)pem_len);
}

static void answers(void)
{
	static struct wire_status st = { .n_keys = 1, .signatures = 7 };
	struct wire_answer ans = { WIRE_STATUS, DEVID_OK, NULL, 0 };
	static uint8_t data_buf[4096], out_buf[4096];
	struct room data = { data_buf + 1, sizeof(data_buf) - 1, 0 };
	struct room out = { out_buf + 1, sizeof(out_buf) - 1, 0 };
	uint8_t *p = st.keys[0].spki.data;

	strcpy(st.keys[0].name, "idevid");
	strcpy(st.keys[0].place, "0x81020000");
	st.keys[0].spki.len = (size_t)i2d_PUBKEY(key, &p);
	if (wire_encode_status(&st, &data, NULL))
		abort();
	data_buf[0] = 2;
	save("wire", "status-data", data_buf, data.len + 1);
	ans.data = data.data;
	ans.data_len = data.len;
	if (wire_encode_answer(&ans, &out, NULL))
		abort();
	out_buf[0] = 1;
	save("wire", "status-answer", out_buf, out.len + 1);
}

/* A TCG-CSR-IDEVID-CONTENT for the key. */
static void tcg_csr(const struct wire_attest *said)
{
	static struct bytes b;
	struct room out = { b.data, sizeof(b.data), 0 };
	struct view field[TCG_CSR_N_FIELDS] = { 0 };

	field[TCG_CSR_PROD_SERIAL] =
		(struct view) { (const uint8_t *)"SN1", 3 };
	field[TCG_CSR_SIGNING_PUB] =
		(struct view) { said->idevid_pub.data, said->idevid_pub.len };
	if (tcg_csr_encode_contents(HASH_SHA256, field, &out, NULL) != DEVID_OK)
		abort();
	b.len = out.len;
	save_purpose("tcg-csr", 3, &b);
}

/* What the keystore states and opens. */
static void attestation(void)
{
	static struct wire_attest said;
	static uint8_t data[4096];
	static const uint8_t part[66] = { 0, 64 };
	struct wire_credential what = { part, sizeof(part), part,
		sizeof(part) };
	struct wire_request activate = {
		.op = WIRE_ACTIVATE,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
		.data = data + 1,
	};
	struct room out = { data + 1, sizeof(data) - 1, 0 };
	struct keystore *ks;

	fake_keystore_new(&ks);
	if (ks->ops->attest(
		    ks, KEY_IDEVID, (struct view) { NULL, 0 }, &said, NULL) ||
		wire_encode_attest(&said, &out, NULL))
		abort();
	ks->ops->free(ks);
	tcg_csr(&said);
	data[0] = 3;
	save("wire", "attest-data", data, out.len + 1);
	if (wire_encode_credential(&what, &out, NULL))
		abort();
	data[0] = 4;
	save("wire", "credential-data", data, out.len + 1);
	save_operation("attest", 4, WIRE_ATTEST, "");
	activate.data_len = out.len;
	save_request("activate", 4, &activate);
}

/* What a site asks for. */
static void certification(void)
{
	static const uint8_t said[] = { 6, 0, 1, 1, 0, 2, 2, 3, 0, 1, 4 };
	struct wire_request req = { .op = WIRE_CERTIFY,
		.name = "ldevid-0",
		.data = (const uint8_t *)"a nonce.",
		.data_len = 8 };

	save("wire", "certify-data", said, sizeof(said));
	save_request("certify", 5, &req);
	req.op = WIRE_EPOCH;
	memcpy(req.name, "iak", sizeof("iak"));
	save_request("epoch", 5, &req);
}

static X509 *self_signed(void)
{
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	if (!X509_sign(x, key, EVP_sha256()))
		abort();
	return x;
}

/* A key of the owner, from its beginning to its end. */
static void owners(const struct wire_request *install)
{
	static uint8_t data[WIRE_PKCS8_MAX + 2];
	static uint8_t pkcs8[WIRE_PKCS8_MAX];
	enum key_id id = KEY_IDEVID;
	EVP_PKEY *brought =
		key_id_by_name("tls-1", &id) ? fake_keystore_key(id) : NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(brought);
	struct wire_import what = { { pkcs8, 0 }, { NULL, 0 } };
	struct room out = { data, sizeof(data), 0 };
	struct wire_request req = { .op = WIRE_STIR, .data = data };
	uint8_t *p = pkcs8;

	save_operation("owner-create", 6, WIRE_CREATE, "tls-0");
	save_operation("owner-enable", 5, WIRE_ENABLE, "ldevid-0");
	save_operation("owner-cert-enable", 6, WIRE_CERT_ENABLE, "tls-0");
	save_operation("owner-pin", 6, WIRE_PIN, "tls-0");
	save_operation("owner-chain-delete", 6, WIRE_CHAIN_DELETE, "tls-0");
	save_operation("owner-cert-delete", 6, WIRE_CERT_DELETE, "tls-0");
	save_operation("owner-delete", 6, WIRE_DELETE, "tls-0");
	save_operation("init", 4, WIRE_INIT, "");
	save_operation("erase", 4, WIRE_ERASE, "");
	req.data_len = 16;
	save_request("stir", 4, &req);
	req = *install;
	req.op = WIRE_CHAIN_INSTALL;
	strcpy(req.name, "eap-3");
	save_request("owner-chain-install", 6, &req);
	what.pkcs8.len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &p);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(brought);
	if (wire_encode_import(&what, &out, NULL) != DEVID_OK)
		abort();
	req = (struct wire_request) { .op = WIRE_IMPORT,
		.name = "tls-1",
		.data = data,
		.data_len = out.len };
	save_request("owner-import", 6, &req);
}

int main(void)
{
	static struct bytes b, ske;
	struct wire_request install = {
		.op = WIRE_INSTALL,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
		.name = "idevid",
	};
	unsigned char *der = NULL;

	key = fake_keystore_key(KEY_IDEVID);
	cert = self_signed();
	b = tls13("client");
	save_purpose("tls13-client", 1, &b);
	b = tls13("server");
	save_purpose("tls13-server", 2, &b);
	b = csr();
	save_purpose("csr", 3, &b);
	b.len = 0;
	tls12(&b, &ske);
	save_purpose("tls12-transcript", 1, &b);
	save_purpose("tls12-key-exchange", 2, &ske);
	save_operation("status", 0, WIRE_STATUS, "");
	save_operation("chain", 0, WIRE_CHAIN, "idevid");
	save_operation("create", 4, WIRE_CREATE, "idevid");
	install.data_len = (size_t)i2d_X509(cert, &der);
	install.data = der;
	save_request("install", 4, &install);
	save_operation("enable", 4, WIRE_ENABLE, "idevid");
	save_operation("delete", 4, WIRE_DELETE, "idevid");
	owners(&install);
	keyref();
	answers();
	attestation();
	certification();
	return 0;
}
