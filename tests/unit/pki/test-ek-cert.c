/* SPDX-License-Identifier: Apache-2.0 */
/* What an EK certificate says, and what is refused about it. */
#include "cmocka-all.h"
#include "ek-fixture.h"
#include "ek-key-fixture.h"
#include "ek-profile.h"

static EVP_PKEY *ec_key; /* owned by the group */
static struct certs_node issuer;

static struct certs_buf sign(const struct certs_spec *spec, EVP_PKEY *key)
{
	struct certs_node node = certs_sign(spec, key, &issuer);

	return node.der;
}

static struct certs_buf good(void)
{
	struct certs_spec spec = ek_fixture_spec();

	return sign(&spec, ec_key);
}

static enum devid_err parse(const struct certs_buf *buf, struct ek_cert *ret,
	struct devid_error *err)
{
	return ek_cert_parse((struct view) { buf->data, buf->len }, ret, err);
}

/* covers: EK-3-certificate TCG-8-certificate */
static void parse_good_certificate_read(void **state)
{
	struct certs_buf der = good();
	struct ek_cert cert = ek_fixture_parse(&der);
	char serial[256];

	(void)state;
	assert_string_equal(cert.manufacturer, "id:49465800");
	assert_string_equal(cert.vendor, "IFX");
	assert_string_equal(cert.model, "SLB 9672");
	assert_string_equal(cert.version, "id:00010102");
	assert_string_equal(cert.tpm.family, "2.0");
	assert_int_equal(cert.tpm.level, 0);
	assert_int_equal(cert.tpm.revision, 138);
	assert_true(cert.tpm.has_assertions);
	assert_int_equal(cert.tpm.eal, 4);
	assert_int_equal(cert.tpm.eal_status, 2);
	assert_true(cert.tpm.eal_plus);
	assert_int_equal(cert.tpm.fips_level, 2);
	assert_string_equal(cert.serial, "C0FFEE01");
	assert_int_equal(strlen(cert.authority_key_id), 40);
	assert_int_equal(cert.quirks, 0);
	assert_int_equal(cert.der.len, der.len);
	assert_true(ek_key_is(&cert.key, ec_key));
	assert_rc(ek_cert_check_profile(&cert, NULL), DEVID_OK);
	assert_rc(ek_cert_check_key(&cert, NULL), DEVID_OK);
	assert_rc(ek_cert_hw_serial(&cert, serial, sizeof(serial), NULL),
		DEVID_OK);
	assert_memory_equal(serial, "IFX:", 4);
	assert_string_equal(serial + 4 + 40, ":C0FFEE01");
	assert_rc(
		ek_cert_hw_serial(&cert, serial, 40, NULL), DEVID_ERR_INVALID);
	ek_cert_done(&cert);
}

