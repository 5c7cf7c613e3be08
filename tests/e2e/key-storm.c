/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key-storm KEY THREADS ROUNDS: loads KEY (a file or a URI) through whatever
 * providers $OPENSSL_CONF names and signs with it in THREADS threads, and in
 * as many forked children with the inherited key at the same time. Every
 * signature is verified with the public half by libcrypto's own code. A
 * software key is used beside it all the time. Exit 0: all were good.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTEXT "TLS 1.3, client CertificateVerify"

static EVP_PKEY *key, *pub, *soft;
static int rounds;

static EVP_PKEY *load(const char *uri)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	EVP_PKEY *found = NULL;

	while (store && !found && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info &&
			OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			found = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return found;
}

/* The public half, as a key of libcrypto's own. */
static EVP_PKEY *public_of(EVP_PKEY *of)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(of, &der);
	const unsigned char *p = der;
	EVP_PKEY *out = len > 0 ? d2i_PUBKEY(NULL, &p, len) : NULL;

	OPENSSL_free(der);
	return out;
}

static const EVP_MD *digest_for(EVP_PKEY *k)
{
	return EVP_PKEY_get_bits(k) == 384 ? EVP_sha384() : EVP_sha256();
}

static bool set_padding(EVP_PKEY_CTX *ctx, EVP_PKEY *k)
{
	return !EVP_PKEY_is_a(k, "RSA") ||
	       (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(
			       ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/* Signs @len bytes with @k and verifies with @p. */
static bool sign_once(EVP_PKEY *k, EVP_PKEY *p, const uint8_t *data, size_t len)
{
	EVP_MD_CTX *s = EVP_MD_CTX_new(), *v = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t sig[512];
	size_t sig_len = sizeof(sig);
	bool ok;

	ok = EVP_DigestSignInit(s, &ctx, digest_for(k), NULL, k) == 1 &&
	     set_padding(ctx, k) &&
	     EVP_DigestSign(s, sig, &sig_len, data, len) == 1 &&
	     EVP_DigestVerifyInit(v, &ctx, digest_for(p), NULL, p) == 1 &&
	     set_padding(ctx, p) &&
	     EVP_DigestVerify(v, sig, sig_len, data, len) == 1;
	EVP_MD_CTX_free(s);
	EVP_MD_CTX_free(v);
	return ok;
}

static bool work(void)
{
	uint8_t data[64 + sizeof(CONTEXT) + 32];

	memset(data, ' ', 64);
	memcpy(data + 64, CONTEXT, sizeof(CONTEXT));
	for (int i = 0; i < rounds; i++) {
		if (RAND_bytes(data + sizeof(data) - 32, 32) != 1 ||
			!sign_once(key, pub, data, sizeof(data)) ||
			!sign_once(soft, soft, data, sizeof(data))) {
			ERR_print_errors_fp(stderr);
			return false;
		}
	}
	return true;
}

static void *thread(void *arg)
{
	*(bool *)arg = work();
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? atoi(argv[2]) : 0;
	pthread_t threads[32];
	bool ok[32] = { false }, good = true;

	if (n < 1 || n > 32)
		return 2;
	rounds = atoi(argv[3]);
	key = load(argv[1]);
	pub = key ? public_of(key) : NULL;
	soft = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (!key || !pub || !soft) {
		ERR_print_errors_fp(stderr);
		return 1;
	}
	/* Children first: a fork beside other threads may inherit any lock. */
	for (int i = 0; i < n; i++) {
		if (fork() == 0)
			_exit(work() ? 0 : 1);
	}
	for (int i = 0; i < n; i++) {
		if (pthread_create(&threads[i], NULL, thread, &ok[i]) != 0)
			return 1;
	}
	for (int i = 0; i < n; i++) {
		int status = 1;

		(void)pthread_join(threads[i], NULL);
		(void)wait(&status);
		good = good && ok[i] && status == 0;
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(pub);
	EVP_PKEY_free(soft);
	(void)puts(good ? "all good" : "failed");
	return good ? 0 : 1;
}
