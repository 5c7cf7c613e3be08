/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RSA_KEYS_H
#define TEST_RSA_KEYS_H

/* RSA keys that were made once: to make one takes up to seconds. Asserts. */

#include <openssl/evp.h>

/*
 * A private key of @bits: 1024, 2048, 3072 or 4096. Those of one size come
 * round again: of 2048 bits any six in a row differ, of 3072 and 4096 any two,
 * of 1024 there is one. Free with EVP_PKEY_free().
 */
EVP_PKEY *rsa_keys_next(unsigned bits);

#endif
