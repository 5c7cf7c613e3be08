/* SPDX-License-Identifier: Apache-2.0 */
/* The DevID profile: a good certificate passes, and each rule is tripped by a
 * certificate that trips no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include <devid/profile.h>

struct fixture {
	EVP_PKEY *p256, *p384, *rsa;
	struct certs_node issuer; /* P-256 */
	struct certs_node rsa_issuer;
};

static struct fixture fix;

static int setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("Issuer");

	(void)state;
	fix.p256 = certs_key("P-256");
	fix.p384 = certs_key("P-384");
	fix.rsa = certs_key("RSA:2048");
	fix.issuer = certs_sign(&spec, certs_key("P-256"), NULL);
	fix.rsa_issuer = certs_sign(&spec, certs_key("RSA:2048"), NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(fix.p256);
	EVP_PKEY_free(fix.p384);
	EVP_PKEY_free(fix.rsa);
	certs_done(&fix.issuer);
	certs_done(&fix.rsa_issuer);
	return 0;
}

/* Certifies the fixture's @key and judges the result. */
static bool judge(const struct certs_spec *spec, EVP_PKEY *key,
	const struct certs_node *issuer, unsigned flags,
	struct devid_profile_report *report)
{
	struct certs_node node = certs_sign(spec, key, issuer);

	return devid_profile_check(node.der.data, node.der.len,
		DEVID_PROFILE_IDEVID, flags, report);
}

/* Only @rule may not hold; its severity decides how. */
static void expect_only(enum devid_rule rule, const struct certs_spec *spec,
	EVP_PKEY *key, const struct certs_node *issuer)
{
	struct devid_profile_report report;
	bool must = devid_rule_severity(rule) == DEVID_MUST;
	bool ok = judge(spec, key, issuer, 0, &report);

	for (int i = 1; i < DEVID_RULE_COUNT; i++) {
		enum devid_verdict verdict = report.results[i].verdict;

		if ((enum devid_rule)i == rule)
			assert_int_equal(
				verdict, must ? DEVID_FAIL : DEVID_WARN);
		else if (verdict == DEVID_WARN || verdict == DEVID_FAIL)
			fail_msg("%s tripped too, for %s: %s",
				devid_rule_id((enum devid_rule)i),
				devid_rule_id(rule), report.results[i].detail);
	}
	assert_int_equal(ok, !must);
	assert_int_equal(report.failed, must ? rule : DEVID_RULE_NONE);
	assert_int_equal(report.n_failed, must);
	assert_int_equal(report.n_warned, !must);
	assert_true(report.results[rule].detail[0] != '\0');
	assert_false(judge(spec, key, issuer, DEVID_PROFILE_STRICT, &report));
	assert_int_equal(report.failed, rule);
}

static void expect(enum devid_rule rule, const struct certs_spec *spec)
{
	expect_only(rule, spec, fix.p256, &fix.issuer);
}

/* Good with extension @oid set to @value trips only @rule. */
static void expect_ext(enum devid_rule rule, const char *oid,
	const char *critical, const char *value)
{
	struct certs_spec spec = certs_idevid_spec();

	certs_set_ext(&spec, oid, critical, value);
	expect(rule, &spec);
}

static void check_good_certificate_passes_strictly(void **state)
{
	struct devid_profile_report report;
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	assert_true(judge(
		&spec, fix.p256, &fix.issuer, DEVID_PROFILE_STRICT, &report));
	assert_int_equal(report.n_failed + report.n_warned, 0);
	assert_string_equal(report.serial, "ACCC8E000001");
	assert_string_equal(report.model, "M1");
	assert_string_equal(report.hw_type, "2.23.133.1.2");
	assert_string_equal(report.hw_serial, "IBM:a1:c0ffee");
	assert_string_equal(report.tpm_manufacturer, "IBM");
	assert_true(judge(&spec, fix.p384, &fix.rsa_issuer,
		DEVID_PROFILE_STRICT, &report));
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "030205a0");
	assert_true(judge(
		&spec, fix.rsa, &fix.issuer, DEVID_PROFILE_STRICT, &report));
	/* a subjectKeyIdentifier and an empty basicConstraints are fine */
	certs_set_ext(&spec, CERTS_OID_SKI, "", "SKI");
	certs_set_ext(&spec, CERTS_OID_BC, "ff", "3000");
	assert_true(judge(
		&spec, fix.rsa, &fix.issuer, DEVID_PROFILE_STRICT, &report));
}

