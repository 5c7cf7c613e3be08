/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAKE_KEYSTORE_H
#define TEST_FAKE_KEYSTORE_H

/* A keystore in memory with one fixed P-256 key for both roles, for tests of
 * what sits above a keystore. */

#include "keystore.h"

#include <openssl/evp.h>

/* *@ret is the caller's: ops->free(). Never fails. */
void fake_keystore_new(struct keystore **ret);

/* The key; free with EVP_PKEY_free(). */
EVP_PKEY *fake_keystore_key(void);

#endif
