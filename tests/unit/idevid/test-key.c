/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is, by its public key, and what it may make. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "certs.h"
#include "key.h"

static enum key_alg alg_of(const char *type)
{
	EVP_PKEY *key = certs_key(type);
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);
	enum key_alg alg = key_alg_of_spki(spki, (size_t)len);

	/* One byte more or less is another thing. */
	assert_int_equal(key_alg_of_spki(spki, (size_t)len - 1), KEY_ALG_NONE);
	EVP_PKEY_free(key);
	OPENSSL_free(spki);
	return alg;
}

static void spki_of_our_types_recognised(void **state)
{
	(void)state;
	assert_int_equal(alg_of("P-256"), KEY_ALG_P256);
	assert_int_equal(alg_of("P-384"), KEY_ALG_P384);
	assert_int_equal(alg_of("RSA:2048"), KEY_ALG_RSA2048);
	assert_int_equal(alg_of("RSA:3072"), KEY_ALG_RSA3072);
	assert_int_equal(alg_of("RSA:4096"), KEY_ALG_RSA4096);
}

static void spki_of_other_types_is_none(void **state)
{
	(void)state;
	assert_int_equal(alg_of("P-521"), KEY_ALG_NONE);
	assert_int_equal(alg_of("ED25519"), KEY_ALG_NONE);
	assert_int_equal(alg_of("RSA:1024"), KEY_ALG_NONE);
	assert_int_equal(key_alg_of_spki((const uint8_t *)"", 0), KEY_ALG_NONE);
}

static void name_and_back_same_algorithm(void **state)
{
	(void)state;
	for (int a = KEY_ALG_P256; a <= KEY_ALG_LAST; a++)
		assert_int_equal(
			key_alg_by_name(key_alg_name((enum key_alg)a)), a);
	assert_string_equal(key_alg_name(KEY_ALG_NONE), "none");
	assert_string_equal(key_alg_name((enum key_alg)77), "none");
	assert_int_equal(key_alg_by_name("P256"), KEY_ALG_NONE);
	assert_int_equal(key_alg_by_name(""), KEY_ALG_NONE);
	assert_string_equal(key_role_name(KEY_ROLE_IDEVID), "idevid");
	assert_string_equal(key_role_name(KEY_ROLE_IAK), "iak");
}

static void known_are_those_with_keys_alone(void **state)
{
	(void)state;
	for (int a = -1; a < 256; a++)
		assert_int_equal(key_alg_is_known((enum key_alg)a),
			a >= KEY_ALG_P256 && a <= KEY_ALG_RSA4096);
}

/* 802.1AR signature suites, and the hash that the TCG template fixes.
 * covers: 802.1AR-7.2-suite 802.1AR-8-suite-rsa2048 802.1AR-8-suite-p256
 * 802.1AR-8-suite-p384 */
static void allows_exactly_the_suites(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned alg = 0; alg < 9; alg++)
		for (unsigned scheme = 0; scheme < 6; scheme++)
			for (unsigned hash = 0; hash < 0x20; hash++)
				n += (unsigned)key_alg_allows(
					(enum key_alg)alg, scheme, hash);
	assert_int_equal(n, 1 + 1 + 3 * (2 * 3));
	assert_true(key_alg_allows(KEY_ALG_P256, SIG_ECDSA, HASH_SHA256));
	assert_true(key_alg_allows(KEY_ALG_P384, SIG_ECDSA, HASH_SHA384));
	assert_true(key_alg_allows(KEY_ALG_RSA2048, SIG_RSAPSS, HASH_SHA512));
	assert_false(key_alg_allows(KEY_ALG_P256, SIG_ECDSA, HASH_SHA384));
	assert_false(key_alg_allows(KEY_ALG_P256, SIG_RSASSA, HASH_SHA256));
}

/* What a request is signed with is something that the key makes. */
static void own_scheme_and_hash_are_allowed(void **state)
{
	static const unsigned bits[] = { 0, 0, 0, 2048, 3072, 4096, 0 };

	(void)state;
	for (int a = KEY_ALG_P256; a <= KEY_ALG_LAST; a++) {
		enum key_alg alg = (enum key_alg)a;

		assert_true(key_alg_allows(
			alg, key_alg_scheme(alg), key_alg_hash(alg)));
		assert_int_equal(
			key_alg_scheme(alg) == SIG_RSASSA, bits[a] > 0);
	}
	for (int a = KEY_ALG_NONE; a < (int)N_OF(bits); a++)
		assert_int_equal(key_alg_rsa_bits((enum key_alg)a), bits[a]);
	assert_int_equal(key_alg_hash(KEY_ALG_RSA2048), HASH_SHA256);
	assert_int_equal(key_alg_hash(KEY_ALG_RSA4096), HASH_SHA384);
	assert_string_equal(key_alg_title(KEY_ALG_RSA4096), "RSA-4096");
	assert_string_equal(key_alg_title(KEY_ALG_NONE), "none");
}

/* Usage messages name each that there is. */
static void texts_name_every_algorithm(void **state)
{
	char text[] = KEY_ALG_NAMES;
	int n = 0;

	(void)state;
	for (char *p = strtok(text, "|"); p; p = strtok(NULL, "|"), n++)
		assert_non_null(strstr(KEY_ALG_LIST, p));
	assert_int_equal(n, KEY_ALG_LAST);
	for (int a = KEY_ALG_P256; a <= KEY_ALG_LAST; a++)
		assert_non_null(
			strstr(KEY_ALG_NAMES, key_alg_name((enum key_alg)a)));
}

/* covers: OWN-p521 */
static void why_not_says_it_of_p521_alone(void **state)
{
	(void)state;
	assert_non_null(strstr(key_alg_why_not("p521"), "802.1AR"));
	assert_null(key_alg_why_not("p256"));
	assert_null(key_alg_why_not("dsa"));
}

static void has_suite_is_so_for_those_of_802_1ar_alone(void **state)
{
	(void)state;
	for (int a = KEY_ALG_NONE; a <= KEY_ALG_LAST + 1; a++)
		assert_int_equal(key_alg_has_suite((enum key_alg)a),
			a == KEY_ALG_P256 || a == KEY_ALG_P384 ||
				a == KEY_ALG_RSA2048);
}

static void hash_len_of_foreign_hash_is_zero(void **state)
{
	(void)state;
	assert_int_equal(sig_hash_len(HASH_SHA256), 32);
	assert_int_equal(sig_hash_len(HASH_SHA384), 48);
	assert_int_equal(sig_hash_len(HASH_SHA512), 64);
	assert_int_equal(sig_hash_len(4), 0); /* SHA-1 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spki_of_our_types_recognised),
		cmocka_unit_test(spki_of_other_types_is_none),
		cmocka_unit_test(name_and_back_same_algorithm),
		cmocka_unit_test(known_are_those_with_keys_alone),
		cmocka_unit_test(allows_exactly_the_suites),
		cmocka_unit_test(own_scheme_and_hash_are_allowed),
		cmocka_unit_test(texts_name_every_algorithm),
		cmocka_unit_test(why_not_says_it_of_p521_alone),
		cmocka_unit_test(has_suite_is_so_for_those_of_802_1ar_alone),
		cmocka_unit_test(hash_len_of_foreign_hash_is_zero),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
