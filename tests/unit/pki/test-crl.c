/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists, read back by OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "build-fixture.h"
#include "build-cert.h"
#include "build-crl.h"

static X509_CRL *crl_of(struct build_fixture *f, const struct build_crl *what)
{
	const unsigned char *p;
	X509_CRL *crl;
	struct blob der;

	assert_int_equal(build_crl(f->issuer, what, &der, NULL), DEVID_OK);
	p = der.data;
	crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	assert_non_null(crl);
	assert_ptr_equal(p, der.data + der.len);
	blob_done(&der);
	assert_int_equal(X509_CRL_verify(crl, f->ca_key->public_key), 1);
	return crl;
}

static struct build_crl good_crl(void)
{
	return (struct build_crl) { .number = 7,
		.this_update = FIXTURE_NOW,
		.next_update = FIXTURE_NOW + 3600 };
}

static struct build_revoked entry(uint8_t last, int64_t when, int reason)
{
	return (struct build_revoked) { .serial = { 0x41, last },
		.serial_len = 2,
		.when = when,
		.reason = reason };
}

static void crl_each_ca_key_verified_by_openssl(void **state)
{
	static const char *const algs[] = { "p256", "p384", "rsa2048",
		"rsa4096" };

	(void)state;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct build_crl what = good_crl();
		struct build_fixture f;

		build_fixture_init(&f, algs[i]);
		X509_CRL_free(crl_of(&f, &what));
		build_fixture_done(&f);
	}
}

static void crl_empty_no_revoked_list(void **state)
{
	struct build_crl what = good_crl();
	struct build_fixture f;
	X509_CRL *crl;

	(void)state;
	build_fixture_init(&f, "p256");
	crl = crl_of(&f, &what);
	assert_null(X509_CRL_get_REVOKED(crl));
	assert_int_equal(X509_CRL_get_version(crl), 1);
	assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(crl),
				 X509_get_subject_name(f.ca)),
		0);
	assert_int_equal(ASN1_TIME_cmp_time_t(
				 X509_CRL_get0_lastUpdate(crl), FIXTURE_NOW),
		0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl),
				 FIXTURE_NOW + 3600),
		0);
	assert_int_equal(X509_CRL_get_ext_count(crl), 2);
	X509_CRL_free(crl);
	build_fixture_done(&f);
}

static long number_ext(X509_CRL *crl, int nid, int *ret_critical)
{
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(crl, nid, ret_critical, NULL);
	long value = n ? ASN1_INTEGER_get(n) : -1;

	ASN1_INTEGER_free(n);
	return value;
}

/* covers: RFC5280-crl */
static void crl_full_number_and_freshest(void **state)
{
	struct build_crl what = good_crl();
	struct build_fixture f;
	X509_CRL *crl;
	int critical;

	(void)state;
	build_fixture_init(&f, "p256");
	what.freshest = "http://ca.test/d.crl";
	crl = crl_of(&f, &what);
	assert_int_equal(number_ext(crl, NID_crl_number, &critical), 7);
	assert_int_equal(critical, 0);
	assert_true(X509_CRL_get_ext_by_NID(crl, NID_freshest_crl, -1) >= 0);
	assert_int_equal(X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1), -1);
	X509_CRL_free(crl);
	build_fixture_done(&f);
}

/* covers: RFC5280-crl */
static void crl_delta_critical_indicator_no_freshest(void **state)
{
	struct build_crl what = good_crl();
	struct build_fixture f;
	X509_CRL *crl;
	int critical = 0;

	(void)state;
	build_fixture_init(&f, "p256");
	what.base = 3;
	what.freshest = "http://ca.test/d.crl";
	crl = crl_of(&f, &what);
	assert_int_equal(number_ext(crl, NID_delta_crl, &critical), 3);
	assert_int_equal(critical, 1);
	assert_int_equal(
		X509_CRL_get_ext_by_NID(crl, NID_freshest_crl, -1), -1);
	X509_CRL_free(crl);
	build_fixture_done(&f);
}

/* covers: RFC5280-crl */
static void crl_entries_time_and_reason_read_back(void **state)
{
	struct build_revoked entries[] = { entry(1, 1600000000, 1),
		entry(2, 2600000000, 0) /* 2052: GeneralizedTime */ };
	struct build_crl what = good_crl();
	const X509_REVOKED *one;
	struct build_fixture f;
	ASN1_ENUMERATED *reason;
	X509_CRL *crl;

	(void)state;
	build_fixture_init(&f, "p256");
	what.n = 2;
	what.entries = entries;
	crl = crl_of(&f, &what);
	one = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
	reason = X509_REVOKED_get_ext_d2i(one, NID_crl_reason, NULL, NULL);
	assert_non_null(reason);
	assert_int_equal(ASN1_ENUMERATED_get(reason), 1);
	ASN1_ENUMERATED_free(reason);
	assert_int_equal(
		ASN1_TIME_cmp_time_t(
			X509_REVOKED_get0_revocationDate(one), 1600000000),
		0);
	one = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 1);
	assert_int_equal(X509_REVOKED_get_ext_count(one), 0);
	assert_int_equal(
		ASN1_STRING_type(X509_REVOKED_get0_revocationDate(one)),
		V_ASN1_GENERALIZEDTIME);
	X509_CRL_free(crl);
	build_fixture_done(&f);
}

