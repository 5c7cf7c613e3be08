/* SPDX-License-Identifier: Apache-2.0 */
/* A private key that is brought: taken as it is, refused for one cause each,
 * and gone from memory afterwards. */
#include "cmocka-all.h"

#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>

#include "certs.h"
#include "private-key.h"
#include "pkcs8.h"
#include "roca-key.h"
#include "rsa-keys.h"
#include "wire.h"

static const char *const types[] = { "P-256", "P-384", "RSA:2048", "RSA:3072",
	"RSA:4096" };

static enum devid_err read_key(
	const struct certs_buf *in, EVP_PKEY **ret, struct devid_error *err)
{
	return private_key_read((struct view) { in->data, in->len }, ret, err);
}

/* @in is refused with @code and @cause, and no error of OpenSSL stays. */
static void assert_refused(
	const struct certs_buf *in, enum devid_err code, const char *cause)
{
	struct devid_error err = { DEVID_OK, "" };
	EVP_PKEY *key = NULL;

	assert_rc(read_key(in, &key, &err), code);
	assert_cause(&err, cause);
	assert_null(key);
	assert_int_equal(ERR_peek_error(), 0);
}

static struct key_blob spki_of(EVP_PKEY *key)
{
	struct key_blob spki = { 0 };

	assert_rc(private_key_spki(key, &spki, NULL), DEVID_OK);
	return spki;
}

/* ---- what is taken ---- */

/* Signed with the one, verified with the other. */
static void assert_same_private(EVP_PKEY *read, EVP_PKEY *made)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[512];
	size_t len = sizeof(sig);

	assert_int_equal(
		EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, read), 1);
	assert_int_equal(
		EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"x", 1), 1);
	EVP_MD_CTX_free(ctx);
	ctx = EVP_MD_CTX_new();
	assert_int_equal(
		EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, made), 1);
	assert_int_equal(
		EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"x", 1), 1);
	EVP_MD_CTX_free(ctx);
}

static void read_each_type_gives_the_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		EVP_PKEY *made = certs_key(types[i]), *other, *key = NULL;
		struct certs_buf der = pkcs8_of(made);
		struct devid_error err = { DEVID_OK, "" };
		struct key_blob spki;

		if (read_key(&der, &key, &err) != DEVID_OK)
			fail_msg("%s: %s", types[i], err.text);
		assert_same_private(key, made);
		spki = spki_of(made);
		assert_int_equal(
			key_alg_of_spki(spki.data, spki.len), (int)i + 1);
		assert_true(private_key_fits(key, &spki));
		other = certs_key(types[i]);
		spki = spki_of(other);
		assert_false(private_key_fits(key, &spki));
		EVP_PKEY_free(key);
		EVP_PKEY_free(other);
		EVP_PKEY_free(made);
	}
}

static void fits_nothing_is_false(void **state)
{
	EVP_PKEY *key = certs_key("P-256");
	struct key_blob spki = spki_of(key);

	(void)state;
	spki.len--;
	assert_false(private_key_fits(key, &spki));
	spki.len = 0;
	assert_false(private_key_fits(key, &spki));
	EVP_PKEY_free(key);
}

/* Of P-256: the private number as it is in RFC 5915, and its public half. */
static size_t ec_number(const EVP_PKEY *key, uint8_t *ret)
{
	BIGNUM *n = NULL;

	assert_int_equal(
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &n), 1);
	assert_int_equal(BN_bn2binpad(n, ret, 32), 32);
	BN_free(n);
	return 32;
}

/* BIT STRING content of the public half, in hex. */
static void ec_point_hex(EVP_PKEY *key, char ret[2 * 65 + 1])
{
	struct key_blob spki = spki_of(key);

	for (size_t i = 0; i < 65; i++)
		(void)sprintf(ret + 2 * i, "%02x",
			spki.data[spki.len - 65 + i]); /* fits */
}

static void read_without_public_half_computes_it(void **state)
{
	EVP_PKEY *made = certs_key("P-256"), *key = NULL;
	struct certs_buf der;
	uint8_t number[32];

	(void)state;
	der = pkcs8_ec(number, ec_number(made, number), "");
	der = pkcs8_wrap(0, PKCS8_P256, &der, "");
	assert_rc(read_key(&der, &key, NULL), DEVID_OK);
	assert_int_equal(EVP_PKEY_eq(key, made), 1);
	EVP_PKEY_free(key);
	EVP_PKEY_free(made);
}