/* covers: RFC5280-certificates */
static void check_encoding_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;
	struct certs_node node;

	(void)state;
	spec.behind = "00";
	expect(DEVID_RULE_ENCODING, &spec);
	spec = certs_idevid_spec();
	spec.ext[0].critical = "01"; /* TRUE is ff in DER */
	expect(DEVID_RULE_ENCODING, &spec);
	spec = certs_idevid_spec();
	spec.version = "a003020103"; /* version 4 */
	expect(DEVID_RULE_ENCODING, &spec);
	spec = certs_idevid_spec();
	spec.subject = "3002 3100"; /* empty RDN */
	expect(DEVID_RULE_ENCODING, &spec);
	spec = certs_idevid_spec();
	spec.tail = "0500";
	expect(DEVID_RULE_ENCODING, &spec);
	spec = certs_idevid_spec();
	node = certs_sign(&spec, fix.p256, &fix.issuer);
	for (size_t len = 0; len < node.der.len; len++) {
		assert_false(devid_profile_check(
			node.der.data, len, DEVID_PROFILE_IDEVID, 0, &report));
		assert_int_equal(report.failed, DEVID_RULE_ENCODING);
		assert_int_equal(report.n_failed, 1);
	}
}

static void check_too_many_extensions_refused(void **state)
{
	static char oids[CERTS_EXT_MAX][16];
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;

	(void)state;
	for (unsigned i = 0; spec.n_ext < 32; i++) {
		(void)snprintf(oids[i], sizeof(oids[i]), "2a03%02x", i);
		certs_set_ext(&spec, oids[i], "", "0500");
	}
	assert_true(judge(&spec, fix.p256, &fix.issuer, 0, &report));
	certs_set_ext(&spec, "2a0402", "", "0500");
	expect(DEVID_RULE_ENCODING, &spec);
}

/* covers: RFC5280-certificates */
static void check_version_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	spec.version = "a003020101";
	expect(DEVID_RULE_VERSION, &spec);
	spec.version = "";
	expect(DEVID_RULE_VERSION, &spec);
}

/* covers: RFC5280-certificates */
static void check_serial_refused(void **state)
{
	static const char *const bad[] = {
		"8102030405060708",                           /* negative */
		"0002030405060708090a",                       /* not minimal */
		"0102030405060708090a0b0c0d0e0f101112131415", /* 21 octets */
	};
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spec.serial = bad[i];
		expect(DEVID_RULE_SERIAL_POSITIVE, &spec);
	}
	spec.serial = "00"; /* zero is short as well */
	assert_false(judge(&spec, fix.p256, &fix.issuer, 0, &report));
	assert_int_equal(report.failed, DEVID_RULE_SERIAL_POSITIVE);
	spec.serial = "01020304050607";
	expect(DEVID_RULE_SERIAL_LENGTH, &spec);
	spec.serial = "0102030405060708"; /* 64 bits */
	assert_true(judge(
		&spec, fix.p256, &fix.issuer, DEVID_PROFILE_STRICT, &report));
	/* 160 bits with the sign octet before them */
	spec.serial = "00ff02030405060708090a0b0c0d0e0f1011121314";
	assert_true(judge(
		&spec, fix.p256, &fix.issuer, DEVID_PROFILE_STRICT, &report));
}

