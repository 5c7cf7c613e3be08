/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that a CA builds, read back by OpenSSL and our profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "build-fixture.h"
#include "cert-time.h"
#include <devid/profile.h>
#include "rsa-keys.h"
#include "build-ca.h"
#include "build-cert.h"
#include <devid/verify.h>

static const char *const algs[] = { "p256", "p384", "rsa2048", "rsa4096" };
#define N_ALGS (sizeof(algs) / sizeof(algs[0]))

/* covers: RFC5280-serial */
static void serial_many_ascending_positive_and_different(void **state)
{
	uint8_t last[SERIAL_LEN] = { 0 }, next[SERIAL_LEN];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(build_serial(next, NULL), DEVID_OK);
		assert_int_equal(next[0] & 0xc0, 0x40);
		assert_true(memcmp(last, next, 6) <= 0);
		assert_memory_not_equal(last + 6, next + 6, SERIAL_LEN - 6);
		memcpy(last, next, sizeof(last));
	}
}

/* covers: RFC5280-serial */
static void serials_of_one_draw_differ(void **state)
{
	uint8_t all[3][SERIAL_LEN] = { { 0 } };

	(void)state;
	assert_int_equal(build_serials(all, 2, NULL), DEVID_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(all[i][0] & 0xc0, 0x40);
		assert_memory_not_equal(
			all[i] + 6, all[i + 1] + 6, SERIAL_LEN - 6);
	}
	assert_int_equal(all[2][0], 0); /* no more than asked for */
}

/* Both kinds from @f's CA pass every rule, and OpenSSL's chain check. */
static void check_kind(struct build_fixture *f, enum key_role role)
{
	struct devid_profile_report report;
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct blob der;
	struct build_devid what = build_fixture_devid(f, serial);

	what.role = role;
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	assert_int_equal(build_devid(f->issuer, &what, &der, NULL), DEVID_OK);
	if (!devid_profile_check(der.data, der.len,
		    role == KEY_ROLE_IAK ? DEVID_PROFILE_IAK
					 : DEVID_PROFILE_IDEVID,
		    DEVID_PROFILE_STRICT, &report))
		fail_msg("%s: %s", devid_rule_id(report.failed),
			report.results[report.failed].detail);
	assert_string_equal(report.serial, "ACCC8E000001");
	assert_string_equal(report.model, "M1");
	assert_string_equal(report.hw_type, "2.23.133.1.2");
	assert_string_equal(report.hw_serial, "STM :A1AD:0102");
	assert_string_equal(report.permanent_id,
		"e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfe"
		"ff");
	blob_done(&der);
}

/* covers: TCG-8-certificate TCG-policies RFC4043-permanent-identifier
 * RFC4108-hardware-module-name */
static void devid_each_ca_key_strict_profile_passed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALGS; i++) {
		struct build_fixture f;

		build_fixture_init(&f, algs[i]);
		check_kind(&f, KEY_ROLE_IDEVID);
		check_kind(&f, KEY_ROLE_IAK);
		build_fixture_done(&f);
	}
}

static X509 *issue(struct build_fixture *f, const struct build_devid *change)
{
	struct blob der;

	assert_int_equal(build_devid(f->issuer, change, &der, NULL), DEVID_OK);
	return build_fixture_x509(&der);
}

/* X509_verify_cert() with X509_V_FLAG_X509_STRICT. */
static int strict_verify(struct build_fixture *f, X509 *leaf)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	int rc;

	assert_true(store && ctx && chain);
	assert_int_equal(X509_STORE_add_cert(store, f->root), 1);
	assert_true(sk_X509_push(chain, f->ca) > 0);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, chain), 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	rc = X509_verify_cert(ctx) == 1 ? X509_V_OK
					: X509_STORE_CTX_get_error(ctx);
	sk_X509_free(chain);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return rc;
}

