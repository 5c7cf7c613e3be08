/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_MEMORY_SIGNER_H
#define TEST_MEMORY_SIGNER_H

/* A signer whose key lies in memory, for tests and the bench: what a token
 * does, without one. Asserts. */

#include <stdbool.h>

#include "signer.h"

/* Of a new key: "p256", "p384"; or of the next in rsa-keys.h: "rsa2048",
 * "rsa4096". Free with signer_free(). */
struct signer *memory_signer_new(const char *alg);

/* The same with @key, which is taken. */
struct signer *memory_signer_of(EVP_PKEY *key);

/* A self-signed CA certificate of its key, valid from now; the caller's. */
X509 *memory_signer_ca(struct signer *signer, const char *cn);

/* From here on each signature fails with UNREACHABLE, as by a token that is
 * gone; or no longer. */
void memory_signer_break(struct signer *signer, bool broken);

/* Signatures made so far. */
unsigned memory_signer_count(const struct signer *signer);

#endif