/* covers: RFC5280-certificates */
static void check_signature_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	EVP_PKEY *ed = certs_key("ED25519");
	struct certs_spec ca = certs_ca_spec("Ed");
	struct certs_node ed_issuer = certs_sign(&ca, ed, NULL);

	(void)state;
	spec.inner_alg = "300a 0608 2a8648ce3d040303";
	expect(DEVID_RULE_SIGNATURE_EQUAL, &spec);
	/* parameters where none belong, on both sides */
	spec.inner_alg = spec.outer_alg = "300c 0608 2a8648ce3d040302 0500";
	expect(DEVID_RULE_SIGNATURE_STRENGTH, &spec);
	spec = certs_idevid_spec();
	spec.digest = "SHA1";
	expect(DEVID_RULE_SIGNATURE_STRENGTH, &spec);
	spec = certs_idevid_spec();
	expect_only(DEVID_RULE_SIGNATURE_STRENGTH, &spec, fix.p256, &ed_issuer);
	spec.digest = "SHA512";
	expect(DEVID_RULE_SIGNATURE_SUITE, &spec);
	spec.digest = "SHA384";
	expect_only(
		DEVID_RULE_SIGNATURE_SUITE, &spec, fix.p256, &fix.rsa_issuer);
	certs_done(&ed_issuer);
}

/* covers: RFC5280-certificates */
static void check_key_refused(void **state)
{
	static const char *const types[] = { "RSA:1024", "ED25519", "P-224" };
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		EVP_PKEY *key = certs_key(types[i]);

		expect_only(DEVID_RULE_KEY_STRENGTH, &spec, key, &fix.issuer);
		EVP_PKEY_free(key);
	}
	/* P-256 with a compressed point */
	spec.spki = "3039 3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107"
		    "0322 00 02"
		    "0000000000000000000000000000000000000000000000000000000000"
		    "000001";
	expect(DEVID_RULE_KEY_STRENGTH, &spec);
}

static void check_key_outside_suites_warned(void **state)
{
	static const char *const types[] = { "RSA:3072", "P-521" };
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		EVP_PKEY *key = certs_key(types[i]);

		expect_only(DEVID_RULE_KEY_SUITE, &spec, key, &fix.issuer);
		EVP_PKEY_free(key);
	}
}

/* covers: RFC5280-certificates */
static void check_issuer_name_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	spec.issuer = "3000";
	expect(DEVID_RULE_ISSUER_NAME, &spec);
}

/* covers: RFC5280-no-end */
static void check_validity_encoding_refused(void **state)
{
	static const char *const bad_before[] = {
		"G20200101000000Z",   /* before 2050 in GeneralizedTime */
		"U2001010000Z",       /* no seconds */
		"U200101000000+0100", /* not in Z */
		"U200101000000",      /* no Z */
		"U200230000000Z",     /* 30 February */
		"U210229000000Z",     /* 29 February 2021 */
		"U200101240000Z",     /* hour 24 */
		"U200101006000Z",
		"U200101000060Z",
		"U201301000000Z",
		"U20010100000xZ",
		"G20500101000000.5Z", /* fraction */
		"U",
	};
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;
	char big[1100];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_before) / sizeof(bad_before[0]);
		i++) {
		spec.not_before = bad_before[i];
		expect(DEVID_RULE_VALIDITY_ENCODING, &spec);
	}
	spec.not_before = "U200229235959Z";
	spec.not_after = "G99991231235960Z";
	expect(DEVID_RULE_VALIDITY_ENCODING, &spec);
	memset(big, '9', sizeof(big)); /* CVE-2012-3547: a long time */
	big[0] = 'G';
	big[sizeof(big) - 1] = '\0';
	spec.not_after = big;
	expect(DEVID_RULE_VALIDITY_ENCODING, &spec);
	spec.not_after = "G99991231235959Z";
	assert_true(judge(
		&spec, fix.p256, &fix.issuer, DEVID_PROFILE_STRICT, &report));
}

/* covers: 802.1AR-8.10-no-end */
static void check_not_after_warned(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	spec.not_after = "G99991231235958Z";
	expect(DEVID_RULE_NOT_AFTER, &spec);
	spec.not_after = "U491231235959Z";
	expect(DEVID_RULE_NOT_AFTER, &spec);
}

