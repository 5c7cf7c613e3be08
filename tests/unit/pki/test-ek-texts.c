/* SPDX-License-Identifier: Apache-2.0 */
/* What a refused EK certificate says: whose fault it is, and which. */
#include "cmocka-all.h"
#include "ek-fixture.h"
#include "ek-load.h"
#include "ek-trust.h"

#define NOW 1700000000 /* 2023-11-14 */

/* A SubjectPublicKeyInfo of an RSA key for OAEP alone. */
#define OAEP_KEY                                                               \
	"301a 300d 0609 2a864886f70d010107 0500 0309 00 3006 020103 020103"

static struct certs_node root; /* owned by the group */
static struct tempdir dir;

static int setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("Vendor Root");

	(void)state;
	root = certs_sign(&spec, certs_key("P-256"), NULL);
	dir = tempdir_new();
	ek_fixture_write(&dir, "root.crt", &root.der);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	certs_done(&root);
	return 0;
}

/* The whole refusal of an EK certificate of @spec below @issuer. */
static void expect(const struct certs_spec *spec,
	const struct certs_node *issuer, const char *want)
{
	struct certs_node ek = certs_sign(spec, certs_key("P-256"), issuer);
	struct devid_error err = { 0 };
	struct ek_trust *trust = NULL;
	struct ek_cert cert;

	if (ek_trust_new(dir.path, &trust, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	(void)!ek_cert_parse(
		(struct view) { ek.der.data, ek.der.len }, &cert, NULL);
	assert_rc(
		ek_trust_check(trust, &cert, NOW, &err), DEVID_ERR_NOT_GENUINE);
	assert_string_equal(err.text, want);
	ek_cert_done(&cert);
	ek_trust_free(trust);
	certs_done(&ek);
}

static void key_of_the_ek_not_blamed_on_its_issuer(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	spec.spki = OAEP_KEY;
	expect(&spec, &root,
		"EK certificate: the one issued by \"CN=Vendor Root\": path: "
		"its key cannot be used: its algorithm is rsaesOaep");
}

static void malformed_extension_of_the_ek_named(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "0500");
	expect(&spec, &root,
		"EK certificate: the one issued by \"CN=Vendor Root\": path: "
		"its extension \"keyUsage\" is malformed");
}

static void intermediates_told_with_the_limit(void **state)
{
	struct certs_node nodes[7];
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	for (size_t i = 0; i < N_OF(nodes); i++) {
		char name[] = "CA 0", file[] = "ca0.crt";
		struct certs_spec ca;

		name[3] = file[2] = (char)('0' + i);
		ca = certs_ca_spec(name);
		nodes[i] = certs_sign(
			&ca, certs_key("P-256"), i ? &nodes[i - 1] : &root);
		ek_fixture_write(&dir, file, &nodes[i].der);
	}
	expect(&spec, &nodes[N_OF(nodes) - 1],
		"EK certificate: path: more than 5 CAs below the root");
	for (size_t i = 0; i < N_OF(nodes); i++)
		certs_done(&nodes[i]);
}

/* Loading the folder with @data as bad.crt fails with @cause. */
static void expect_file(const void *data, size_t len, const char *cause)
{
	struct devid_error err = { 0 };
	struct ek_trust *trust = NULL;

	tempdir_write(&dir, "bad.crt", data, len, 0644);
	assert_rc(ek_trust_new(dir.path, &trust, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, cause);
	assert_int_equal(remove(tempdir_file(&dir, "bad.crt")), 0);
}

static void file_of_another_kind_named(void **state)
{
	static const char ac[] = "-----BEGIN ATTRIBUTE CERTIFICATE-----\nMAA=\n"
				 "-----END ATTRIBUTE CERTIFICATE-----\n";
	static const char csr[] = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"
				  "-----END CERTIFICATE REQUEST-----\n";
	struct certs_buf binary =
		certs_hex("300f 3007 0201 01 3002 a000 3000 0302 0000");

	(void)state;
	expect_file(ac, sizeof(ac) - 1,
		"bad.crt: a PEM block that is no CERTIFICATE: it is an X.509 "
		"attribute certificate");
	expect_file(csr, sizeof(csr) - 1, "it is a PKCS#10 request in PEM");
	expect_file(binary.data, binary.len,
		"bad.crt: not a certificate in PEM or DER: it is an X.509 "
		"attribute certificate");
	expect_file("hello", 5, "it is text without a PEM block");
}

static void root_with_a_malformed_extension_named(void **state)
{
	struct certs_spec spec = certs_ca_spec("Bad");
	struct certs_node bad;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "0500");
	bad = certs_sign(&spec, certs_key("P-256"), NULL);
	expect_file(bad.der.data, bad.der.len,
		"bad.crt: its extension \"keyUsage\" is malformed");
	certs_done(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_of_the_ek_not_blamed_on_its_issuer),
		cmocka_unit_test(malformed_extension_of_the_ek_named),
		cmocka_unit_test(intermediates_told_with_the_limit),
		cmocka_unit_test(file_of_another_kind_named),
		cmocka_unit_test(root_with_a_malformed_extension_named),
	};

	return cmocka_run_group_tests_name("ek-texts", tests, setup, teardown);
}