static void devid_each_ca_key_chain_verified_by_openssl(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALGS; i++) {
		uint8_t serial[SERIAL_LEN] = { 0 };
		struct build_fixture f;
		struct build_devid what;
		X509 *leaf;

		build_fixture_init(&f, algs[i]);
		what = build_fixture_devid(&f, serial);
		assert_int_equal(build_serial(serial, NULL), DEVID_OK);
		leaf = issue(&f, &what);
		assert_int_equal(strict_verify(&f, leaf), X509_V_OK);
		X509_free(leaf);
		build_fixture_done(&f);
	}
}

/* What OpenSSL prints of the certificate holds each of these.
 * covers: TCG-policies RFC5280-ca */
static void devid_extensions_read_back_by_openssl(void **state)
{
	static const char *const want[] = {
		"X509v3 Key Usage: critical\n                Digital Signature",
		"Policy: 2.23.133.11.1.1\n                Policy: "
		"2.23.133.11.1.2",
		"URI:http://ca.test/i.crl", "OCSP - URI:http://ca.test/ocsp",
		"CA Issuers - URI:http://ca.test/i.cer",
		"Not After : Dec 31 23:59:59 9999 GMT",
		"Not Before: Nov 14 22:13:20 2023 GMT",
		"Subject: CN=M1/serialNumber=ACCC8E000001",
		"Issuer: O=Acme, CN=Acme Issuing 1",
		"X509v3 Authority Key Identifier"
	};
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct build_fixture f;
	struct build_devid what;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	X509 *leaf;

	(void)state;
	build_fixture_init(&f, "p256");
	what = build_fixture_devid(&f, serial);
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	leaf = issue(&f, &what);
	assert_int_equal(X509_print(bio, leaf), 1);
	assert_int_equal(BIO_write(bio, "", 1), 1);
	assert_true(BIO_get_mem_data(bio, &text) > 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if (!strstr(text, want[i]))
			fail_msg("'%s' is not in %s", want[i], text);
	}
	assert_memory_equal(ASN1_STRING_get0_data(X509_get0_serialNumber(leaf)),
		serial, SERIAL_LEN);
	BIO_free(bio);
	X509_free(leaf);
	build_fixture_done(&f);
}

/* OpenSSL's own encoder makes the same bytes of what it read. */
static void devid_reencoded_by_openssl_same_bytes(void **state)
{
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct blob der;
	struct build_fixture f;
	struct build_devid what;
	unsigned char *again = NULL;
	const unsigned char *p;
	X509 *leaf;
	int n;

	(void)state;
	build_fixture_init(&f, "rsa2048");
	what = build_fixture_devid(&f, serial);
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	assert_int_equal(build_devid(f.issuer, &what, &der, NULL), DEVID_OK);
	p = der.data;
	leaf = d2i_X509(NULL, &p, (long)der.len);
	assert_non_null(leaf);
	n = i2d_re_X509_tbs(leaf, &again);
	assert_true(n > 0);
	/* certificate header 4 octets: the tbs follows */
	assert_memory_equal(der.data + 4, again, (size_t)n);
	OPENSSL_free(again);
	X509_free(leaf);
	blob_done(&der);
	build_fixture_done(&f);
}

static void devid_no_model_no_common_name(void **state)
{
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct build_fixture f;
	struct build_devid what;
	X509 *leaf;

	(void)state;
	build_fixture_init(&f, "p256");
	what = build_fixture_devid(&f, serial);
	what.model = "";
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	leaf = issue(&f, &what);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(leaf)), 1);
	X509_free(leaf);
	build_fixture_done(&f);
}

static void devid_from_2050_on_generalized_time(void **state)
{
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct build_fixture f;
	struct build_devid what;
	X509 *leaf;
	int64_t seconds;

	(void)state;
	build_fixture_init(&f, "p256");
	what = build_fixture_devid(&f, serial);
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	what.not_before = 2524607999; /* 2049-12-31T23:59:59Z */
	leaf = issue(&f, &what);
	assert_int_equal(
		ASN1_STRING_type(X509_get0_notBefore(leaf)), V_ASN1_UTCTIME);
	X509_free(leaf);
	what.not_before = 2524608000;
	leaf = issue(&f, &what);
	assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(leaf)),
		V_ASN1_GENERALIZEDTIME);
	assert_true(pki_time_seconds(X509_get0_notBefore(leaf), &seconds));
	assert_int_equal(seconds, what.not_before);
	X509_free(leaf);
	build_fixture_done(&f);
}