static void crl_mixed_entries_sorted_and_each_once(void **state)
{
	struct build_revoked entries[] = { entry(9, 500, 4), entry(2, 300, 1),
		entry(9, 400, 1), entry(1, 100, 1), entry(9, 600, 5),
		{ .serial = { 0x7f }, .serial_len = 1, .when = 1 } };
	static const long want[] = { 0x7f, 0x4101, 0x4102, 0x4109 };
	struct build_crl what = good_crl();
	STACK_OF(X509_REVOKED) * list;
	struct build_fixture f;
	X509_CRL *crl;

	(void)state;
	build_fixture_init(&f, "p256");
	what.n = sizeof(entries) / sizeof(entries[0]);
	what.entries = entries;
	crl = crl_of(&f, &what);
	list = X509_CRL_get_REVOKED(crl);
	assert_int_equal(sk_X509_REVOKED_num(list), 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			ASN1_INTEGER_get(X509_REVOKED_get0_serialNumber(
				sk_X509_REVOKED_value(list, i))),
			want[i]);
	/* of three revocations of one, the first holds */
	assert_int_equal(
		ASN1_TIME_cmp_time_t(X509_REVOKED_get0_revocationDate(
					     sk_X509_REVOKED_value(list, 3)),
			400),
		0);
	X509_CRL_free(crl);
	build_fixture_done(&f);
}

/* Each breaks one thing of an entry or the list. */
static void crl_each_bad_part_refused(void **state)
{
	const struct build_revoked bad[] = { entry(1, 1, 7), entry(1, 1, 8),
		entry(1, 1, -1), entry(1, 1, 11),
		{ .serial = { 0x81 }, .serial_len = 1, .when = 1 },
		{ .serial = { 0 }, .serial_len = 1, .when = 1 },
		{ .serial = { 0, 0x11 }, .serial_len = 2, .when = 1 },
		{ .serial_len = 0, .when = 1 } };
	struct build_fixture f;
	struct build_crl what;
	struct blob der = { NULL, 0 };

	(void)state;
	build_fixture_init(&f, "p256");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		what = good_crl();
		what.n = 1;
		what.entries = &bad[i];
		assert_int_equal(build_crl(f.issuer, &what, &der, NULL),
			DEVID_ERR_INVALID);
	}
	what = good_crl();
	what.next_update = what.this_update;
	assert_int_equal(
		build_crl(f.issuer, &what, &der, NULL), DEVID_ERR_INVALID);
	what = good_crl();
	what.base = what.number;
	assert_int_equal(
		build_crl(f.issuer, &what, &der, NULL), DEVID_ERR_INVALID);
	what = good_crl();
	what.next_update = INT64_C(253402300800); /* year 10000 */
	assert_int_equal(
		build_crl(f.issuer, &what, &der, NULL), DEVID_ERR_TOO_LARGE);
	assert_null(der.data);
	assert_int_equal(memory_signer_count(f.ca_key), 0);
	build_fixture_done(&f);
}

static void crl_hundred_thousand_all_found(void **state)
{
	const size_t n = 100000;
	struct build_revoked *entries = calloc(n, sizeof(*entries));
	struct build_crl what = good_crl();
	struct build_fixture f;
	X509_REVOKED *found;
	X509_CRL *crl;

	(void)state;
	assert_non_null(entries);
	build_fixture_init(&f, "p256");
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(
			build_serial(entries[i].serial, NULL), DEVID_OK);
		entries[i].serial_len = SERIAL_LEN;
		entries[i].when = FIXTURE_NOW - (int64_t)i;
		entries[i].reason = 1;
	}
	what.n = n;
	what.entries = entries;
	crl = crl_of(&f, &what);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), n);
	for (size_t i = 0; i < n; i += 999) {
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		assert_int_equal(
			ASN1_STRING_set(serial, entries[i].serial, SERIAL_LEN),
			1);
		assert_int_equal(
			X509_CRL_get0_by_serial(crl, &found, serial), 1);
		ASN1_INTEGER_free(serial);
	}
	X509_CRL_free(crl);
	free(entries);
	build_fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crl_each_ca_key_verified_by_openssl),
		cmocka_unit_test(crl_empty_no_revoked_list),
		cmocka_unit_test(crl_full_number_and_freshest),
		cmocka_unit_test(crl_delta_critical_indicator_no_freshest),
		cmocka_unit_test(crl_entries_time_and_reason_read_back),
		cmocka_unit_test(crl_mixed_entries_sorted_and_each_once),
		cmocka_unit_test(crl_each_bad_part_refused),
		cmocka_unit_test(crl_hundred_thousand_all_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