/* covers: 802.1AR-8.10-subject-serial */
static void check_subject_serial_refused(void **state)
{
	static const char *const bad[] = {
		"300d 310b 3009 0603 550403 0c02 4d31", /* none */
		"301a 310b 3009 0603 550405 1302 4131"
		"310b 3009 0603 550405 1302 4132", /* two */
		"3018 3116 3009 0603 550405 1302 4131"
		"3009 0603 550405 1302 4132",           /* two in one RDN */
		"300b 3109 3007 0603 550405 1300",      /* empty */
		"300d 310b 3009 0603 550405 1302 2020", /* blanks */
		"300d 310b 3009 0603 550405 1302 4100", /* NUL */
		"300d 310b 3009 0603 550405 1302 410a", /* line feed */
		"300d 310b 3009 0603 550405 0c02 c3a5", /* not ASCII */
		"300d 310b 3009 0603 550405 1e02 0041", /* BMPString */
		"3000",
	};
	struct certs_spec spec = certs_idevid_spec();
	char big[1100];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spec.subject = bad[i];
		expect(DEVID_RULE_SUBJECT_SERIAL, &spec);
	}
	spec.subject = NULL;
	memset(big, 'A', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	spec.sn = big;
	expect(DEVID_RULE_SUBJECT_SERIAL, &spec);
	big[65] = '\0';
	expect(DEVID_RULE_SUBJECT_SERIAL, &spec);
}

static void check_subject_serial_type_warned(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	spec.subject = "300d 310b 3009 0603 550405 0c02 4131"; /* UTF8String */
	expect(DEVID_RULE_SUBJECT_SERIAL_TYPE, &spec);
	spec.subject = NULL;
	spec.sn = "A_1";
	expect(DEVID_RULE_SUBJECT_SERIAL_TYPE, &spec);
}

static void check_unique_id_warned(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	spec.tail = "8102 0001";
	expect(DEVID_RULE_NO_UNIQUE_ID, &spec);
	spec.tail = "8202 0001";
	expect(DEVID_RULE_NO_UNIQUE_ID, &spec);
}

/* covers: RFC5280-certificates */
static void check_extensions_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	expect_ext(DEVID_RULE_EXTENSION_CRITICAL, "2a0304", "ff", "0500");
	expect_ext(DEVID_RULE_EXTENSION_CRITICAL, CERTS_OID_NC, "ff",
		"3005 a003 3001 00");
	spec.ext[spec.n_ext++] = (struct certs_ext) { "2a0304", "", "0500" };
	spec.ext[spec.n_ext++] = (struct certs_ext) { "2a0304", "", "0500" };
	expect(DEVID_RULE_EXTENSION_UNIQUE, &spec);
	spec.n_ext -= 2;
	spec.ext[spec.n_ext] = spec.ext[1]; /* keyUsage again */
	spec.n_ext++;
	expect(DEVID_RULE_EXTENSION_UNIQUE, &spec);
	expect_ext(
		DEVID_RULE_EXTENSION_DEFAULTS, CERTS_OID_SAN, "00", CERTS_SAN);
	expect_ext(DEVID_RULE_EXTENSION_DEFAULTS, CERTS_OID_BC, "ff",
		"3003 0101 00");
}

/* covers: 802.1AR-8.10-aki */
static void check_authority_key_id_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"3000",                 /* no keyIdentifier */
		"3002 8000",            /* empty */
		"3003 8001 aa 00",      /* bytes behind */
		"3003 8101 aa",         /* another tag */
		"3006 8001 aa 8201 01", /* serial without issuer */
		"3005 8001 aa 0500",
	};
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_ext(
			DEVID_RULE_AUTHORITY_KEY_ID, CERTS_OID_AKI, "", bad[i]);
	expect_ext(DEVID_RULE_AUTHORITY_KEY_ID, CERTS_OID_AKI, "ff", "AKI");
	certs_set_ext(&spec, CERTS_OID_AKI, "", NULL);
	expect(DEVID_RULE_AUTHORITY_KEY_ID, &spec);
}