/* RFC 5958: version 2, with attributes and the public half. */
static void read_one_asymmetric_key_with_its_own_public_half(void **state)
{
	EVP_PKEY *made = certs_key("P-256"), *key = NULL;
	char rest[200] = "a000 8142 00";
	struct certs_buf ec, der;
	uint8_t number[32];

	(void)state;
	ec = pkcs8_ec(number, ec_number(made, number),
		"a00a 0608 2a8648ce3d030107"); /* its curve again */
	ec_point_hex(made, rest + strlen(rest));
	der = pkcs8_wrap(1, PKCS8_P256, &ec, rest);
	assert_rc(read_key(&der, &key, NULL), DEVID_OK);
	EVP_PKEY_free(key);
	EVP_PKEY_free(made);
}

/* ---- its form ---- */

static void read_nothing_or_too_much_refused(void **state)
{
	struct certs_buf big = { .len = WIRE_PKCS8_MAX + 1 },
			 none = { .len = 0 };

	(void)state;
	assert_refused(&none, DEVID_ERR_SYNTAX, "no PKCS#8");
	assert_refused(&big, DEVID_ERR_TOO_LARGE, "3073 bytes, at most 3072");
	big.len--;
	assert_refused(&big, DEVID_ERR_SYNTAX, "no PKCS#8");
}

static void read_cut_anywhere_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i += 2) {
		EVP_PKEY *made = certs_key(types[i]), *key = NULL;
		struct certs_buf der = pkcs8_of(made);

		while (der.len-- > 0)
			assert_rc(read_key(&der, &key, NULL), DEVID_ERR_SYNTAX);
		EVP_PKEY_free(made);
	}
}

static void read_bytes_behind_refused(void **state)
{
	EVP_PKEY *made = certs_key("P-256");
	struct certs_buf der = pkcs8_of(made);

	(void)state;
	certs_append(&der, "\n", 1);
	assert_refused(
		&der, DEVID_ERR_SYNTAX, "private key: 1 bytes behind it");
	EVP_PKEY_free(made);
}

static void read_pem_refused(void **state)
{
	static const char pem[] = "-----BEGIN PRIVATE KEY-----\nMIG\n";
	struct certs_buf der = { .len = 0 };

	(void)state;
	certs_append(&der, pem, sizeof(pem));
	assert_refused(
		&der, DEVID_ERR_SYNTAX, "private key: PEM, where DER is to be");
}

/* covers: OWN-import-weak */
static void read_encrypted_refused(void **state)
{
	EVP_PKEY *made = certs_key("P-256");
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(made);
	X509_SIG *sealed = PKCS8_encrypt(
		-1, EVP_aes_256_cbc(), "x", 1, NULL, 0, 1000, info);
	struct certs_buf der = { .len = 0 };
	uint8_t *bytes = NULL;
	int len = i2d_X509_SIG(sealed, &bytes);

	(void)state;
	assert_true(len > 0);
	certs_append(&der, bytes, (size_t)len);
	assert_refused(&der, DEVID_ERR_UNSUPPORTED, "private key: encrypted");
	OPENSSL_free(bytes);
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(made);
}

