/* SPDX-License-Identifier: Apache-2.0 */
/* What a DevID key signs. A verdict must have the marks of its form, and the
 * forms exclude each other. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "fake-keystore.h"
#include "der.h"
#include "purpose.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t spki[256];
static size_t spki_len;

static void start(void)
{
	EVP_PKEY *key = fake_keystore_key(KEY_IDEVID);
	uint8_t *p = spki;

	spki_len = (size_t)i2d_PUBKEY(key, &p);
	EVP_PKEY_free(key);
}

/* Spaces, a context of the right side, a zero byte, a hash. */
static bool is_tls13(const uint8_t *data, size_t len, char side)
{
	for (size_t i = 0; i < 64; i++) {
		if (data[i] != ' ')
			return false;
	}
	return (len == 98 + 32 || len == 98 + 48) && data[97] == 0 &&
	       memcmp(data + 64, "TLS 1.3, ", 9) == 0 &&
	       data[73] == (uint8_t)side;
}

/* Version, one of two hashes, zeros where a curve or a prime would be, and the
 * two coordinates, each behind its size. */
static bool is_tcg_csr(const uint8_t *data, size_t len)
{
	uint8_t x[34] = { 0, 32 }, y[34] = { 0, 32 };

	memcpy(x + 2, spki + spki_len - 64, 32);
	memcpy(y + 2, spki + spki_len - 32, 32);
	return len > 96 && memcmp(data, "\0\0\1\0\0\0\0", 7) == 0 &&
	       (data[7] == 0x0b || data[7] == 0x0c) && data[64] == 0 &&
	       data[65] == 0 && memmem(data, len, x, sizeof(x)) != NULL &&
	       memmem(data, len, y, sizeof(y)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct purpose_verdict v = { 0, 1 };
	bool object, ok = false;

	if (spki_len == 0)
		start();
	if (purpose_check((struct view) { data, len },
		    (struct view) { spki, spki_len }, &v, NULL) != DEVID_OK) {
		if (v.tls_version != 1)
			abort();
		return 0;
	}
	if (len > WIRE_DATA_MAX || memcmp(data, "\xffTCG", 4) == 0)
		abort();
	object = der_is_ber_object((struct view) { data, len });
	switch (v.purpose) {
	case PURPOSE_CSR:
		ok = v.tls_version == 0 &&
		     (object ? data[0] == 0x30 &&
					     memmem(data, len, spki, spki_len)
			     : is_tcg_csr(data, len));
		break;
	case PURPOSE_TLS_CLIENT:
		ok = !object &&
		     (v.tls_version == 0x0304
				     ? is_tls13(data, len, 'c')
				     : data[0] == 1 && memmem(data, len, spki,
							       spki_len));
		break;
	case PURPOSE_TLS_SERVER:
		ok = !object &&
		     (v.tls_version == 0x0304 ? is_tls13(data, len, 's')
					      : data[64] == 3 && len < 202);
		break;
	}
	if (!ok)
		abort();
	return 0;
}