static void parse_cut_anywhere_refused(void **state)
{
	struct certs_buf der = good();
	size_t whole = der.len;

	(void)state;
	for (der.len = 0; der.len < whole; der.len++) {
		struct devid_error err = { 0 };
		struct ek_cert cert;

		assert_rc(parse(&der, &cert, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "EK certificate: ");
		ek_cert_done(&cert);
	}
}

static void parse_padding_is_a_quirk(void **state)
{
	(void)state;
	for (int fill = 0; fill <= 0xff; fill += 0xff) {
		struct certs_buf der = good();
		size_t len = der.len;
		uint8_t octet = (uint8_t)fill;
		struct ek_cert cert;

		for (int i = 0; i < 20; i++)
			certs_append(&der, &octet, 1);
		cert = ek_fixture_parse(&der);
		assert_int_equal(cert.quirks, EK_QUIRK_PADDING);
		assert_int_equal(cert.der.len, len);
		assert_rc(ek_cert_check_profile(&cert, NULL), DEVID_OK);
		ek_cert_done(&cert);
	}
}

static void parse_bytes_behind_refused(void **state)
{
	static const char *const behind[] = { "01", "00ff", "ffff00", "3000",
		"00000001" };

	(void)state;
	for (size_t i = 0; i < N_OF(behind); i++) {
		struct certs_buf der = good(), more = certs_hex(behind[i]);
		struct devid_error err = { 0 };
		struct ek_cert cert;

		certs_append(&der, more.data, more.len);
		assert_rc(parse(&der, &cert, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "behind it are no padding");
		ek_cert_done(&cert);
	}
}

static void parse_nv_header_is_a_quirk(void **state)
{
	struct certs_buf buf = certs_hex("100100 0000 1002"), der = good();
	struct devid_error err = { 0 };
	struct ek_cert cert;

	(void)state;
	buf.data[3] = (uint8_t)((der.len + 2) >> 8);
	buf.data[4] = (uint8_t)(der.len + 2);
	certs_append(&buf, der.data, der.len);
	cert = ek_fixture_parse(&buf);
	assert_int_equal(cert.quirks, EK_QUIRK_NV_HEADER);
	assert_int_equal(cert.der.len, der.len);
	ek_cert_done(&cert);
	buf.data[4]++;
	assert_rc(parse(&buf, &cert, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "another length");
	ek_cert_done(&cert);
}

static void parse_too_large_refused(void **state)
{
	static uint8_t zeros[EK_CERT_MAX + 1];
	struct devid_error err = { 0 };
	struct ek_cert cert;

	(void)state;
	assert_rc(ek_cert_parse(
			  (struct view) { zeros, sizeof(zeros) }, &cert, &err),
		DEVID_ERR_TOO_LARGE);
	ek_cert_done(&cert);
}

/* One change to the good certificate, and what must be said about it. */
struct change {
	const char *oid, *critical, *value; /* value NULL: left out */
	const char *cause;                  /* NULL: the profile holds */
	unsigned quirks;
};

static void check_change(const struct change *c)
{
	struct certs_spec spec = ek_fixture_spec();
	struct devid_error err = { 0 };
	struct certs_buf der;
	struct ek_cert cert;
	enum devid_err rc;

	if (c->cause == NULL && c->quirks == EK_QUIRK_SAN_NOT_CRITICAL)
		spec.cn = "a subject";
	certs_set_ext(&spec, c->oid, c->critical, c->value);
	der = sign(&spec, ec_key);
	cert = ek_fixture_parse(&der);
	rc = ek_cert_check_profile(&cert, &err);
	if ((rc == DEVID_OK) != (c->cause == NULL))
		fail_msg("%s: %s: %s", c->cause, c->value, err.text);
	if (c->cause)
		assert_cause(&err, c->cause);
	assert_int_equal(cert.quirks, c->quirks);
	ek_cert_done(&cert);
}

/* covers: EK-3-certificate */
static void profile_named_quirk_found(void **state)
{
	const struct change changes[] = {
		{ CERTS_OID_EKU, "", NULL, NULL, EK_QUIRK_NO_EKU },
		{ CERTS_OID_KU, "ff", NULL, NULL, EK_QUIRK_KEY_USAGE },
		/* keyEncipherment, and digitalSignature with keyAgreement */
		{ CERTS_OID_KU, "ff", "03020520", NULL, EK_QUIRK_KEY_USAGE },
		{ CERTS_OID_KU, "ff", "03020388", NULL, EK_QUIRK_KEY_USAGE },
		{ CERTS_OID_SAN, "", ek_fixture_san("id:49465800", "M", "id:1"),
			NULL, EK_QUIRK_SAN_NOT_CRITICAL },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(changes); i++)
		check_change(&changes[i]);
}

/* Each field alone, and all with what they say.
 * covers: EK-3-certificate */
static void profile_explicit_tag_is_a_quirk(void **state)
{
	static const char *const fields[] = { "a003 0a0101", "a103 0a0100",
		"a203 0a0100", "a310 300e 1603332e31 0a0104 0a0102 0101ff",
		"a40f 300d 1605 3134302d32 0a0102 010100", "a503 0101ff" };
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der;
	struct ek_cert cert;
	char all[256] = "";

	(void)state;
	for (size_t i = 0; i < N_OF(fields); i++) {
		check_change(&(struct change) { EK_OID_SDA, "",
			ek_fixture_sda(fields[i]), NULL,
			EK_QUIRK_EXPLICIT_TAGS });
		strcat(all, fields[i]);
	}
	certs_set_ext(&spec, EK_OID_SDA, "", ek_fixture_sda(all));
	der = sign(&spec, ec_key);
	cert = ek_fixture_parse(&der);
	assert_int_equal(cert.tpm.eal, 4);
	assert_int_equal(cert.tpm.eal_status, 2);
	assert_true(cert.tpm.eal_plus);
	assert_int_equal(cert.tpm.fips_level, 2);
	ek_cert_done(&cert);
	/* IMPLICIT they are primitive, and no quirk. */
	check_change(&(struct change) { EK_OID_SDA, "",
		ek_fixture_sda("020100 0101ff 800101 810100 820100 8501ff"),
		NULL, 0 });
}

static void profile_other_extension_accepted(void **state)
{
	const struct change changes[] = {
		{ CERTS_OID_BC, "", NULL, NULL, 0 },
		{ CERTS_OID_BC, "ff", "3003010100", NULL, 0 },
		{ EK_OID_SDA, "", NULL, NULL, 0 },
		{ CERTS_OID_AKI, "", NULL, NULL, 0 },
		{ "2a030405", "", "0500", NULL, 0 },
		{ CERTS_OID_EKU, "ff",
			"3011 0605 6781050801 0608 2b06010505070302", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(changes); i++)
		check_change(&changes[i]);
}

#define NAME_1 "3114 3012 0605 6781050201 0c09 69643a343934363538"

/* covers: EK-3-certificate */
static void profile_bad_san_refused(void **state)
{
	static const char long_text[] = "0123456789012345678901234567890123456"
					"7890123456789012345678901234";
	const struct change changes[] = {
		{ CERTS_OID_SAN, "ff", NULL, "no subjectAltName", 0 },
		{ CERTS_OID_SAN, "", ek_fixture_san("id:49465800", "M", "1"),
			"not critical though", 0 },
		{ CERTS_OID_SAN, "ff", "3000", "lacks TPM manufacturer", 0 },
		{ CERTS_OID_SAN, "ff", "3000 00", "malformed", 0 },
		{ CERTS_OID_SAN, "ff", "3002 a400", "directoryName", 0 },
		{ CERTS_OID_SAN, "ff", "3006 a404 3002 3100", "directoryName",
			0 },
		{ CERTS_OID_SAN, "ff", ek_fixture_san(NULL, "M", "id:1"),
			"lacks TPM manufacturer", 0 },
		{ CERTS_OID_SAN, "ff", ek_fixture_san("id:49465800", NULL, "1"),
			"lacks TPM manufacturer", 0 },
		{ CERTS_OID_SAN, "ff", ek_fixture_san("id:49465800", "M", NULL),
			"lacks TPM manufacturer", 0 },
		{ CERTS_OID_SAN, "ff", ek_fixture_san("IFX", "M", "id:1"),
			"is not id: and eight", 0 },
		{ CERTS_OID_SAN, "ff", ek_fixture_san("id:4946580", "M", "1"),
			"is not id: and eight", 0 },
		{ CERTS_OID_SAN, "ff", ek_fixture_san("id:4946580x", "M", "1"),
			"is not id: and eight", 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(changes); i++)
		check_change(&changes[i]);
	check_change(&(struct change) { CERTS_OID_SAN, "ff",
		ek_fixture_san("id:49465800", "A\nB", "1"), "no plain text",
		0 });
	check_change(&(struct change) { CERTS_OID_SAN, "ff",
		ek_fixture_san("id:49465800", long_text, "1"), "no plain text",
		0 });
	check_change(&(struct change) { CERTS_OID_SAN, "ff",
		ek_fixture_san("id:49465800", "", "1"), "no plain text", 0 });
	/* a NUL in the model */
	check_change(&(struct change) { CERTS_OID_SAN, "ff",
		"3017 a415 3013 3111 300f 0605 6781050202 0c06 4d0000000000",
		"no plain text", 0 });
	/* two manufacturers */
	check_change(&(struct change) { CERTS_OID_SAN, "ff",
		"3028 a426 3024"
		"3110 300e 0605 6781050201 0c05 69643a3439"
		"3110 300e 0605 6781050201 0c05 69643a3439",
		"occurs twice", 0 });
}

/* covers: EK-3-certificate */
static void profile_bad_extension_refused(void **state)
{
	const struct change changes[] = {
		{ CERTS_OID_EKU, "", "300a 0608 2b06010505070302",
			"without tcg-kp-EKCertificate", 0 },
		{ CERTS_OID_EKU, "", "3000", "without tcg-kp-EKCertificate",
			0 },
		{ CERTS_OID_EKU, "", EK_EKU "00",
			"without tcg-kp-EKCertificate", 0 },
		{ CERTS_OID_BC, "ff", "30030101ff", "a CA's", 0 },
		{ CERTS_OID_BC, "ff", "3003020100", "a CA's", 0 },
		{ CERTS_OID_KU, "ff", "03020780", "a signing key",
			EK_QUIRK_KEY_USAGE },
		{ CERTS_OID_KU, "ff", "03020640", "not for encryption",
			EK_QUIRK_KEY_USAGE },
		{ CERTS_OID_KU, "ff", "0302020c", "signing certificates",
			EK_QUIRK_KEY_USAGE },
		{ CERTS_OID_KU, "ff", "0302010a", "signing certificates",
			EK_QUIRK_KEY_USAGE },
		{ CERTS_OID_KU, "ff", "0500", "keyUsage: malformed",
			EK_QUIRK_KEY_USAGE },
		{ "2a030405", "ff", "0500", "critical extension 1.2.3.4.5", 0 },
		{ EK_OID_SDA, "ff", ek_fixture_sda(""),
			"critical extension 2.5.29.9", 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(changes); i++)
		check_change(&changes[i]);
}

/* covers: EK-3-certificate */
static void profile_bad_attributes_refused(void **state)
{
	const struct {
		const char *value, *cause;
	} cases[] = {
		{ "3000 00", "Attributes: malformed" },
		{ "30020500", "Attributes: an attribute is malformed" },
		{ ek_fixture_sda("a303 160131"), /* no level */
			"ccInfo: malformed" },
		{ ek_fixture_sda("a30b 1603332e31 0a0108 0a0102"), /* EAL 8 */
			"ccInfo: malformed" },
		{ ek_fixture_sda("a003 020101"), /* no ENUMERATED */
			"Assertions: malformed" },
		{ ek_fixture_sda("a206 0a0100 0a0100"),
			"Assertions: malformed" },
		{ ek_fixture_sda("a503 0a0100"), /* no BOOLEAN */
			"Assertions: malformed" },
		{ ek_fixture_sda("a408 160131 0a0105 0500"), /* and more */
			"fipsLevel: malformed" },
		{ ek_fixture_sda("a406 160131 0a0105"), /* FIPS 5 */
			"fipsLevel: malformed" },
		{ ek_fixture_sda("a406 160131 0a0101 a406 160131 0a0102"),
			"fipsLevel twice" },
		{ "3032" EK_SPECIFICATION EK_SPECIFICATION,
			"TPMSpecification twice" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		check_change(&(struct change) {
			EK_OID_SDA, "", cases[i].value, cases[i].cause, 0 });
	check_change(&(struct change) { EK_OID_SDA, "",
		ek_fixture_sda("a40a 3008 160131 0a0101 0500"),
		"fipsLevel: malformed", EK_QUIRK_EXPLICIT_TAGS });
}

static void profile_extension_twice_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct devid_error err = { 0 };
	struct certs_buf der;
	struct ek_cert cert;

	(void)state;
	spec.ext[spec.n_ext++] =
		(struct certs_ext) { CERTS_OID_EKU, "", EK_EKU };
	der = sign(&spec, ec_key);
	cert = ek_fixture_parse(&der);
	assert_rc(ek_cert_check_profile(&cert, &err), DEVID_ERR_INVALID);
	assert_cause(&err, "an extension twice");
	ek_cert_done(&cert);
}

static void profile_version_2_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct devid_error err = { 0 };
	struct certs_buf der;
	struct ek_cert cert;

	(void)state;
	spec.version = "a003020101";
	der = sign(&spec, ec_key);
	cert = ek_fixture_parse(&der);
	assert_rc(ek_cert_check_profile(&cert, &err), DEVID_ERR_INVALID);
	assert_cause(&err, "version 3");
	ek_cert_done(&cert);
}

/* A vendor that tells a PCI number in place of ASCII (swtpm). */
static void vendor_without_text_stands_as_hex(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	char serial[256];
	struct certs_buf der;
	struct ek_cert cert;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_SAN, "ff",
		ek_fixture_san("id:00001014", "swtpm", "id:20191023"));
	der = sign(&spec, ec_key);
	cert = ek_fixture_parse(&der);
	assert_string_equal(cert.vendor, "");
	assert_rc(ek_cert_check_profile(&cert, NULL), DEVID_OK);
	assert_rc(ek_cert_hw_serial(&cert, serial, sizeof(serial), NULL),
		DEVID_OK);
	assert_memory_equal(serial, "00001014:", 9);
	ek_cert_done(&cert);
}

static void hw_serial_without_key_id_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct devid_error err = { 0 };
	char serial[256];
	struct certs_buf der;
	struct ek_cert cert;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_AKI, "", NULL);
	der = sign(&spec, ec_key);
	cert = ek_fixture_parse(&der);
	assert_rc(ek_cert_hw_serial(&cert, serial, sizeof(serial), &err),
		DEVID_ERR_INVALID);
	assert_cause(&err, "authority key id");
	ek_cert_done(&cert);
}

static void key_of_other_kind_refused(void **state)
{
	static const char *const types[] = { "P-521", "ED25519", "RSA:4096" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		struct certs_spec spec = ek_fixture_spec();
		EVP_PKEY *key = certs_key(types[i]);
		struct certs_buf der = sign(&spec, key);
		struct ek_cert cert = ek_fixture_parse(&der);
		struct devid_error err = { 0 };

		assert_false(ek_cert_has_key(&cert));
		assert_rc(
			ek_cert_check_key(&cert, &err), DEVID_ERR_UNSUPPORTED);
		assert_cause(&err, "EK certificate: key: ");
		ek_cert_done(&cert);
		EVP_PKEY_free(key);
	}
}

static void key_of_each_kind_read(void **state)
{
	static const char *const types[] = { "P-256", "P-384", "RSA:2048",
		"RSA:3072" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		struct certs_spec spec = ek_fixture_spec();
		EVP_PKEY *key = certs_key(types[i]);
		struct certs_buf der;
		struct ek_cert cert;

		if (types[i][0] == 'R')
			certs_set_ext(&spec, CERTS_OID_KU, "ff", "03020520");
		der = sign(&spec, key);
		cert = ek_fixture_parse(&der);
		assert_true(ek_key_is(&cert.key, key));
		assert_int_equal(cert.quirks, 0);
		ek_cert_done(&cert);
		EVP_PKEY_free(key);
	}
}

/* Replaces the one place with @from (hex) in @der. */
static void patch(struct certs_buf *der, const char *from, const char *to)
{
	struct certs_buf a = certs_hex(from), b = certs_hex(to);
	uint8_t *p = memmem(der->data, der->len, a.data, a.len);

	assert_non_null(p);
	assert_int_equal(a.len, b.len);
	memcpy(p, b.data, b.len);
}

static void key_in_other_encoding_refused(void **state)
{
	static const struct {
		const char *type, *from, *to, *cause;
	} cases[] = {
		{ "RSA:2048", "0203010001", "0203010003", "exponent" },
		{ "RSA:2048", "0203010001", "0203000003", "exponent" },
		{ "RSA:2048", "0d01010105000382010f00",
			"0d01010105000382010f01", "malformed" },
		{ "RSA:2048", "0d01010105000382010f00",
			"0d01010102000382010f00", "other parameters" },
		{ "RSA:2048", "0d01010105000382010f00",
			"0d01010705000382010f00",
			"key: its algorithm is rsaesOaep" },
		{ "RSA:2048", "0d01010105000382010f00",
			"0d01010a05000382010f00",
			"key: its algorithm is rsassaPss" },
		{ "RSA:2048", "0282010100", "0282010101", "modulus" },
		{ "P-256", "03420004", "03420006", "uncompressed" },
		{ "P-256", "2a8648ce3d030107", "2a8648ce3d030101",
			"curve is not" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct certs_spec spec = ek_fixture_spec();
		EVP_PKEY *key = certs_key(cases[i].type);
		struct devid_error err = { 0 };
		struct certs_buf der = sign(&spec, key);
		struct ek_cert cert;

		EVP_PKEY_free(key);
		patch(&der, cases[i].from, cases[i].to);
		cert = ek_fixture_parse(&der);
		assert_rc(
			ek_cert_check_key(&cert, &err), DEVID_ERR_UNSUPPORTED);
		assert_cause(&err, cases[i].cause);
		ek_cert_done(&cert);
	}
}

static void key_off_its_curve_refused(void **state)
{
	struct certs_buf der = good();
	struct devid_error err = { 0 };
	struct ek_cert cert;
	struct certs_buf start = certs_hex("03420004");
	uint8_t *p = memmem(der.data, der.len, start.data, start.len);

	(void)state;
	assert_non_null(p);
	p[start.len + 40] ^= 1;
	cert = ek_fixture_parse(&der);
	assert_rc(ek_cert_check_key(&cert, &err), DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "no point of its curve");
	ek_cert_done(&cert);
}

static int set_up(void **state)
{
	struct certs_spec spec = certs_ca_spec("EK CA");

	(void)state;
	ec_key = certs_key("P-256");
	issuer = certs_sign(&spec, certs_key("P-256"), NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(ec_key);
	certs_done(&issuer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_good_certificate_read),
		cmocka_unit_test(parse_cut_anywhere_refused),
		cmocka_unit_test(parse_padding_is_a_quirk),
		cmocka_unit_test(parse_bytes_behind_refused),
		cmocka_unit_test(parse_nv_header_is_a_quirk),
		cmocka_unit_test(parse_too_large_refused),
		cmocka_unit_test(profile_named_quirk_found),
		cmocka_unit_test(profile_explicit_tag_is_a_quirk),
		cmocka_unit_test(profile_other_extension_accepted),
		cmocka_unit_test(profile_bad_san_refused),
		cmocka_unit_test(profile_bad_extension_refused),
		cmocka_unit_test(profile_bad_attributes_refused),
		cmocka_unit_test(profile_extension_twice_refused),
		cmocka_unit_test(profile_version_2_refused),
		cmocka_unit_test(vendor_without_text_stands_as_hex),
		cmocka_unit_test(hw_serial_without_key_id_refused),
		cmocka_unit_test(key_of_other_kind_refused),
		cmocka_unit_test(key_of_each_kind_read),
		cmocka_unit_test(key_in_other_encoding_refused),
		cmocka_unit_test(key_off_its_curve_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