static void read_malformed_outside_refused(void **state)
{
	EVP_PKEY *made = certs_key("P-256");
	char public[200] = "8142 00";
	struct certs_buf ec, der;
	uint8_t number[32];

	(void)state;
	ec = pkcs8_ec(number, ec_number(made, number), "");
	ec_point_hex(made, public + strlen(public));
	der = pkcs8_wrap(2, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	der = pkcs8_wrap(0x80, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	/* Its public half in version 1; then something behind that. */
	der = pkcs8_wrap(0, PKCS8_P256, &ec, public);
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	der = pkcs8_wrap(1, PKCS8_P256, &ec, strcat(public, "0500"));
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	der = pkcs8_wrap(0, PKCS8_RSA, &ec, "0500");
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	/* What RFC 8017 A.1 has no room for. */
	der = pkcs8_wrap(
		0, "3010 0609 2a864886f70d010101 0603 2a0304", &ec, "");
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	der = pkcs8_wrap(0, "3002 0500", &ec, "");
	assert_refused(&der, DEVID_ERR_SYNTAX, "PKCS#8: malformed");
	EVP_PKEY_free(made);
}

static void read_other_algorithms_refused_by_name(void **state)
{
	static const struct {
		const char *type, *oid;
	} others[] = { { "ED25519", "1.3.101.112" },
		{ "X25519", "1.3.101.110" } };
	struct certs_buf der, none = { .len = 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(others); i++) {
		EVP_PKEY *made = certs_key(others[i].type);

		der = pkcs8_of(made);
		assert_refused(&der, DEVID_ERR_UNSUPPORTED, others[i].oid);
		assert_refused(
			&der, DEVID_ERR_UNSUPPORTED, "neither RSA nor EC");
		EVP_PKEY_free(made);
	}
	/* RSA that may be used with PSS only. */
	der = pkcs8_wrap(0, "300b 0609 2a864886f70d01010a", &none, "");
	assert_refused(&der, DEVID_ERR_UNSUPPORTED, "1.2.840.113549.1.1.10");
}

/* ---- RSA ---- */

/* A number of @bits, the rest of the key @rsa's. */
static void assert_size_refused(
	struct pkcs8_rsa *rsa, unsigned bits, const char *cause)
{
	struct certs_buf n = { .len = 0 }, der;

	if (bits % 8 == 0)
		n.data[n.len++] = 0;
	n.data[n.len] = (uint8_t)(0x80 >> (8 - bits % 8) % 8);
	n.len += (bits + 7) / 8;
	n.data[n.len - 1] |= 1;
	rsa->number[0] = certs_tlv(0x02, &n);
	der = pkcs8_rsa_wrap(rsa);
	assert_refused(&der, DEVID_ERR_UNSUPPORTED, cause);
}

/* covers: OWN-import-weak */
static void read_rsa_of_other_sizes_refused(void **state)
{
	EVP_PKEY *made = rsa_keys_next(1024);
	struct certs_buf der = pkcs8_of(made);
	struct pkcs8_rsa rsa;

	(void)state;
	assert_refused(&der, DEVID_ERR_UNSUPPORTED,
		"private key: RSA of 1024 bits, which is too weak: 2048 at "
		"least");
	pkcs8_rsa_get(made, &rsa);
	assert_size_refused(&rsa, 2047, "2047 bits, which is too weak");
	assert_size_refused(&rsa, 2049, "2049 bits, which is none of");
	assert_size_refused(
		&rsa, 2560, "2560 bits, which is none of 2048, 3072, 4096");
	assert_size_refused(&rsa, 4097, "4097 bits, which is too long");
	assert_size_refused(
		&rsa, 8192, "8192 bits, which is too long: 4096 at most");
	EVP_PKEY_free(made);
}

/* covers: OWN-import-weak */
static void read_rsa_of_another_exponent_refused(void **state)
{
	static const char *const exponents[] = { "020103", "0203010003",
		"02020101", "020401000001", "0209 010000000000010001" };
	EVP_PKEY *made = rsa_keys_next(2048);
	struct pkcs8_rsa rsa;

	(void)state;
	pkcs8_rsa_get(made, &rsa);
	for (size_t i = 0; i < N_OF(exponents); i++) {
		struct certs_buf der;

		rsa.number[1] = certs_hex(exponents[i]);
		der = pkcs8_rsa_wrap(&rsa);
		assert_refused(&der, DEVID_ERR_UNSUPPORTED,
			"RSA with another public exponent than 65537");
	}
	EVP_PKEY_free(made);
}

/* covers: OWN-roca */
static void read_rsa_of_roca_form_refused(void **state)
{
	EVP_PKEY *made = roca_key(2048);
	struct certs_buf der = pkcs8_of(made);

	(void)state;
	assert_refused(&der, DEVID_ERR_INVALID, "ROCA form (CVE-2017-15361)");
	EVP_PKEY_free(made);
}

/* One bit of one number; none of them may be another. */
static void read_rsa_of_inconsistent_numbers_refused(void **state)
{
	EVP_PKEY *made = rsa_keys_next(2048);
	struct pkcs8_rsa good, bad;

	(void)state;
	pkcs8_rsa_get(made, &good);
	for (int i = 0; i < PKCS8_N_RSA; i++) {
		struct certs_buf der;

		if (i == 1)
			continue; /* the exponent has a cause of its own */
		bad = good;
		bad.number[i].data[bad.number[i].len / 2] ^= 0x10;
		der = pkcs8_rsa_wrap(&bad);
		assert_refused(&der, DEVID_ERR_INVALID,
			"private key: RSA numbers that are no key pair");
	}
	bad = good;
	bad.number[2] = certs_hex("0282 0202");
	bad.number[2].len += 0x202;
	bad.number[2].data[4] = 1;
	{
		struct certs_buf der = pkcs8_rsa_wrap(&bad);

		assert_refused(&der, DEVID_ERR_INVALID,
			"RSA numbers that are no key pair");
	}
	EVP_PKEY_free(made);
}

static BIGNUM *number_of(EVP_PKEY *key, const char *name)
{
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	EVP_PKEY_free(key);
	return n;
}

/* All fits, but one factor is the product of two primes. */
static void read_rsa_of_a_factor_that_is_no_prime_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		BIGNUM *product =
			number_of(rsa_keys_next(1024), OSSL_PKEY_PARAM_RSA_N);
		BIGNUM *prime = number_of(
			rsa_keys_next(2048), OSSL_PKEY_PARAM_RSA_FACTOR1);
		EVP_PKEY *made = i == 0 ? roca_key_of_factors(product, prime)
					: roca_key_of_factors(prime, product);
		struct certs_buf der = pkcs8_of(made);

		assert_int_equal(EVP_PKEY_get_bits(made), 2048);
		assert_refused(&der, DEVID_ERR_INVALID,
			"private key: RSA numbers that are no key pair");
		EVP_PKEY_free(made);
	}
}

