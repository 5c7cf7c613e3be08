/* SPDX-License-Identifier: Apache-2.0 */
/* The form of CVE-2017-15361: found where it is, and nowhere else. */
#include "cmocka-all.h"

#include <openssl/bn.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "certs.h"
#include "roca-key.h"
#include "roca.h"
#include "rsa-keys.h"

#define MODULUS_MAX 512
#define LAST_PRIME  167

static bool is_prime(unsigned n)
{
	for (unsigned d = 2; d * d <= n; d++) {
		if (n % d == 0)
			return false;
	}
	return n > 1;
}

/* How many residues modulo @p are powers of 65537. */
static unsigned order(unsigned p)
{
	unsigned n = 1;

	for (unsigned x = 65537 % p; x != 1; x = x * (65537 % p) % p)
		n++;
	return n;
}

static bool has_form(const EVP_PKEY *key)
{
	uint8_t buf[MODULUS_MAX];
	size_t len = roca_key_modulus(key, buf, sizeof(buf));

	return roca_has_form((struct view) { buf, len });
}

/* covers: OWN-roca */
static void modulus_of_the_form_each_size_found(void **state)
{
	static const unsigned bits[] = { 2048, 3072, 4096 };

	(void)state;
	for (size_t i = 0; i < N_OF(bits); i++) {
		EVP_PKEY *key = roca_key(bits[i]);

		assert_int_equal(EVP_PKEY_get_bits(key), bits[i]);
		assert_true(has_form(key));
		EVP_PKEY_free(key);
	}
}

/* covers: OWN-roca */
static void keys_of_openssl_each_size_pass(void **state)
{
	static const unsigned bits[] = { 1024, 2048, 2048, 2048, 2048, 2048,
		2048, 3072, 3072, 4096, 4096 };

	(void)state;
	for (size_t i = 0; i < N_OF(bits); i++) {
		EVP_PKEY *key = rsa_keys_next(bits[i]);

		assert_false(has_form(key));
		EVP_PKEY_free(key);
	}
}

/* A number of 1024 bits that no small prime divides, which is all that the form
 * looks at in a prime. */
static void random_factor(BIGNUM *ret)
{
	bool divided = true;

	while (divided) {
		assert_int_equal(
			BN_rand(ret, 1024, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD),
			1);
		divided = false;
		for (unsigned p = 3; p <= LAST_PRIME && !divided; p += 2)
			divided = BN_mod_word(ret, p) == 0;
	}
}

#define MODULI 20000

static void thousands_of_moduli_none_found(void **state)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new();
	uint8_t buf[256];

	(void)state;
	for (unsigned i = 0; i < MODULI; i++) {
		random_factor(p);
		random_factor(q);
		assert_int_equal(BN_mul(n, p, q, ctx), 1);
		assert_int_equal(BN_bn2binpad(n, buf, sizeof(buf)), 256);
		assert_false(roca_has_form((struct view) { buf, 256 }));
	}
	BN_free(p);
	BN_free(q);
	BN_free(n);
	BN_CTX_free(ctx);
}

/* Chinese remainders: which share of all moduli that no small prime divides has
 * the form. */
static void one_modulus_in_200_million_has_it_by_chance(void **state)
{
	double share = 1;
	unsigned telling = 0;

	(void)state;
	for (unsigned p = 3; p <= LAST_PRIME; p++) {
		if (!is_prime(p))
			continue;
		share *= (double)order(p) / (p - 1);
		telling += order(p) < p - 1;
	}
	assert_int_equal(telling, 17);
	assert_true(share < 1.0 / 200e6);
	assert_true(share > 1.0 / 300e6);
}

/* Adds @times M / @prime: that moves the residue of @prime alone. */
static void move(BIGNUM *n, unsigned prime, unsigned times)
{
	BIGNUM *m = BN_new();

	assert_int_equal(BN_set_word(m, times), 1);
	for (unsigned p = 3; p <= LAST_PRIME; p++) {
		if (is_prime(p) && p != prime)
			assert_int_equal(BN_mul_word(m, p), 1);
	}
	assert_int_equal(BN_add(n, n, m), 1);
	BN_free(m);
}

/* How many residues of @prime leave the form what it is. */
static unsigned residues_with_form(const EVP_PKEY *key, unsigned prime)
{
	uint8_t buf[MODULUS_MAX];
	size_t len = roca_key_modulus(key, buf, sizeof(buf));
	unsigned found = 0;

	for (unsigned i = 0; i < prime; i++) {
		BIGNUM *n = BN_bin2bn(buf, (int)len, NULL);
		uint8_t moved[MODULUS_MAX];

		move(n, prime, i);
		found += roca_has_form(
			(struct view) { moved, (size_t)BN_bn2bin(n, moved) });
		BN_free(n);
	}
	return found;
}

/* With each other prime as it is: exactly the powers of 65537. */
static void each_prime_alone_tells(void **state)
{
	EVP_PKEY *key = roca_key(2048);

	(void)state;
	for (unsigned p = 3; p <= LAST_PRIME; p++) {
		if (is_prime(p))
			assert_int_equal(residues_with_form(key, p), order(p));
	}
	EVP_PKEY_free(key);
}

static void number_without_a_residue_passes(void **state)
{
	static const uint8_t zeros[256];

	(void)state;
	assert_false(roca_has_form((struct view) { zeros, 0 }));
	assert_false(roca_has_form((struct view) { zeros, sizeof(zeros) }));
}

static enum devid_err check_key(EVP_PKEY *key, struct devid_error *err)
{
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);
	enum devid_err rc;

	assert_true(len > 0);
	rc = roca_check_spki(
		(struct view) { spki, (size_t)len }, "idevid-1", err);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	return rc;
}

/* covers: OWN-roca */
static void spki_of_the_form_refused_by_name(void **state)
{
	static const unsigned bits[] = { 2048, 3072, 4096 };

	(void)state;
	for (size_t i = 0; i < N_OF(bits); i++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(
			check_key(roca_key(bits[i]), &err), DEVID_ERR_INVALID);
		assert_string_equal(err.text,
			"idevid-1: its RSA modulus has the ROCA form "
			"(CVE-2017-15361): anybody can compute the private key "
			"from it");
	}
}

static void spki_of_another_key_passes(void **state)
{
	static const char *const types[] = { "P-256", "P-384", "P-521",
		"ED25519", "RSA:2048", "RSA:3072", "RSA:4096" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++)
		assert_rc(check_key(certs_key(types[i]), NULL), DEVID_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modulus_of_the_form_each_size_found),
		cmocka_unit_test(keys_of_openssl_each_size_pass),
		cmocka_unit_test(thousands_of_moduli_none_found),
		cmocka_unit_test(one_modulus_in_200_million_has_it_by_chance),
		cmocka_unit_test(each_prime_alone_tells),
		cmocka_unit_test(number_without_a_residue_passes),
		cmocka_unit_test(spki_of_the_form_refused_by_name),
		cmocka_unit_test(spki_of_another_key_passes),
	};

	return cmocka_run_group_tests_name("roca", tests, NULL, NULL);
}