/* covers: 802.1AR-8.10-key-usage */
static void check_key_usage_refused(void **state)
{
	static const char *const bad[] = {
		"03020700",   /* no bit: trailing zeros not removed */
		"03020680",   /* the same */
		"0303078000", /* octet too many */
		"0303 07 8000",
		"0301 00",
		"0302 0880",
		"04020780",
		"03020780 00",
		"0304 07800080",
		"0303 06 0040",
	};
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_ext(DEVID_RULE_KEY_USAGE, CERTS_OID_KU, "ff", bad[i]);
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "03020520"); /* encipher */
	expect_only(DEVID_RULE_KEY_USAGE, &spec, fix.rsa, &fix.issuer);
	certs_set_ext(&spec, CERTS_OID_KU, "", NULL);
	expect(DEVID_RULE_KEY_USAGE, &spec);
	expect_ext(DEVID_RULE_KEY_USAGE_CRITICAL, CERTS_OID_KU, "", "03020780");
	expect_ext(DEVID_RULE_KEY_USAGE_NO_CA, CERTS_OID_KU, "ff", "03020284");
	expect_ext(DEVID_RULE_KEY_USAGE_NO_CA, CERTS_OID_KU, "ff", "03020182");
	expect_ext(
		DEVID_RULE_KEY_USAGE_FITS_KEY, CERTS_OID_KU, "ff", "030205a0");
	expect_ext(
		DEVID_RULE_KEY_USAGE_FITS_KEY, CERTS_OID_KU, "ff", "03020490");
	expect_ext(DEVID_RULE_KEY_USAGE_MINIMAL, CERTS_OID_KU, "ff",
		"030206c0"); /* contentCommitment, as one vendor ships */
	expect_ext(
		DEVID_RULE_KEY_USAGE_MINIMAL, CERTS_OID_KU, "ff", "03020388");
}