/* Both primes, but not as a TPM takes them.
 * covers: OWN-import-weak */
static void read_rsa_of_unequal_primes_refused(void **state)
{
	EVP_PKEY *made = rsa_keys_next(2048);
	struct certs_buf der;

	(void)state;
	for (int i = 3; i <= 4; i++) {
		struct pkcs8_rsa rsa;

		pkcs8_rsa_get(made, &rsa);
		rsa.number[i] = certs_hex("020103");
		der = pkcs8_rsa_wrap(&rsa);
		assert_refused(&der, DEVID_ERR_UNSUPPORTED,
			"RSA with primes of other than 1024 bits");
	}
	EVP_PKEY_free(made);
}

static void read_rsa_malformed_refused(void **state)
{
	/* 0, negative, not the shortest form, no number, nothing in it */
	static const char *const numbers[] = { "020100", "0201ff", "0202007f",
		"0500", "0200" };
	EVP_PKEY *made = rsa_keys_next(2048);
	struct pkcs8_rsa rsa;
	struct certs_buf der;

	(void)state;
	for (int i = 0; i < PKCS8_N_RSA; i++) {
		for (size_t k = 0; k < N_OF(numbers); k++) {
			pkcs8_rsa_get(made, &rsa);
			rsa.number[i] = certs_hex(numbers[k]);
			der = pkcs8_rsa_wrap(&rsa);
			assert_refused(
				&der, DEVID_ERR_SYNTAX, "RSA: malformed");
		}
	}
	pkcs8_rsa_get(made, &rsa);
	certs_append(&rsa.number[7], "\x05\x00", 2);
	der = pkcs8_rsa_wrap(&rsa);
	assert_refused(&der, DEVID_ERR_SYNTAX, "RSA: malformed");
	pkcs8_rsa_get(made, &rsa);
	rsa.version = 1;
	der = pkcs8_rsa_wrap(&rsa);
	assert_refused(&der, DEVID_ERR_UNSUPPORTED, "more than two primes");
	EVP_PKEY_free(made);
}

/* ---- EC ---- */

static EVP_PKEY *ec_key(const char *group, const char *encoding)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
					OSSL_PKEY_PARAM_GROUP_NAME,
					(char *)(uintptr_t)group, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING,
			(char *)(uintptr_t)encoding, 0),
		OSSL_PARAM_construct_end() };

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void assert_ec_refused(
	const char *group, const char *encoding, const char *cause)
{
	EVP_PKEY *made = ec_key(group, encoding);
	struct certs_buf der = pkcs8_of(made);

	assert_refused(&der, DEVID_ERR_UNSUPPORTED, cause);
	EVP_PKEY_free(made);
}