#define CHARS_64                                                               \
	"0123456789012345678901234567890123456789012345678901234567890123"

/* Each breaks one thing. */
static const struct {
	const char *serial, *model, *hw_serial;
	uint8_t cert_serial;
	size_t spki_len; /* 0: right */
} bad_devids[] = {
	{ "", "M1", "h", 0x41, 0 },
	{ " ", "M1", "h", 0x41, 0 },
	{ CHARS_64 "4", "M1", "h", 0x41, 0 },
	{ "A*B", "M1", "h", 0x41, 0 },
	{ "A_B", "M1", "h", 0x41, 0 },
	{ "A\nB", "M1", "h", 0x41, 0 },
	{ "A\xc3\xa4", "M1", "h", 0x41, 0 },
	{ "A", "M\n1", "h", 0x41, 0 },
	{ "A", "M\xc2\x9b", "h", 0x41, 0 }, /* C1 control */
	{ "A", "M\xff", "h", 0x41, 0 },
	{ "A", CHARS_64 "4", "h", 0x41, 0 },
	{ "A", "M1", "", 0x41, 0 },
	{ "A", "M1", "h", 0x81, 0 }, /* negative */
	{ "A", "M1", "h", 0x00, 0 }, /* short */
	{ "A", "M1", "h", 0x41, 3 },
};

static void devid_each_bad_part_refused(void **state)
{
	struct build_fixture f;

	(void)state;
	build_fixture_init(&f, "p256");
	for (size_t i = 0; i < sizeof(bad_devids) / sizeof(bad_devids[0]);
		i++) {
		uint8_t serial[SERIAL_LEN] = { bad_devids[i].cert_serial };
		struct build_devid what = build_fixture_devid(&f, serial);
		struct key_blob spki = f.spki;
		struct blob der = { NULL, 0 };

		what.serial = bad_devids[i].serial;
		what.model = bad_devids[i].model;
		what.hw_serial = bad_devids[i].hw_serial;
		what.spki = &spki;
		if (bad_devids[i].spki_len)
			spki.len = bad_devids[i].spki_len;
		assert_int_equal(build_devid(f.issuer, &what, &der, NULL),
			DEVID_ERR_INVALID);
		assert_null(der.data);
	}
	assert_int_equal(memory_signer_count(f.ca_key), 0);
	build_fixture_done(&f);
}

static void devid_longest_parts_built(void **state)
{
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct build_fixture f;
	struct build_devid what;
	X509 *leaf;

	(void)state;
	build_fixture_init(&f, "p256");
	what = build_fixture_devid(&f, serial);
	what.serial = CHARS_64;
	what.model = CHARS_64;
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	leaf = issue(&f, &what);
	assert_int_equal(strict_verify(&f, leaf), X509_V_OK);
	X509_free(leaf);
	build_fixture_done(&f);
}

static void devid_hw_serial_too_long_refused(void **state)
{
	static char hw_serial[9000];
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct blob der;
	struct build_fixture f;
	struct build_devid what;

	(void)state;
	memset(hw_serial, 'a', sizeof(hw_serial) - 1);
	build_fixture_init(&f, "p256");
	what = build_fixture_devid(&f, serial);
	what.hw_serial = hw_serial;
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	assert_int_equal(
		build_devid(f.issuer, &what, &der, NULL), DEVID_ERR_TOO_LARGE);
	build_fixture_done(&f);
}

static void issuer_other_key_mismatch(void **state)
{
	static const struct build_urls none;
	struct build_issuer *issuer = NULL;
	struct build_fixture f;

	(void)state;
	build_fixture_init(&f, "p384");
	assert_int_equal(
		build_issuer_new(f.ca, f.root_key, &none, &issuer, NULL),
		DEVID_ERR_MISMATCH);
	assert_null(issuer);
	build_fixture_done(&f);
}