/* covers: 802.1AR-8.10-no-ca */
static void check_ca_refused(void **state)
{
	static const char *const bad[] = { "3003 0101 ff", "3003 0101 ff 00",
		"", "3003 0201 00", "3006 0101 00 0201 00", "3002 0100" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_ext(DEVID_RULE_NOT_CA, CERTS_OID_BC, "ff", bad[i]);
}

/* covers: 802.1AR-8.10-san */
static void check_san_judged(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	expect_ext(DEVID_RULE_SAN_SYNTAX, CERTS_OID_SAN, "", "3000");
	expect_ext(DEVID_RULE_SAN_SYNTAX, CERTS_OID_SAN, "", CERTS_SAN "00");
	expect_ext(DEVID_RULE_SAN_NOT_CRITICAL, CERTS_OID_SAN, "ff", CERTS_SAN);
	expect_ext(DEVID_RULE_HW_MODULE_PRESENT, CERTS_OID_SAN, "",
		"3003 8201 61");
	certs_set_ext(&spec, CERTS_OID_SAN, "", NULL);
	expect(DEVID_RULE_HW_MODULE_PRESENT, &spec);
	expect_ext(DEVID_RULE_HW_MODULE_SYNTAX, CERTS_OID_SAN, "",
		"3012 a010 0608 2b06010505070804 a004 3002 0500");
	expect_ext(DEVID_RULE_HW_MODULE_ENCODING, CERTS_OID_SAN, "",
		"3018 a016 0608 2b06010505070804 a00a"
		"3008 0603 2a0304 8001 41");
	expect_ext(DEVID_RULE_PERMANENT_ID_SYNTAX, CERTS_OID_SAN, "",
		"3038" CERTS_HW_NAME
		"a010 0608 2b06010505070803 a004 3002 0500");
}

/* covers: TCG-policies */
static void check_policies_and_purposes_judged(void **state)
{
	struct certs_spec spec = certs_idevid_spec();

	(void)state;
	expect_ext(DEVID_RULE_POLICIES_SYNTAX, CERTS_OID_CP, "", "3000");
	expect_ext(DEVID_RULE_POLICIES_SYNTAX, CERTS_OID_CP, "",
		CERTS_POLICIES "00");
	expect_ext(DEVID_RULE_POLICIES_SYNTAX, CERTS_OID_CP, "",
		"3014 3008 0606 6781050b0102 3008 0606 6781050b0102");
	expect_ext(DEVID_RULE_TCG_CAPABILITY, CERTS_OID_CP, "",
		"300a 3008 0606 6781050b0101"); /* residency only */
	expect_ext(DEVID_RULE_TCG_CAPABILITY, CERTS_OID_CP, "",
		"300a 3008 0606 6781050b0102"); /* fixed only */
	certs_set_ext(&spec, CERTS_OID_CP, "", NULL);
	expect(DEVID_RULE_TCG_CAPABILITY, &spec);
	expect_ext(DEVID_RULE_TCG_OTHER_KEY, CERTS_OID_CP, "",
		"301e 3008 0606 6781050b0101 3008 0606 6781050b0102"
		"3008 0606 6781050b0103");
	expect_ext(DEVID_RULE_TCG_OTHER_KEY, CERTS_OID_EKU, "",
		"3008 0606 6781050b0103");
	expect_ext(DEVID_RULE_EKU_CAPABILITY, CERTS_OID_EKU, "",
		"3008 0606 6781050b0102");
	expect_ext(DEVID_RULE_EKU_CAPABILITY, CERTS_OID_EKU, "",
		"3012 0606 6781050b0102 0608 2b06010505070302");
	expect_ext(DEVID_RULE_EKU, CERTS_OID_EKU, "", /* codeSigning */
		"300a 0608 2b06010505070303");
	expect_ext(DEVID_RULE_EKU, CERTS_OID_EKU, "", "3000");
	expect_ext(DEVID_RULE_EKU, CERTS_OID_EKU, "", "3002 0500");
}

#define SERVER_AUTH  "0608 2b06010505070301"
#define CLIENT_AUTH  "0608 2b06010505070302"
#define CODE_SIGNING "0608 2b06010505070303"
#define ANY_PURPOSE  "0604 551d2500"
#define FIXED        "0606 6781050b0102"
#define RESTRICTED   "0606 6781050b0103"

/* Beside one that allows TLS others may stand; whatever is no OID may not. */
static void check_purposes_one_that_allows_tls_is_enough(void **state)
{
	static const char *const good[] = {
		"300a " SERVER_AUTH,
		"300a " CLIENT_AUTH,
		"3006 " ANY_PURPOSE,
		"3014 " CODE_SIGNING SERVER_AUTH,
		"3014 " CLIENT_AUTH CODE_SIGNING,
		"3010 " CODE_SIGNING ANY_PURPOSE,
	};
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		certs_set_ext(&spec, CERTS_OID_EKU, "", good[i]);
		assert_true(judge(&spec, fix.p256, &fix.issuer,
			DEVID_PROFILE_STRICT, &report));
	}
	expect_ext(DEVID_RULE_EKU, CERTS_OID_EKU, "", "300c 0600" CLIENT_AUTH);
	expect_ext(DEVID_RULE_EKU, CERTS_OID_EKU, "", "300a " CLIENT_AUTH "00");
}

/* An attestation key does no TLS, and its own capability is as wrong in its
 * purposes as the DevID's in a DevID's. */