/* covers: OWN-import-weak */
static void read_ec_on_other_curves_refused(void **state)
{
	(void)state;
	assert_ec_refused("P-521", "named_curve",
		"EC on P-521: IEEE 802.1AR has no signature suite");
	assert_ec_refused("secp256k1", "named_curve",
		"EC on another curve (1.3.132.0.10) than P-256 and P-384");
	assert_ec_refused("brainpoolP256r1", "named_curve", "1.3.36.3.3.2.8");
	assert_ec_refused("P-256", "explicit", "explicit parameters");
}

static void read_ec_of_another_public_half_refused(void **state)
{
	EVP_PKEY *made = certs_key("P-256"), *other = certs_key("P-256");
	char inside[200] = "a144 0342 00", outside[200] = "8142 00";
	struct certs_buf ec, der;
	uint8_t number[32];

	(void)state;
	(void)ec_number(made, number);
	ec_point_hex(other, inside + strlen(inside));
	ec_point_hex(other, outside + strlen(outside));
	ec = pkcs8_ec(number, 32, inside);
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_MISMATCH,
		"EC: its public half is that of another key");
	ec = pkcs8_ec(number, 32, "");
	der = pkcs8_wrap(1, PKCS8_P256, &ec, outside);
	assert_refused(&der, DEVID_ERR_MISMATCH,
		"private key: its public half is that of another key");
	EVP_PKEY_free(made);
	EVP_PKEY_free(other);
}

static void read_ec_of_no_number_of_the_curve_refused(void **state)
{
	/* the order of P-256 (SP 800-186 3.2.1.3) */
	static const char order[] =
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	struct certs_buf n = certs_hex(order), zero = { .len = 32 }, ec, der;

	(void)state;
	ec = pkcs8_ec(n.data, n.len, "");
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_INVALID, "no number of its curve");
	ec = pkcs8_ec(zero.data, zero.len, "");
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_INVALID, "no number of its curve");
	ec = pkcs8_ec(zero.data, 0, "");
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_INVALID, "no number of its curve");
	n.data[31] -= 1; /* the largest that there is */
	ec = pkcs8_ec(n.data, n.len, "");
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	{
		EVP_PKEY *key = NULL;

		assert_rc(read_key(&der, &key, NULL), DEVID_OK);
		EVP_PKEY_free(key);
	}
}

static void read_ec_malformed_refused(void **state)
{
	static const char *const rests[] = { "a100", "a104 03020100 05",
		"a103 0301", "0500", "a104 03020701", "a002 0500 a1" };
	EVP_PKEY *made = certs_key("P-256");
	struct certs_buf ec, der;
	uint8_t number[33];

	(void)state;
	(void)ec_number(made, number);
	for (size_t i = 0; i < N_OF(rests); i++) {
		struct devid_error err = { DEVID_OK, "" };
		EVP_PKEY *key = NULL;

		ec = pkcs8_ec(number, 32, rests[i]);
		der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
		assert_true(read_key(&der, &key, &err) == DEVID_ERR_SYNTAX ||
			    err.code == DEVID_ERR_MISMATCH);
	}
	ec = pkcs8_ec(number, 33, "");
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_SYNTAX, "EC: malformed");
	ec = pkcs8_ec(number, 32, "a007 0605 2b81040022"); /* P-384 */
	der = pkcs8_wrap(0, PKCS8_P256, &ec, "");
	assert_refused(&der, DEVID_ERR_MISMATCH, "EC: it names two curves");
	EVP_PKEY_free(made);
}

/* ---- what is left of it ---- */

/* Looked for in each block of OpenSSL's when it is freed; as it is written,
 * and the other way round, as numbers are on machines of this kind. */
static uint8_t needle[2][16];
static bool looking;
static unsigned found;

static void look_into(const void *block)
{
	size_t size = malloc_usable_size((void *)(uintptr_t)block);

	for (int i = 0; looking && i < 2; i++)
		found += memmem(block, size, needle[i], sizeof(needle[i])) !=
			 NULL;
}

static void *count_malloc(size_t size, const char *file, int line)
{
	(void)file; /* OpenSSL's place */
	(void)line;
	return calloc(1, size); /* what was there before is not looked at */
}

