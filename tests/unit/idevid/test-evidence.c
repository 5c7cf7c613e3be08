/* SPDX-License-Identifier: Apache-2.0 */
/* The AttestationBundle of a request: written, read, and each refusal. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "certs.h"

#define CERT_A "3003 020101"
#define CERT_B "3003 020102"
#define CERTS  "300a" CERT_A CERT_B
/* type 2.23.133.20.1, and ours, and one of somebody else's; the values are
 * 01, 0203, 04. */
#define BODY       "300a 0401 01 0402 0203 0401 04"
#define KEY        "3013 0605 6781051401" BODY
#define EPOCH_TYPE "0615 6982b8999289ffd3bab6d18697daf7e1f0f5f35901"
#define EPOCH      "3023" EPOCH_TYPE BODY
#define OTHER      "3007 0603 2a0304 0500"

static const uint8_t one[] = { 1 }, two[] = { 2, 3 }, four[] = { 4 };
static const struct evidence_statement statement = { { one, 1 }, { two, 2 },
	{ four, 1 } };

/* What is read is kept until the next call. */
static enum devid_err read_hex(
	const char *hex, struct evidence *ret, struct devid_error *err)
{
	static struct certs_buf buf;

	buf = certs_hex(hex);
	return evidence_read((struct view) { buf.data, buf.len }, ret, err);
}

static void is_statement(const struct evidence_statement *s)
{
	assert_true(view_equal(s->attest, statement.attest));
	assert_true(view_equal(s->signature, statement.signature));
	assert_true(view_equal(s->public, statement.public));
}

static struct evidence both(void)
{
	static struct certs_buf a, b;

	a = certs_hex(CERT_A);
	b = certs_hex(CERT_B);
	return (struct evidence) { .key = statement,
		.epoch = statement,
		.certs = { { a.data, a.len }, { b.data, b.len } },
		.n_certs = 2 };
}

static void written(const struct evidence *what, const char *hex)
{
	struct certs_buf want = certs_hex(hex);
	struct blob got = { NULL, 0 };

	assert_rc(evidence_write(what, &got, NULL), DEVID_OK);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	blob_done(&got);
}

/* covers: OWN-evidence-form */
static void bundle_is_written_as_it_is_described(void **state)
{
	struct evidence what = both();

	(void)state;
	written(&what, "3048 303a" KEY EPOCH CERTS);
	memset(&what.epoch, 0, sizeof(what.epoch));
	what.n_certs = 1;
	written(&what, "301e 3015" KEY "3005" CERT_A);
}

/* covers: OWN-evidence-form */
static void bundle_is_read_as_it_is_described(void **state)
{
	struct evidence e;

	(void)state;
	assert_rc(read_hex("3048 303a" KEY EPOCH CERTS, &e, NULL), DEVID_OK);
	is_statement(&e.key);
	is_statement(&e.epoch);
	assert_int_equal(e.n_certs, 2);
	assert_int_equal(e.certs[0].len, 5);
	assert_int_equal(e.certs[1].data[4], 2);
	/* In any order, with others beside them. */
	assert_rc(read_hex("3051 3043" OTHER EPOCH KEY CERTS, &e, NULL),
		DEVID_OK);
	is_statement(&e.key);
	is_statement(&e.epoch);
	assert_rc(read_hex("301e 3015" KEY "3005" CERT_A, &e, NULL), DEVID_OK);
	assert_int_equal(e.epoch.attest.len, 0);
}

/* covers: OWN-evidence-form */
static void bundle_of_another_form_refused(void **state)
{
	static const struct {
		const char *hex, *cause;
	} cases[] = {
		{ "", "no AttestationBundle" },
		{ "3000", "no AttestationBundle" },
		{ "301e 3015" KEY "3005" CERT_A "00", "no AttestationBundle" },
		{ "3020 3015" KEY "3005" CERT_A "0500",
			"no AttestationBundle" },
		{ "3009 3000 3005" CERT_A, "no statement about the key" },
		{ "3012 3009" OTHER "3005" CERT_A,
			"no statement about the key" },
		{ "3033 302a" KEY KEY "3005" CERT_A, "two of one type" },
		{ "3017 3015" KEY, "certs: none" },
		{ "3019 3015" KEY "3000", "certs: none" },
		{ "301e 3015" KEY "3005 a303 020101", "certs: no certificate" },
		/* Without tpmTPublic, which the draft lets be left out. */
		{ "301b 3012 3010 0605 6781051401 3007 0401 01 0402 0203"
		  "3005" CERT_A,
			"stmt: not tpmSAttest, signature and tpmTPublic" },
		{ "301d 3014 3012 0605 6781051401 3009 0400 0402 0203 0401 04"
		  "3005" CERT_A,
			"stmt: not tpmSAttest" },
		{ "300f 3006 3004 0600 0500 3005" CERT_A, "not type and stmt" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct evidence e = { .n_certs = 77 };

		assert_rc(read_hex(cases[i].hex, &e, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, cases[i].cause);
		assert_int_equal(e.n_certs, 77);
	}
}

static void bundle_with_too_much_refused(void **state)
{
	static uint8_t large[EVIDENCE_MAX + 1];
	struct evidence e;

	(void)state;
	assert_rc(
		evidence_read((struct view) { large, sizeof(large) }, &e, NULL),
		DEVID_ERR_TOO_LARGE);
	assert_rc(read_hex("3032 3015" KEY
			   "3019" CERT_A CERT_A CERT_A CERT_A CERT_A,
			  &e, NULL),
		DEVID_ERR_TOO_LARGE);
	assert_rc(read_hex("3066 305d" OTHER OTHER OTHER OTHER OTHER OTHER OTHER
				   OTHER KEY "3005" CERT_A,
			  &e, NULL),
		DEVID_ERR_TOO_LARGE);
}

static void every_truncation_refused(void **state)
{
	struct certs_buf whole = certs_hex("3048 303a" KEY EPOCH CERTS);
	struct evidence e;

	(void)state;
	for (size_t n = 0; n < whole.len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, whole.data, n);
		assert_rc(evidence_read((struct view) { exact, n }, &e, NULL),
			DEVID_ERR_SYNTAX);
		free(exact);
	}
}

static void what_is_not_whole_is_not_written(void **state)
{
	static const uint8_t large[EVIDENCE_MAX];
	struct evidence what = both();
	struct blob got = { NULL, 0 };

	(void)state;
	what.key.public.len = 0;
	assert_rc(evidence_write(&what, &got, NULL), DEVID_ERR_INVALID);
	what = both();
	what.epoch.attest.len = 0;
	assert_rc(evidence_write(&what, &got, NULL), DEVID_ERR_INVALID);
	what = both();
	what.n_certs = 0;
	assert_rc(evidence_write(&what, &got, NULL), DEVID_ERR_INVALID);
	what.n_certs = KEY_CHAIN_MAX + 1;
	assert_rc(evidence_write(&what, &got, NULL), DEVID_ERR_INVALID);
	what = both();
	what.certs[1] = (struct view) { large, sizeof(large) };
	assert_rc(evidence_write(&what, &got, NULL), DEVID_ERR_TOO_LARGE);
	assert_null(got.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundle_is_written_as_it_is_described),
		cmocka_unit_test(bundle_is_read_as_it_is_described),
		cmocka_unit_test(bundle_of_another_form_refused),
		cmocka_unit_test(bundle_with_too_much_refused),
		cmocka_unit_test(every_truncation_refused),
		cmocka_unit_test(what_is_not_whole_is_not_written),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
