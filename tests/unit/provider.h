/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PROVIDER_H
#define TEST_PROVIDER_H

/*
 * devid.so inside this process, against a devid-keyd and a software TPM for
 * each kind of key. The library context is the test's own and holds the
 * default provider as well, as in a program that is configured for it.
 * Everything asserts where nothing else is said.
 */

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "certs.h"
#include "device.h"

/* The devices, by their keys. */
#define P256      0
#define P384      1
#define RSA2048   2
#define N_DEVICES 3

struct provider {
	struct certs_node ca;
	struct device dev[N_DEVICES];
	OSSL_LIB_CTX *libctx;
	OSSL_PROVIDER *plain, *devid;
	EVP_PKEY *key[N_DEVICES]; /* by way of the provider */
	EVP_PKEY *pub[N_DEVICES]; /* the public half, an ordinary key */
};

extern struct provider made;

/* For cmocka: what all cases share, and what each begins with. */
int provider_group_setup(void **state);
int provider_group_teardown(void **state);
int provider_setup(void **state);

/* Whether an error whose text has @part in it was raised; forgets all. */
bool provider_raised(const char *part);

/* The key in a PEM file, or NULL. */
EVP_PKEY *provider_read_file(const char *path);

/* RFC 8446 4.4.3: what a client signs in TLS 1.3. */
struct certs_buf provider_verify_input(void);

/* A context that signs with @key, or NULL; @padding 0: not RSA. A PSS salt is
 * as long as the digest. */
EVP_MD_CTX *provider_sign_init(EVP_PKEY *key, const char *md, int padding);

#endif