static void check_purposes_of_an_iak(void **state)
{
	static const struct {
		const char *purposes;
		enum devid_rule failed;
	} cases[] = {
		{ "300a " CODE_SIGNING, DEVID_RULE_NONE },
		{ "3008 " RESTRICTED, DEVID_RULE_EKU_CAPABILITY },
		{ "3008 " FIXED, DEVID_RULE_TCG_OTHER_KEY },
		{ "3000", DEVID_RULE_EKU },
	};
	struct devid_profile_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certs_spec spec = certs_idevid_spec();
		struct certs_node node;

		certs_set_ext(&spec, CERTS_OID_CP, "",
			"3014 3008 0606 6781050b0101 3008 " RESTRICTED);
		certs_set_ext(&spec, CERTS_OID_EKU, "", cases[i].purposes);
		node = certs_sign(&spec, fix.p256, &fix.issuer);
		assert_int_equal(devid_profile_check(node.der.data,
					 node.der.len, DEVID_PROFILE_IAK,
					 DEVID_PROFILE_STRICT, &report),
			cases[i].failed == DEVID_RULE_NONE);
		assert_int_equal(report.failed, cases[i].failed);
		assert_int_equal(report.n_failed,
			cases[i].failed == DEVID_RULE_NONE ? 0 : 1);
	}
}

static void check_iak_is_no_devid(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;
	struct certs_node node;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_CP, "",
		"3014 3008 0606 6781050b0101 3008 0606 6781050b0103");
	node = certs_sign(&spec, fix.p256, &fix.issuer);
	assert_true(devid_profile_check(node.der.data, node.der.len,
		DEVID_PROFILE_IAK, DEVID_PROFILE_STRICT, &report));
	assert_false(devid_profile_check(
		node.der.data, node.der.len, DEVID_PROFILE_IDEVID, 0, &report));
	assert_int_equal(report.failed, DEVID_RULE_TCG_OTHER_KEY);
	spec = certs_idevid_spec();
	node = certs_sign(&spec, fix.p256, &fix.issuer);
	assert_false(devid_profile_check(
		node.der.data, node.der.len, DEVID_PROFILE_IAK, 0, &report));
	assert_int_equal(report.failed, DEVID_RULE_TCG_OTHER_KEY);
}

/* What a site issues: it ends, and says nothing of a TPM. */
static struct certs_spec ldevid_spec(void)
{
	struct certs_spec spec = certs_idevid_spec();

	spec.not_after = "U300101000000Z";
	certs_set_ext(&spec, CERTS_OID_SAN, "", NULL);
	certs_set_ext(&spec, CERTS_OID_CP, "", NULL);
	return spec;
}

static bool judge_ldevid(const struct certs_spec *spec, unsigned flags,
	struct devid_profile_report *report)
{
	struct certs_node node = certs_sign(spec, fix.p256, &fix.issuer);

	return devid_profile_check(node.der.data, node.der.len,
		DEVID_PROFILE_LDEVID, flags, report);
}

/* covers: 802.1AR-8.10-ldevid */
static void check_ldevid_may_end_with_or_without_serial(void **state)
{
	struct certs_spec spec = ldevid_spec();
	struct devid_profile_report report;

	(void)state;
	assert_true(judge_ldevid(&spec, DEVID_PROFILE_STRICT, &report));
	assert_string_equal(report.serial, spec.sn);
	assert_false(judge(
		&spec, fix.p256, &fix.issuer, DEVID_PROFILE_STRICT, &report));
	spec.sn = NULL;
	assert_true(judge_ldevid(&spec, DEVID_PROFILE_STRICT, &report));
	assert_string_equal(report.serial, "");
	spec = certs_idevid_spec(); /* nor is more than that wrong */
	assert_true(judge_ldevid(&spec, DEVID_PROFILE_STRICT, &report));
}

/* covers: 802.1AR-8.10-ldevid */
static void check_ldevid_keeps_the_rules_of_a_devid(void **state)
{
	static const struct {
		const char *oid, *value;
		enum devid_rule failed;
	} cases[] = {
		{ CERTS_OID_AKI, NULL, DEVID_RULE_AUTHORITY_KEY_ID },
		{ CERTS_OID_KU, NULL, DEVID_RULE_KEY_USAGE },
		{ CERTS_OID_CP, "300a 3008 " RESTRICTED,
			DEVID_RULE_TCG_OTHER_KEY },
		{ CERTS_OID_EKU, "300a 0608 2b06010505070303", DEVID_RULE_EKU },
	};
	struct devid_profile_report report;
	struct certs_spec spec;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		spec = ldevid_spec();
		certs_set_ext(&spec, cases[i].oid, "", cases[i].value);
		assert_false(judge_ldevid(&spec, 0, &report));
		assert_int_equal(report.failed, cases[i].failed);
		assert_int_equal(report.n_failed, 1);
	}
	spec = ldevid_spec();
	spec.subject = "301a 310b 3009 0603 550405 1302 4131"
		       "310b 3009 0603 550405 1302 4132"; /* two serials */
	assert_false(judge_ldevid(&spec, 0, &report));
	assert_int_equal(report.failed, DEVID_RULE_SUBJECT_SERIAL);
}