static void issuer_no_urls_extensions_left_out(void **state)
{
	static const struct build_urls none;
	struct build_issuer *issuer = NULL;
	uint8_t serial[SERIAL_LEN] = { 0 };
	struct blob der;
	struct build_fixture f;
	struct build_devid what;
	X509 *leaf;

	(void)state;
	build_fixture_init(&f, "p256");
	assert_int_equal(build_issuer_new(f.ca, f.ca_key, &none, &issuer, NULL),
		DEVID_OK);
	what = build_fixture_devid(&f, serial);
	assert_int_equal(build_serial(serial, NULL), DEVID_OK);
	assert_int_equal(build_devid(issuer, &what, &der, NULL), DEVID_OK);
	leaf = build_fixture_x509(&der);
	assert_int_equal(X509_get_ext_count(leaf), 4);
	assert_int_equal(
		X509_get_ext_by_NID(leaf, NID_crl_distribution_points, -1), -1);
	assert_int_equal(X509_get_ext_by_NID(leaf, NID_info_access, -1), -1);
	X509_free(leaf);
	build_issuer_free(issuer);
	build_fixture_done(&f);
}

/* covers: RFC5280-ca */
static void ca_root_and_issuing_proper_cas(void **state)
{
	struct build_fixture f;

	(void)state;
	build_fixture_init(&f, "p256");
	assert_int_equal(X509_check_ca(f.root), 1);
	assert_int_equal(X509_get_pathlen(f.root), -1);
	assert_int_equal(
		X509_get_key_usage(f.root), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_check_issued(f.root, f.root), X509_V_OK);
	assert_int_equal(X509_check_ca(f.ca), 1);
	assert_int_equal(X509_get_pathlen(f.ca), 0);
	assert_int_equal(X509_get_key_usage(f.ca),
		KU_KEY_CERT_SIGN | KU_CRL_SIGN | KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_check_issued(f.root, f.ca), X509_V_OK);
	assert_int_equal(strict_verify(&f, f.ca), X509_V_OK);
	build_fixture_done(&f);
}

/* A new root certified by the old one: name and key identifier stay. */
static void ca_cross_certificate_name_and_key_kept(void **state)
{
	struct build_fixture f, other;
	struct build_ca what = { .pathlen = -1,
		.not_before = FIXTURE_NOW,
		.not_after = FIXTURE_NOW + 86400 };
	struct blob der;
	X509 *cross;

	(void)state;
	build_fixture_init(&f, "p256");
	build_fixture_init(&other, "p256");
	what.subject = X509_get_subject_name(other.root);
	what.key = other.root_key->public_key;
	assert_int_equal(
		build_ca(f.root_issuer, NULL, &what, &der, NULL), DEVID_OK);
	cross = build_fixture_x509(&der);
	assert_int_equal(X509_check_issued(cross, other.ca), X509_V_OK);
	assert_int_equal(X509_verify(cross, f.root_key->public_key), 1);
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(cross),
				 X509_get0_subject_key_id(other.root)),
		0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(cross),
				 FIXTURE_NOW + 86400),
		0);
	X509_free(cross);
	build_fixture_done(&other);
	build_fixture_done(&f);
}

/* covers: RFC6960-signer */
static void ca_ocsp_signer_no_ca(void **state)
{
	struct signer *key = memory_signer_new("p256");
	struct build_ca what = { .cn = "OCSP 1",
		.ocsp_signer = true,
		.not_before = FIXTURE_NOW,
		.not_after = FIXTURE_NOW + 86400,
		.key = key->public_key };
	struct build_fixture f;
	struct blob der;
	X509 *cert;

	(void)state;
	build_fixture_init(&f, "p256");
	assert_int_equal(build_ca(f.issuer, NULL, &what, &der, NULL), DEVID_OK);
	cert = build_fixture_x509(&der);
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_OCSP_SIGN);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_true(
		X509_get_ext_by_NID(cert, NID_id_pkix_OCSP_noCheck, -1) >= 0);
	X509_free(cert);
	signer_free(key);
	build_fixture_done(&f);
}

