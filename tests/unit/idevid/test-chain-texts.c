/* SPDX-License-Identifier: Apache-2.0 */
/* What a refused chain says where OpenSSL's own error names another thing. */
#include "cmocka-all.h"

#include <devid/verify.h>
#include <stdio.h>
#include <stdlib.h>

#include "certs.h"
#include "chain.h"

#define NOW 1767225600 /* 2026-01-01 */

/* A SubjectPublicKeyInfo of an RSA key for OAEP or PSS alone. */
#define SPKI(oid)                                                              \
	"301a 300d 0609 2a864886f70d0101" oid "0500"                           \
	"0309 00 3006 020103 020103"

static struct fixture {
	struct certs_node root, issuer, leaf;
} fix;

static int setup(void **state)
{
	struct certs_spec root = certs_ca_spec("Root");
	struct certs_spec issuer = certs_ca_spec("Issuing");
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	fix.root = certs_sign(&root, certs_key("P-256"), NULL);
	fix.issuer = certs_sign(&issuer, certs_key("P-256"), &fix.root);
	fix.leaf = certs_sign(&leaf, certs_key("P-256"), &fix.issuer);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	certs_done(&fix.root);
	certs_done(&fix.issuer);
	certs_done(&fix.leaf);
	return 0;
}

struct want {
	enum devid_chain_verdict verdict;
	const char *text;
};

static void expect(
	const struct certs_node *const *nodes, size_t n, struct want want)
{
	struct view root = { fix.root.der.data, fix.root.der.len };
	struct view certs[DEVID_CHAIN_MAX];
	struct chain_query query = {
		.certs = certs, .n_certs = n, .now = NOW, .leaf_is_devid = true
	};
	struct devid_chain_report report;
	struct chain_store *store = NULL;

	for (size_t i = 0; i < n; i++)
		certs[i] =
			(struct view) { nodes[i]->der.data, nodes[i]->der.len };
	assert_rc(chain_store_new(&store, NULL), DEVID_OK);
	assert_rc(chain_store_add_root(store, root, NULL), DEVID_OK);
	assert_rc(chain_check(store, &query, &report), DEVID_ERR_NOT_GENUINE);
	if (!strstr(report.text, want.text) || report.verdict != want.verdict)
		fail_msg("%s: %s", devid_chain_verdict_name(report.verdict),
			report.text);
	assert_true(report.clause[0] != '\0');
	chain_store_free(store);
}

static void expect_leaf(const struct certs_spec *spec, struct want want)
{
	struct certs_node leaf =
		certs_sign(spec, certs_key("P-256"), &fix.issuer);

	expect((const struct certs_node *const[]) { &leaf, &fix.issuer }, 2,
		want);
	certs_done(&leaf);
}

static void expect_issuer(const struct certs_spec *spec, struct want want)
{
	struct certs_node issuer =
		certs_sign(spec, certs_key("P-256"), &fix.root);
	struct certs_spec leaf_spec = certs_idevid_spec();
	struct certs_node leaf =
		certs_sign(&leaf_spec, certs_key("P-256"), &issuer);

	expect((const struct certs_node *const[]) { &leaf, &issuer }, 2, want);
	certs_done(&leaf);
	certs_done(&issuer);
}

static void malformed_extension_named_with_its_owner(void **state)
{
	struct certs_spec ca = certs_ca_spec("Issuing");
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	certs_set_ext(&ca, CERTS_OID_KU, "ff", "0500");
	expect_issuer(
		&ca, (struct want) { DEVID_CHAIN_MALFORMED,
			     "its issuer is there, and the issuer's extension "
			     "\"keyUsage\" is malformed" });
	certs_set_ext(&leaf, CERTS_OID_EKU, "", "0500");
	expect_leaf(&leaf,
		(struct want) { DEVID_CHAIN_MALFORMED,
			"its extension \"extendedKeyUsage\" is malformed" });
}

static void extension_twice_named(void **state)
{
	struct certs_spec ca = certs_ca_spec("Issuing");

	(void)state;
	ca.ext[ca.n_ext++] =
		(struct certs_ext) { CERTS_OID_KU, "ff", "03020106" };
	expect_issuer(&ca,
		(struct want) { DEVID_CHAIN_MALFORMED,
			"the issuer's extension \"keyUsage\" stands twice" });
}

static void other_key_id_named(void **state)
{
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	certs_set_ext(&leaf, CERTS_OID_AKI, "", "3006 8004 01020304");
	expect_leaf(&leaf,
		(struct want) { DEVID_CHAIN_UNKNOWN_ISSUER,
			"another key than authorityKeyIdentifier names" });
}

