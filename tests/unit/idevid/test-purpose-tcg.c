/* SPDX-License-Identifier: Apache-2.0 */
/* Purpose-bound signing: TCG-CSR-IDEVID-CONTENT. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "csr-fixture.h"
#include "purpose-fixture.h"
#include "tpm-public.h"

static struct csr_fixture fixture;

/* csrContents as the device would have them signed. */
static struct view contents(void)
{
	struct tcg_csr csr;

	csr_fixture_encode(&fixture);
	assert_rc(tcg_csr_parse((struct view) { fixture.data, fixture.len },
			  &csr, NULL),
		DEVID_OK);
	return csr.contents;
}

static enum devid_err judge_for(EVP_PKEY *key, struct view what,
	struct purpose_verdict *ret, struct devid_error *err)
{
	uint8_t spki[1024], *p = spki;
	int len = i2d_PUBKEY(key, &p);
	/* Memory of exactly that size. */
	uint8_t *exact = malloc(what.len ? what.len : 1);
	enum devid_err rc;

	memcpy(exact, what.data, what.len);
	rc = purpose_check((struct view) { exact, what.len },
		(struct view) { spki, (size_t)len }, ret, err);
	free(exact);
	return rc;
}

static void assert_good(struct view what)
{
	struct purpose_verdict v = { PURPOSE_TLS_CLIENT, 1 };
	struct devid_error err = { DEVID_OK, "" };

	if (judge_for(fixture.idevid, what, &v, &err) != DEVID_OK)
		fail_msg("refused: %s", err.text);
	assert_int_equal(v.purpose, PURPOSE_CSR);
	assert_int_equal(v.tls_version, 0);
}

static void assert_bad(struct view what, const char *cause)
{
	struct purpose_verdict v = { PURPOSE_TLS_CLIENT, 1 };
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(judge_for(fixture.idevid, what, &v, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, cause);
	assert_int_equal(v.tls_version, 1); /* untouched */
}

static int setup_p256(void **state)
{
	(void)state;
	csr_fixture_new(&fixture, KEY_ALG_P256, "P-256");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	csr_fixture_done(&fixture);
	return 0;
}

/* covers: TCG-13.1-made */
static void request_for_own_key_of_every_alg_is_a_csr(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048, KEY_ALG_RSA3072, KEY_ALG_RSA4096 };

	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		csr_fixture_new(&fixture, algs[i], "P-256");
		assert_good(contents());
		csr_fixture_done(&fixture);
	}
}

/* covers: TCG-13.1-made */
static void request_for_another_key_refused(void **state)
{
	struct view c;
	struct purpose_verdict v;
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	c = contents();
	assert_rc(judge_for(fixture.other, c, &v, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, "signingPub: another key");
	/* The own key in another place does not help. */
	csr_fixture_set_key(&fixture.idevid_area, fixture.other);
	csr_fixture_set_key(&fixture.iak_area, fixture.idevid);
	fixture.signer = fixture.other;
	fixture.certifier = fixture.idevid;
	assert_bad(contents(), "signingPub: another key");
}

static void hash_that_is_wrong_refused(void **state)
{
	(void)state;
	fixture.bad_hash = true;
	assert_bad(contents(), "hash: not that of what follows it");
}

/* With 64 bytes of hash the sizes begin behind what a key exchange leaves
 * free. */
static void hash_of_other_algorithm_refused(void **state)
{
	(void)state;
	fixture.hash_alg = HASH_SHA512;
	assert_bad(contents(), "neither SHA-256 nor SHA-384");
}

static void bytes_behind_it_refused(void **state)
{
	struct view c = contents();
	struct bytes b = { .len = 0 };

	(void)state;
	bytes_put(&b, c.data, c.len);
	bytes_put(&b, "", 1);
	assert_bad((struct view) { b.data, b.len }, "1 bytes behind pad");
}

static void cut_short_anywhere_refused(void **state)
{
	struct view c = contents();
	struct purpose_verdict v;

	(void)state;
	for (size_t n = 0; n < c.len; n++)
		assert_rc(judge_for(fixture.idevid, (struct view) { c.data, n },
				  &v, NULL),
			DEVID_ERR_PURPOSE);
}

static void every_changed_byte_refused(void **state)
{
	struct view c = contents();
	struct bytes b = { .len = 0 };
	struct purpose_verdict v;

	(void)state;
	bytes_put(&b, c.data, c.len);
	for (size_t n = 0; n < b.len; n++) {
		b.data[n] ^= 0x40;
		assert_rc(judge_for(fixture.idevid,
				  (struct view) { b.data, b.len }, &v, NULL),
			DEVID_ERR_PURPOSE);
		b.data[n] ^= 0x40;
	}
	assert_good((struct view) { b.data, b.len });
}

static void signing_pub_that_is_none_refused(void **state)
{
	static const uint8_t none[] = { 0, 0x23, 0, 0x0b, 1, 2, 3 };

	(void)state;
	fixture.payload[TCG_CSR_SIGNING_PUB] =
		(struct view) { none, sizeof(none) };
	assert_bad(contents(), "public area:");
}

/* The whole request is not what is signed; its contents are. */
static void whole_request_refused(void **state)
{
	(void)state;
	(void)contents();
	assert_bad((struct view) { fixture.data, fixture.len }, "TCG-CSR:");
}

/* A client random with these first bytes would make a key exchange look like
 * the beginning of a request: it is not signed at all. */
static void key_exchange_that_begins_like_it_refused(void **state)
{
	struct bytes b = make_key_exchange(23, 65);

	(void)state;
	memcpy(b.data, "\0\0\1\0", 4);
	assert_bad((struct view) { b.data, b.len }, "TCG-CSR:");
}

/* What design.md says of offset 64, for both hashes and the largest sizes. */
static void no_request_reads_as_a_key_exchange(void **state)
{
	static const uint32_t hashes[] = { HASH_SHA256, HASH_SHA384 };
	static uint8_t big[TCG_CSR_FIELD_MAX];

	(void)state;
	memset(big, 0xff, sizeof(big));
	fixture.payload[TCG_CSR_PROD_CA_DATA] =
		(struct view) { big, sizeof(big) };
	for (size_t i = 0; i < N_OF(hashes); i++) {
		struct view c;

		fixture.hash_alg = hashes[i];
		c = contents();
		assert_good(c);
		assert_int_equal(c.data[64], 0);
		assert_int_equal(c.data[65], 0);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_p256, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_for_own_key_of_every_alg_is_a_csr),
		CASE(request_for_another_key_refused),
		CASE(hash_that_is_wrong_refused),
		CASE(hash_of_other_algorithm_refused),
		CASE(bytes_behind_it_refused),
		CASE(cut_short_anywhere_refused),
		CASE(every_changed_byte_refused),
		CASE(signing_pub_that_is_none_refused),
		CASE(whole_request_refused),
		CASE(key_exchange_that_begins_like_it_refused),
		CASE(no_request_reads_as_a_key_exchange),
	};

	return cmocka_run_group_tests_name("purpose-tcg", tests,
		purpose_group_setup, purpose_group_teardown);
}
