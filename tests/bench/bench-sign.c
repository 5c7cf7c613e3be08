/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-sign: how long one TLS 1.3 client signature takes, through the
 * provider and devid-keyd or by TPM2_Sign in this process. One line per
 * signature: microseconds.
 */
#include "tpm.h"
#include "tpm-key.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIGNATURES_MAX 100000
#define WARM_UP        20 /* signatures that are not counted */

/* RFC 8446 4.4.3: what a client signs. */
#define CONTEXT "TLS 1.3, client CertificateVerify"
#define PAD_LEN 64
#define TBS_LEN (PAD_LEN + sizeof(CONTEXT) + 32)

enum {
	EXIT_USAGE = 2
};

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A new transcript hash for every signature, as in life. */
static void make_tbs(uint8_t tbs[TBS_LEN])
{
	memset(tbs, ' ', PAD_LEN);
	memcpy(tbs + PAD_LEN, CONTEXT, sizeof(CONTEXT)); /* with its NUL */
	(void)RAND_bytes(tbs + PAD_LEN + sizeof(CONTEXT), 32); /* any will do */
}

static int fail(const char *what)
{
	char text[256] = "no cause given";
	unsigned long code = ERR_peek_last_error();

	if (code)
		ERR_error_string_n(code, text, sizeof(text));
	fprintf(stderr, "bench-sign: %s: %s\n", what, text);
	return EXIT_FAILURE;
}

/* Makes one signature; false when it fails. */
typedef bool sign_fn(void *arg, const uint8_t tbs[TBS_LEN]);

static int measure(sign_fn *sign, void *arg, unsigned n)
{
	uint8_t tbs[TBS_LEN];

	for (unsigned i = 0; i < WARM_UP + n; i++) {
		uint64_t start;

		make_tbs(tbs);
		start = now_ns();
		if (!sign(arg, tbs))
			return fail("signature");
		if (i >= WARM_UP)
			printf("%.1f\n", (double)(now_ns() - start) / 1000);
	}
	return EXIT_SUCCESS;
}

static bool sign_by_provider(void *arg, const uint8_t tbs[TBS_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[KEY_SIG_MAX];
	size_t len = sizeof(sig);
	bool ok;

	ok = ctx &&
	     EVP_DigestSignInit_ex(
		     ctx, NULL, "SHA256", NULL, NULL, arg, NULL) == 1 &&
	     EVP_DigestSign(ctx, sig, &len, tbs, TBS_LEN) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static int by_provider(const char *dir, const char *file, unsigned n)
{
	FILE *in = fopen(file, "r");
	EVP_PKEY *key = NULL;
	int code;

	if (!in)
		return fail(file);
	if (OSSL_PROVIDER_set_default_search_path(NULL, dir) == 1 &&
		OSSL_PROVIDER_load(NULL, "default") &&
		OSSL_PROVIDER_load(NULL, "devid"))
		key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	(void)fclose(in); /* was only read */
	if (!key)
		return fail(file);
	code = measure(sign_by_provider, key, n);
	EVP_PKEY_free(key);
	return code;
}

struct direct {
	struct tpm *tpm;
	struct tpm_key key;
};

static bool sign_directly(void *arg, const uint8_t tbs[TBS_LEN])
{
	struct direct *direct = arg;
	uint8_t digest[32];
	struct key_sign what = { SIG_ECDSA, HASH_SHA256, digest,
		sizeof(digest) };
	struct devid_error err = { DEVID_OK, "" };
	struct key_sig sig;

	if (EVP_Digest(tbs, TBS_LEN, digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	if (tpm_key_sign(direct->tpm, &direct->key, &what, &sig, &err) ==
		DEVID_OK)
		return true;
	fprintf(stderr, "bench-sign: %s\n", devid_error_text(&err));
	return false;
}

static int directly(const char *tcti, unsigned n)
{
	struct direct direct = { 0 };
	struct devid_error err = { DEVID_OK, "" };
	int code = EXIT_FAILURE;

	if (tpm_open(tcti, &direct.tpm, &err) != DEVID_OK ||
		tpm_key_load(direct.tpm, KEY_IDEVID, &direct.key, &err) !=
			DEVID_OK)
		fprintf(stderr, "bench-sign: %s\n", devid_error_text(&err));
	else
		code = measure(sign_directly, &direct, n);
	tpm_key_done(&direct.key);
	tpm_close(direct.tpm);
	return code;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (n > 0 && n <= SIGNATURES_MAX) {
		if (argc == 5 && strcmp(argv[1], "provider") == 0)
			return by_provider(argv[3], argv[4], n);
		if (argc == 4 && strcmp(argv[1], "direct") == 0)
			return directly(argv[3], n);
	}
	fprintf(stderr, "usage: bench-sign provider N DIR KEY\n"
			"       bench-sign direct N TCTI\n");
	return EXIT_USAGE;
}
