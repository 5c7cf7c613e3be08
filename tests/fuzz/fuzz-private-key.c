/* SPDX-License-Identifier: Apache-2.0 */
/* A private key that is brought. Seeds: make-private-seeds.c. */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "private-key.h"
#include "roca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct devid_error err = { DEVID_OK, "" };
	struct key_blob spki = { 0 };
	EVP_PKEY *key = NULL;

	if (private_key_read((struct view) { data, len }, &key, &err) !=
		DEVID_OK) {
		if (key || !err.text[0] || ERR_peek_error() != 0)
			abort();
		return 0;
	}
	/* What is taken is a key of ours, and its own. */
	if (private_key_spki(key, &spki, NULL) != DEVID_OK ||
		key_alg_of_spki(spki.data, spki.len) == KEY_ALG_NONE ||
		!private_key_fits(key, &spki) ||
		roca_check_spki((struct view) { spki.data, spki.len }, "key",
			NULL) != DEVID_OK)
		abort();
	spki.data[spki.len - 1] ^= 1;
	if (private_key_fits(key, &spki))
		abort();
	EVP_PKEY_free(key);
	return 0;
}