static void check_two_faults_both_reported(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;

	(void)state;
	spec.version = "a003020101";
	certs_set_ext(&spec, CERTS_OID_BC, "ff", "3003 0101 ff");
	assert_false(judge(&spec, fix.p256, &fix.issuer, 0, &report));
	assert_int_equal(report.failed, DEVID_RULE_VERSION);
	assert_int_equal(report.n_failed, 2);
	assert_int_equal(report.results[DEVID_RULE_NOT_CA].verdict, DEVID_FAIL);
	assert_string_equal(report.serial, "ACCC8E000001");
}

static void check_report_text_is_plain(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct devid_profile_report report;

	(void)state;
	spec.cn = "M\n\x1b[31m1";
	certs_set_ext(&spec, CERTS_OID_SAN, "",
		"3019 a017 0608 2b06010505070804 a00b"
		"3009 0603 2a0304 0402 00ff");
	assert_true(judge(&spec, fix.p256, &fix.issuer, 0, &report));
	assert_string_equal(report.model, "M??[31m1");
	assert_string_equal(report.hw_serial, "0x00ff");
	assert_string_equal(report.tpm_manufacturer, "");
}

static void every_rule_has_id_text_and_clause(void **state)
{
	(void)state;
	for (int i = 1; i < DEVID_RULE_COUNT; i++) {
		assert_true(devid_rule_id((enum devid_rule)i)[0] != '\0');
		assert_true(devid_rule_text((enum devid_rule)i)[0] != '\0');
		assert_true(devid_rule_clause((enum devid_rule)i)[0] != '\0');
		for (int j = 1; j < i; j++)
			assert_string_not_equal(
				devid_rule_id((enum devid_rule)i),
				devid_rule_id((enum devid_rule)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_good_certificate_passes_strictly),
		cmocka_unit_test(check_encoding_refused),
		cmocka_unit_test(check_too_many_extensions_refused),
		cmocka_unit_test(check_version_refused),
		cmocka_unit_test(check_serial_refused),
		cmocka_unit_test(check_signature_refused),
		cmocka_unit_test(check_key_refused),
		cmocka_unit_test(check_key_outside_suites_warned),
		cmocka_unit_test(check_issuer_name_refused),
		cmocka_unit_test(check_validity_encoding_refused),
		cmocka_unit_test(check_not_after_warned),
		cmocka_unit_test(check_subject_serial_refused),
		cmocka_unit_test(check_subject_serial_type_warned),
		cmocka_unit_test(check_unique_id_warned),
		cmocka_unit_test(check_extensions_refused),
		cmocka_unit_test(check_authority_key_id_refused),
		cmocka_unit_test(check_key_usage_refused),
		cmocka_unit_test(check_ca_refused),
		cmocka_unit_test(check_san_judged),
		cmocka_unit_test(check_policies_and_purposes_judged),
		cmocka_unit_test(check_purposes_one_that_allows_tls_is_enough),
		cmocka_unit_test(check_purposes_of_an_iak),
		cmocka_unit_test(check_iak_is_no_devid),
		cmocka_unit_test(check_ldevid_may_end_with_or_without_serial),
		cmocka_unit_test(check_ldevid_keeps_the_rules_of_a_devid),
		cmocka_unit_test(check_two_faults_both_reported),
		cmocka_unit_test(check_report_text_is_plain),
		cmocka_unit_test(every_rule_has_id_text_and_clause),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
