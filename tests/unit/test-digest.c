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
		cmocka_unit_test(digest_each_is_what_its_name_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
