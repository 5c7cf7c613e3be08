/* SPDX-License-Identifier: Apache-2.0 */
/* What a file seems to be that is not the one asked for. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <string.h>

#include "certs.h"
#include "what-is.h"

static void expect(struct view data, const char *want, bool known)
{
	char text[WHAT_IS_MAX];

	what_is(data, text);
	assert_string_equal(text, want);
	assert_int_equal(what_is_known(data), known);
}

static void expect_hex(const char *hex, const char *want, bool known)
{
	struct certs_buf buf = certs_hex(hex);

	expect((struct view) { buf.data, buf.len }, want, known);
}

static void expect_text(const char *text, const char *want, bool known)
{
	expect((struct view) { (const uint8_t *)text, strlen(text) }, want,
		known);
}

static void what_is_pem_by_its_first_label(void **state)
{
	static const struct {
		const char *label, *want;
	} labels[] = {
		{ "CERTIFICATE", "a certificate in PEM" },
		{ "CERTIFICATE REQUEST", "a PKCS#10 request in PEM" },
		{ "X509 CRL", "a revocation list in PEM" },
		{ "PRIVATE KEY", "a private key in PEM" },
		{ "EC PRIVATE KEY", "a private key in PEM" },
		{ "ENCRYPTED PRIVATE KEY", "a private key in PEM" },
		{ "PUBLIC KEY", "a public key in PEM" },
		{ "ATTRIBUTE CERTIFICATE",
			"an X.509 attribute certificate (RFC 5755), such as "
			"a TCG platform certificate" },
		{ "PKCS7", "a PKCS#7 bundle in PEM" },
		{ "DEVID KEY", "the reference to a DevID key" },
		{ "DEVID CHALLENGE", "a challenge of devid-ca" },
		{ "DEVID ANSWER", "an answer to a challenge" },
		{ "OF A FRIEND\x1b", "PEM of the type \"OF A FRIEND?\"" },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < N_OF(labels); i++) {
		(void)snprintf(text, sizeof(text),
			"note\n-----BEGIN %s-----\nAA==\n", labels[i].label);
		expect_text(text, labels[i].want, true);
	}
}

static void what_is_long_label_cut(void **state)
{
	(void)state;
	expect_text("-----BEGIN 0123456789012345678901234567890123456789X-----",
		"PEM of the type "
		"\"0123456789012345678901234567890123456789\"",
		true);
}

static void what_is_certificate_of_either_version(void **state)
{
	struct certs_spec spec = certs_ca_spec("CA");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);

	(void)state;
	expect((struct view) { ca.der.data, ca.der.len },
		"a certificate in DER", true);
	certs_done(&ca);
	/* version 1: serial, algorithm, name, validity */
	expect_hex("3018 3010 0201 05 3003 0601 2a 3000 3004 1700 1700"
		   "3000 0302 0000",
		"a certificate in DER", true);
}

static void what_is_other_der_by_its_form(void **state)
{
	(void)state;
	/* version 0, empty subject, key, [0] */
	expect_hex("3011 3009 0201 00 3000 3000 a000 3000 0302 0000",
		"a PKCS#10 request in DER", true);
	/* version 1, algorithm, name, thisUpdate */
	expect_hex("3014 300c 0201 01 3003 0601 2a 3000 1700 3000 0302 0000",
		"a revocation list in DER", true);
	/* version 1 of a list is left out: algorithm, name, thisUpdate */
	expect_hex("3011 3009 3003 0601 2a 3000 1700 3000 0302 0000",
		"a revocation list in DER", true);
	/* version 1, holder [0] baseCertificateID */
	expect_hex("300f 3007 0201 01 3002 a000 3000 0302 0000",
		"an X.509 attribute certificate (RFC 5755), such as a TCG "
		"platform certificate",
		true);
	expect_hex("300b 0201 00 3003 0601 2a 0401 00", "a private key in DER",
		true);
	expect_hex("3006 0201 01 0401 00", "a private key in DER", true);
	/* PKCS#1: version 0, modulus; then PKCS#8 in EncryptedPrivateKeyInfo */
	expect_hex("3006 0201 00 0201 05", "a private key in DER", true);
	expect_hex("3008 3003 0601 2a 0401 00", "a private key in DER", true);
	/* RFC 7292 4: version 3, authSafe */
	expect_hex("3008 0201 03 3003 0601 2a", "a PKCS#12 bundle", true);
	expect_hex("3009 3003 0601 2a 0302 0000", "a public key in DER", true);
	expect_hex("3005 0601 2a a000", "a CMS or PKCS#7 message in DER", true);
}

static void what_is_request_of_a_device(void **state)
{
	(void)state;
	expect_hex("00000100 00000010 00000010", "a TCG-CSR-IDEVID", true);
}

static void what_is_for_what_has_the_form(void **state)
{
	static const char text[] = "-----BEGIN CERTIFICATE-----\nAA==\n";
	struct view v = { (const uint8_t *)text, sizeof(text) - 1 };
	char out[WHAT_IS_MAX];

	(void)state;
	what_is_for(v, WHAT_IS_CERT, out);
	assert_string_equal(out, "a malformed one");
	what_is_for(v, WHAT_IS_REQUEST, out);
	assert_string_equal(out, WHAT_IS_CERT);
}

static void what_is_unknown_said_so(void **state)
{
	(void)state;
	expect_text("", "empty", true);
	expect_text("hello\n", "text without a PEM block", false);
	expect_hex("00010203", "of no form known here", false);
	expect_hex("3003 0201 01", "of no form known here", false);
	expect_hex("3006 0201 05 0201 03", "of no form known here", false);
	expect_hex("3008 0201 02 3003 0601 2a", "of no form known here", false);
	expect_hex("3080", "of no form known here", false);
	expect_text(
		"-----BEGIN CERTIFICATE", "text without a PEM block", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_pem_by_its_first_label),
		cmocka_unit_test(what_is_long_label_cut),
		cmocka_unit_test(what_is_certificate_of_either_version),
		cmocka_unit_test(what_is_other_der_by_its_form),
		cmocka_unit_test(what_is_request_of_a_device),
		cmocka_unit_test(what_is_for_what_has_the_form),
		cmocka_unit_test(what_is_unknown_said_so),
	};

	return cmocka_run_group_tests_name("what-is", tests, NULL, NULL);
}
