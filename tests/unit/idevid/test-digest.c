/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include "digest.h"

static void digest_hash_abc_as_fips_180(void **state)
{
	/* FIPS 180-4, example for SHA-256 */
	static const uint8_t want[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
		0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10,
		0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	uint8_t got[32];

	(void)state;
	assert_true(digest_hash("abc", 3, got));
	assert_memory_equal(got, want, sizeof(want));
}

/* RFC 4231 4.3, twice with one context. */
static void digest_hmac_jefe_as_rfc_4231(void **state)
{
	static const uint8_t key[] = { 'J', 'e', 'f', 'e' };
	static const char text[] = "what do ya want for nothing?";
	static const struct view data = { (const uint8_t *)text,
		sizeof(text) - 1 };
	static const uint8_t want_256[] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60,
		0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
		0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec,
		0x58, 0xb9, 0x64, 0xec, 0x38, 0x43 };
	static const uint8_t want_384[] = { 0xaf, 0x45, 0xd2, 0xe3, 0x76, 0x48,
		0x40, 0x31, 0x61, 0x7f, 0x78, 0xd2, 0xb5, 0x8a, 0x6b, 0x1b,
		0x9c, 0x7e, 0xf4, 0x64, 0xf5, 0xa0, 0x1b, 0x47, 0xe4, 0x2e,
		0xc3, 0x73, 0x63, 0x22, 0x44, 0x5e, 0x8e, 0x22, 0x40, 0xca,
		0x5e, 0x69, 0xe2, 0xc7, 0x8b, 0x32, 0x39, 0xec, 0xfa, 0xb2,
		0x16, 0x49 };
	EVP_MAC_CTX *sha256 = digest_hmac_new(digest_sha256());
	EVP_MAC_CTX *sha384 = digest_hmac_new(digest_sha384());
	uint8_t got[48];

	(void)state;
	assert_non_null(sha256);
	assert_non_null(sha384);
	for (int i = 0; i < 2; i++) {
		assert_true(digest_hmac(sha256,
			(struct view) { key, sizeof(key) }, data, got, 32));
		assert_memory_equal(got, want_256, 32);
		assert_true(digest_hmac(sha384,
			(struct view) { key, sizeof(key) }, data, got, 48));
		assert_memory_equal(got, want_384, 48);
	}
	/* Room for less than there is. */
	assert_false(digest_hmac(
		sha256, (struct view) { key, sizeof(key) }, data, got, 31));
	EVP_MAC_CTX_free(sha256);
	EVP_MAC_CTX_free(sha384);
}

static void digest_each_is_what_its_name_says(void **state)
{
	(void)state;
	assert_true(EVP_MD_is_a(digest_sha256(), "SHA2-256"));
	assert_true(EVP_MD_is_a(digest_sha384(), "SHA2-384"));
	assert_true(EVP_MD_is_a(digest_sha512(), "SHA2-512"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_hash_abc_as_fips_180),
		cmocka_unit_test(digest_hmac_jefe_as_rfc_4231),
		cmocka_unit_test(digest_each_is_what_its_name_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
