/* SPDX-License-Identifier: Apache-2.0 */
#include "roca.h"

#include "key.h"

#define GENERATOR 65537u

/* INTEGER 65537, which the SubjectPublicKeyInfo ends with (RFC 8017 A.1.1). */
#define EXPONENT_LEN 5

/*
 * The odd primes that divide M for keys of every size (the paper's table 1): M
 * of the smallest keys has them, and longer ones have more. 17 of them tell
 * anything: modulo the others 65537 makes every residue.
 */
static const unsigned primes[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41,
	43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
	127, 131, 137, 139, 149, 151, 157, 163, 167 };

static unsigned residue(struct view number, unsigned prime)
{
	unsigned r = 0;

	for (size_t i = 0; i < number.len; i++)
		r = (r << 8 | number.data[i]) % prime;
	return r;
}

static bool is_power(unsigned r, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == r)
			return true;
		power = power * (GENERATOR % prime) % prime;
	} while (power != 1);
	return false;
}

bool roca_has_form(struct view modulus)
{
	for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++) {
		if (!is_power(residue(modulus, primes[i]), primes[i]))
			return false;
	}
	return true;
}

enum devid_err roca_check(
	struct view modulus, const char *what, struct devid_error *err)
{
	if (!roca_has_form(modulus))
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_INVALID,
		"%s: its RSA modulus has the ROCA form (CVE-2017-15361): "
		"anybody can compute the private key from it",
		what);
}

enum devid_err roca_check_spki(
	struct view spki, const char *what, struct devid_error *err)
{
	size_t len = key_alg_rsa_bits(key_alg_of_spki(spki.data, spki.len)) / 8;

	if (len == 0)
		return DEVID_OK;
	return roca_check(
		(struct view) {
			spki.data + spki.len - EXPONENT_LEN - len, len },
		what, err);
}