static void issuer_without_cert_sign_named(void **state)
{
	struct certs_spec ca = certs_ca_spec("Issuing");

	(void)state;
	certs_set_ext(&ca, CERTS_OID_KU, "ff", "03020780");
	expect_issuer(
		&ca, (struct want) { DEVID_CHAIN_NOT_A_CA,
			     "is used as an issuer and has no keyCertSign" });
}

static void issuer_with_a_key_of_no_use_named(void **state)
{
	struct certs_spec ca = certs_ca_spec("Issuing");

	(void)state;
	ca.spki = SPKI("07");
	expect_issuer(&ca,
		(struct want) { DEVID_CHAIN_OTHER,
			"the issuer's key cannot be used: its algorithm is "
			"rsaesOaep" });
}

static void signature_that_the_key_cannot_make_named(void **state)
{
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	leaf.inner_alg = leaf.outer_alg = "300d 0609 2a864886f70d01010b 0500";
	expect_leaf(&leaf,
		(struct want) { DEVID_CHAIN_BAD_SIGNATURE,
			"the issuer's key (id-ecPublicKey) makes no such "
			"signature" });
}

static void nobody_of_that_name_said_so(void **state)
{
	(void)state;
	expect((const struct certs_node *const[]) { &fix.leaf }, 1,
		(struct want) { DEVID_CHAIN_UNKNOWN_ISSUER,
			"its issuer was neither sent nor given as root" });
}

static void self_signed_called_so(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node own = certs_sign(&spec, certs_key("P-256"), NULL);

	(void)state;
	expect((const struct certs_node *const[]) { &own }, 1,
		(struct want) { DEVID_CHAIN_SELF_SIGNED, "is self-signed" });
	certs_done(&own);
}

static void too_many_issuers_told_with_the_limit(void **state)
{
	struct certs_node nodes[DEVID_PATH_MAX + 1];
	const struct certs_node *chain[DEVID_PATH_MAX + 1];
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	for (size_t i = 0; i < N_OF(nodes); i++) {
		char name[] = "CA 0";
		struct certs_spec spec;

		name[3] = (char)('0' + i);
		spec = i + 1 < N_OF(nodes) ? certs_ca_spec(name) : leaf;
		nodes[i] = certs_sign(&spec, certs_key("P-256"),
			i ? &nodes[i - 1] : &fix.root);
		chain[N_OF(nodes) - 1 - i] = &nodes[i];
	}
	expect(chain, N_OF(chain),
		(struct want) { DEVID_CHAIN_TOO_LONG,
			"the path has more than 5 issuers, root included" });
	for (size_t i = 0; i < N_OF(nodes); i++)
		certs_done(&nodes[i]);
}

static void reversed_chain_called_so(void **state)
{
	const struct devid_der certs[] = {
		{ fix.root.der.data, fix.root.der.len },
		{ fix.issuer.der.data, fix.issuer.der.len },
		{ fix.leaf.der.data, fix.leaf.der.len },
	};
	const struct certs_node *root = &fix.root;
	struct devid_verify_result *r = calloc(1, sizeof(*r));
	char *pem = certs_pem(&root, 1);
	struct devid_verifier *v = NULL;

	(void)state;
	assert_non_null(r);
	assert_rc(devid_verifier_new(&v, NULL), DEVID_OK);
	assert_rc(devid_verifier_add_root_pem(v, pem, strlen(pem), NULL),
		DEVID_OK);
	assert_rc(devid_verifier_check_der(v, certs, 3, NULL, r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r->reason, DEVID_REASON_CHAIN);
	assert_int_equal(r->chain.verdict, DEVID_CHAIN_ORDER);
	assert_string_equal(
		devid_chain_verdict_name(r->chain.verdict), "order");
	assert_string_equal(r->text,
		"the first of the 3 certificates is a CA's; the device's own "
		"is number 3: it comes first, then its issuers");
	assert_string_equal(r->chain.text, r->text);
	/* CAs alone are no order, and neither is what is no certificate */
	assert_rc(devid_verifier_check_der(v, certs, 2, NULL, r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_not_equal(r->chain.verdict, DEVID_CHAIN_ORDER);
	devid_verifier_free(v);
	free(pem);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_extension_named_with_its_owner),
		cmocka_unit_test(extension_twice_named),
		cmocka_unit_test(other_key_id_named),
		cmocka_unit_test(issuer_without_cert_sign_named),
		cmocka_unit_test(issuer_with_a_key_of_no_use_named),
		cmocka_unit_test(signature_that_the_key_cannot_make_named),
		cmocka_unit_test(nobody_of_that_name_said_so),
		cmocka_unit_test(self_signed_called_so),
		cmocka_unit_test(too_many_issuers_told_with_the_limit),
		cmocka_unit_test(reversed_chain_called_so),
	};

	return cmocka_run_group_tests_name(
		"chain-texts", tests, setup, teardown);
}