static void count_free(void *block, const char *file, int line)
{
	(void)file; /* OpenSSL's place */
	(void)line;
	if (block)
		look_into(block);
	free(block);
}

static void *count_realloc(void *block, size_t size, const char *file, int line)
{
	void *more = calloc(1, size);

	if (block && more) {
		size_t have = malloc_usable_size(block);

		memcpy(more, block, have < size ? have : size);
		count_free(block, file, line);
	}
	return more;
}

/* Sixteen bytes from the middle of @number, which are secret. */
static void look_for(const uint8_t *number, size_t len)
{
	memcpy(needle[0], number + len / 2, 16);
	for (int i = 0; i < 16; i++)
		needle[1][i] = needle[0][15 - i];
}

static unsigned copies_left(const struct certs_buf *der)
{
	EVP_PKEY *key = NULL;

	found = 0;
	looking = true;
	assert_rc(read_key(der, &key, NULL), DEVID_OK);
	EVP_PKEY_free(key);
	looking = false;
	return found;
}

/* covers: OWN-import-plain */
static void no_freed_memory_holds_the_key(void **state)
{
	EVP_PKEY *made = certs_key("P-256");
	struct certs_buf der = pkcs8_of(made);
	struct pkcs8_rsa rsa;
	uint8_t number[32];

	(void)state;
	(void)ec_number(made, number);
	look_for(number, 31);
	assert_int_equal(copies_left(&der), 0);
	EVP_PKEY_free(made);
	made = rsa_keys_next(2048);
	der = pkcs8_of(made);
	pkcs8_rsa_get(made, &rsa);
	for (int i = 2; i < PKCS8_N_RSA; i++) {
		look_for(rsa.number[i].data, rsa.number[i].len);
		assert_int_equal(copies_left(&der), 0);
	}
	EVP_PKEY_free(made);
}

/* That the search finds what is there. */
static void freed_memory_is_searched(void **state)
{
	uint8_t secret[64], *block = OPENSSL_malloc(64);

	(void)state;
	memset(secret, 0x5a, 32);
	memset(secret + 32, 0xa5, 32);
	look_for(secret, 48);
	memcpy(block, secret, 64);
	found = 0;
	looking = true;
	OPENSSL_free(block);
	looking = false;
	assert_int_equal(found, 1);
	block = OPENSSL_malloc(64);
	memcpy(block, secret, 64);
	looking = true;
	OPENSSL_clear_free(block, 64);
	looking = false;
	assert_int_equal(found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_each_type_gives_the_key),
		cmocka_unit_test(fits_nothing_is_false),
		cmocka_unit_test(read_without_public_half_computes_it),
		cmocka_unit_test(
			read_one_asymmetric_key_with_its_own_public_half),
		cmocka_unit_test(read_nothing_or_too_much_refused),
		cmocka_unit_test(read_cut_anywhere_refused),
		cmocka_unit_test(read_bytes_behind_refused),
		cmocka_unit_test(read_pem_refused),
		cmocka_unit_test(read_encrypted_refused),
		cmocka_unit_test(read_malformed_outside_refused),
		cmocka_unit_test(read_other_algorithms_refused_by_name),
		cmocka_unit_test(read_rsa_of_other_sizes_refused),
		cmocka_unit_test(read_rsa_of_another_exponent_refused),
		cmocka_unit_test(read_rsa_of_roca_form_refused),
		cmocka_unit_test(read_rsa_of_inconsistent_numbers_refused),
		cmocka_unit_test(read_rsa_of_a_factor_that_is_no_prime_refused),
		cmocka_unit_test(read_rsa_of_unequal_primes_refused),
		cmocka_unit_test(read_rsa_malformed_refused),
		cmocka_unit_test(read_ec_on_other_curves_refused),
		cmocka_unit_test(read_ec_of_another_public_half_refused),
		cmocka_unit_test(read_ec_of_no_number_of_the_curve_refused),
		cmocka_unit_test(read_ec_malformed_refused),
		cmocka_unit_test(no_freed_memory_holds_the_key),
		cmocka_unit_test(freed_memory_is_searched),
	};

	/* Before OpenSSL has allocated anything. */
	if (!CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free))
		return 1;
	return cmocka_run_group_tests_name("private-key", tests, NULL, NULL);
}