static void ca_each_bad_part_refused(void **state)
{
	struct build_fixture f;
	EVP_PKEY *weak = rsa_keys_next(1024), *p521 = EVP_EC_gen("P-521");
	struct build_ca good, bad;
	struct blob der;

	(void)state;
	build_fixture_init(&f, "p256");
	good = (struct build_ca) { .cn = "X",
		.pathlen = 0,
		.key = f.ca_key->public_key,
		.not_before = FIXTURE_NOW };
	bad = good;
	bad.key = weak;
	assert_int_equal(build_ca(f.root_issuer, NULL, &bad, &der, NULL),
		DEVID_ERR_UNSUPPORTED);
	bad.key = p521;
	assert_int_equal(build_ca(f.root_issuer, NULL, &bad, &der, NULL),
		DEVID_ERR_UNSUPPORTED);
	bad = good;
	bad.not_after = FIXTURE_NOW;
	assert_int_equal(build_ca(f.root_issuer, NULL, &bad, &der, NULL),
		DEVID_ERR_INVALID);
	bad = good;
	bad.cn = "";
	assert_int_equal(build_ca(f.root_issuer, NULL, &bad, &der, NULL),
		DEVID_ERR_INVALID);
	bad = good;
	bad.org = CHARS_64 "4";
	assert_int_equal(build_ca(f.root_issuer, NULL, &bad, &der, NULL),
		DEVID_ERR_INVALID);
	assert_int_equal(build_ca(NULL, f.root_key, &good, &der, NULL),
		DEVID_ERR_MISMATCH);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(p521);
	build_fixture_done(&f);
}

/* covers: RFC2986-request */
static void request_each_key_verified_by_openssl(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALGS; i++) {
		struct signer *key = memory_signer_new(algs[i]);
		const unsigned char *p;
		X509_REQ *req;
		struct blob der;
		char name[64];

		assert_int_equal(
			build_request(key, "Acme", "Issuing 2", &der, NULL),
			DEVID_OK);
		p = der.data;
		req = d2i_X509_REQ(NULL, &p, (long)der.len);
		assert_non_null(req);
		assert_ptr_equal(p, der.data + der.len);
		assert_int_equal(X509_REQ_verify(req, key->public_key), 1);
		assert_string_equal(
			X509_NAME_oneline(X509_REQ_get_subject_name(req), name,
				sizeof(name)),
			"/O=Acme/CN=Issuing 2");
		X509_REQ_free(req);
		blob_done(&der);
		signer_free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_many_ascending_positive_and_different),
		cmocka_unit_test(serials_of_one_draw_differ),
		cmocka_unit_test(devid_each_ca_key_strict_profile_passed),
		cmocka_unit_test(devid_each_ca_key_chain_verified_by_openssl),
		cmocka_unit_test(devid_extensions_read_back_by_openssl),
		cmocka_unit_test(devid_reencoded_by_openssl_same_bytes),
		cmocka_unit_test(devid_no_model_no_common_name),
		cmocka_unit_test(devid_from_2050_on_generalized_time),
		cmocka_unit_test(devid_each_bad_part_refused),
		cmocka_unit_test(devid_longest_parts_built),
		cmocka_unit_test(devid_hw_serial_too_long_refused),
		cmocka_unit_test(issuer_other_key_mismatch),
		cmocka_unit_test(issuer_no_urls_extensions_left_out),
		cmocka_unit_test(ca_root_and_issuing_proper_cas),
		cmocka_unit_test(ca_cross_certificate_name_and_key_kept),
		cmocka_unit_test(ca_ocsp_signer_no_ca),
		cmocka_unit_test(ca_each_bad_part_refused),
		cmocka_unit_test(request_each_key_verified_by_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
