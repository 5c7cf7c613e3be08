/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SIGNER_H
#define DEVID_SIGNER_H

/*
 * A CA key: something that signs and does not give its key out. token.h makes
 * one from a PKCS#11 object; there is none for a key in a file.
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNER_SIG_MAX 512 /* RSA-4096 */

struct signer_sig {
	size_t len;
	uint8_t data[SIGNER_SIG_MAX];
};

struct signer;

struct signer_ops {
	void (*free)(struct signer *s);
	/*
	 * Signs @data (hashed as signer_nid() says). ECDSA in DER. Errors:
	 * CRYPTO, UNREACHABLE (logged out, token gone).
	 */
	enum devid_err (*sign)(struct signer *s, struct view data,
		struct signer_sig *ret, struct devid_error *err);
};

struct signer {
	const struct signer_ops *ops; /* borrowed, static */
	EVP_PKEY *public_key;         /* owned */
	/* AlgorithmIdentifier of public_key, static; empty until the first
	 * signer_wrap(). */
	struct view alg;
};

/* NID of the signature algorithm that goes with the key: ecdsa-with-SHA256
 * (P-256), ecdsa-with-SHA384 (P-384), sha256WithRSAEncryption (RSA-2048 and
 * RSA-4096); NID_undef for any other key. */
int signer_nid(const EVP_PKEY *key);

/* "p256", "p384", "rsa2048" or "rsa4096"; NULL for any other key. */
const char *signer_key_name(const EVP_PKEY *key);

/* The same as a DER AlgorithmIdentifier; *@ret is static. Errors:
 * UNSUPPORTED. */
DEVID_MUST_CHECK enum devid_err signer_algorithm(
	const EVP_PKEY *key, struct view *ret, struct devid_error *err);

/* Frees; NULL is allowed. */
void signer_free(struct signer *s);

/*
 * SEQUENCE { @tbs, AlgorithmIdentifier, BIT STRING } with @extra, which may be
 * empty, behind them inside: the outer form of certificate, request, CRL and
 * BasicOCSPResponse. *@ret is the caller's.
 */
DEVID_MUST_CHECK enum devid_err signer_wrap(struct signer *s, struct view tbs,
	struct view extra, struct blob *ret, struct devid_error *err);

#endif
