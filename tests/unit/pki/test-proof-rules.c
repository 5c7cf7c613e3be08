/* SPDX-License-Identifier: Apache-2.0 */
/* For each rule on a TCG-CSR, requests that trip it alone. */
#include <stdlib.h>
#include <time.h>

#include "cmocka-all.h"
#include "proof-fixture.h"
#include "roca-key.h"
#include "tpm-template.h"
#include "ek-policy.h"

static void set_payload(enum tcg_csr_field field, const void *data, size_t len)
{
	f->payload[field] = (struct view) { data, len };
}

static void model_bad(void)
{
	f->model = "M;1";
}

static void serial_empty(void)
{
	f->serial = "";
}

static void serial_control(void)
{
	f->serial = "ACCC\n8E";
}

static void serial_nul(void)
{
	set_payload(TCG_CSR_PROD_SERIAL,
		"ACCC\0"
		"1",
		6);
}

static void serial_utf8(void)
{
	f->serial = "ACCC\xc3\xa5";
}

static void serial_ends_blank(void)
{
	f->serial = "ACCC ";
}

static void serial_begins_blank(void)
{
	f->serial = " ACCC";
}

static void serial_two_blanks(void)
{
	f->serial = "AC  CC";
}

static void model_two_blanks(void)
{
	f->model = "M  1";
}

static void serial_quote(void)
{
	f->serial = "AC'1";
}

static void serial_underscore(void)
{
	f->serial = "AC_1";
}

static void hash_wrong(void)
{
	f->bad_hash = true;
}

static void signing_pub_cut(void)
{
	set_payload(TCG_CSR_SIGNING_PUB, "\0\x23", 2);
}

static void signing_pub_missing(void)
{
	set_payload(TCG_CSR_SIGNING_PUB, "", 0);
}

static void attest_pub_missing(void)
{
	set_payload(TCG_CSR_ATTEST_PUB, "", 0);
}

static void attest_pub_cut(void)
{
	set_payload(TCG_CSR_ATTEST_PUB, "\0\x23\0", 3);
}

static void signed_by_other(void)
{
	f->signer = f->other;
}

static void signed_by_iak(void)
{
	f->signer = f->iak;
}

static void signature_cut(void)
{
	f->signature = (struct view) { (const uint8_t *)"\0\x18\0\x0b", 4 };
}

static void ek_missing(void)
{
	set_payload(TCG_CSR_EK_CERT, "", 0);
}

static void ek_bytes_behind(void)
{
	f->ek_spec.behind = "0001";
}

static void ek_padding(void)
{
	f->ek_spec.behind = "ffffffff";
}

static void ek_no_eku(void)
{
	certs_set_ext(&f->ek_spec, CERTS_OID_EKU, "", NULL);
}

static void ek_no_names(void)
{
	certs_set_ext(&f->ek_spec, CERTS_OID_SAN, "ff", "3000");
}

static void ek_is_ca(void)
{
	certs_set_ext(&f->ek_spec, CERTS_OID_BC, "ff", "3000 00");
}

static void ek_signing_key(void)
{
	certs_set_ext(&f->ek_spec, CERTS_OID_KU, "ff", "03020780");
}

static void replace_ek(const char *type)
{
	EVP_PKEY_free(f->ek);
	f->ek = certs_key(type);
}

static void ek_p521(void)
{
	replace_ek("P-521");
}

static void ek_self_signed(void)
{
	f->ek_issuer = NULL;
}

static void ek_expired(void)
{
	f->ek_spec.not_after = "U210101000000Z";
}

static void ek_future(void)
{
	f->ek_spec.not_before = "G20600101000000Z";
	f->ek_spec.not_after = "G99991231235959Z";
}

static void ek_other_vendor(void)
{
	policy.manufacturers = strdup("STM, IFX");
}

static void ek_other_model(void)
{
	policy.models = strdup("SLB 9672");
}

static void ek_old_firmware(void)
{
	policy.firmware_min = strdup("IBM=20191024");
}

static void ek_no_level(void)
{
	policy.eal_min = 4;
	policy.assertions = true;
}

static void iak_no_fixed_tpm(void)
{
	f->iak_area.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM;
}

static void iak_not_restricted(void)
{
	f->iak_area.objectAttributes &= ~TPMA_OBJECT_RESTRICTED;
}

static void iak_decrypt(void)
{
	f->iak_area.objectAttributes |= TPMA_OBJECT_DECRYPT;
}

static void iak_policy(void)
{
	f->iak_area.authPolicy.buffer[0] ^= 1;
}

static void iak_no_policy(void)
{
	f->iak_area.authPolicy.size = 0;
}

static void iak_name_sha512(void)
{
	f->iak_area.nameAlg = TPM2_ALG_SHA512;
}

static void idevid_no_fixed_parent(void)
{
	f->idevid_area.objectAttributes &= ~TPMA_OBJECT_FIXEDPARENT;
}

static void idevid_restricted(void)
{
	f->idevid_area.objectAttributes |= TPMA_OBJECT_RESTRICTED;
}

static void idevid_decrypt(void)
{
	f->idevid_area.objectAttributes |= TPMA_OBJECT_DECRYPT;
}

static void idevid_reserved_bit(void)
{
	f->idevid_area.objectAttributes |= 0x80000000u;
}

static void idevid_policy_of_iak(void)
{
	f->idevid_area.authPolicy = f->iak_area.authPolicy;
}

static void idevid_name_sha512(void)
{
	f->idevid_area.nameAlg = TPM2_ALG_SHA512;
}

static void idevid_scheme_hash(void)
{
	f->idevid_area.parameters.eccDetail.scheme.details.ecdsa.hashAlg =
		TPM2_ALG_SHA384;
}

static void idevid_is_iak(void)
{
	csr_fixture_set_key(&f->idevid_area, f->iak);
	f->signer = f->iak;
}

static void ek_is_iak(void)
{
	EVP_PKEY_free(f->ek);
	f->ek = f->iak;
	assert_int_equal(EVP_PKEY_up_ref(f->iak), 1);
}

static void ek_is_idevid(void)
{
	EVP_PKEY_free(f->ek);
	f->ek = f->idevid;
	assert_int_equal(EVP_PKEY_up_ref(f->idevid), 1);
}

/* Puts a key of the form of CVE-2017-15361 in the place of @key. */
static void make_weak(EVP_PKEY **key, TPMT_PUBLIC *area)
{
	EVP_PKEY_free(*key);
	*key = roca_key(2048);
	if (area)
		csr_fixture_set_key(area, *key);
}

static void idevid_roca(void)
{
	make_weak(&f->idevid, &f->idevid_area);
	f->signer = f->idevid;
}

static void iak_roca(void)
{
	make_weak(&f->iak, &f->iak_area);
	f->certifier = f->iak;
}

static void ek_roca(void)
{
	make_weak(&f->ek, NULL);
}

static void iak_of_other_suite(void)
{
	TPM2B_PUBLIC area;

	EVP_PKEY_free(f->iak);
	f->iak = certs_key("P-384");
	f->certifier = f->iak;
	assert_true(
		template_get(KEY_ROLE_IAK, KEY_ALG_P384, UNIQUE_EMPTY, &area));
	f->iak_area = area.publicArea;
	csr_fixture_set_key(&f->iak_area, f->iak);
}

static void attest_magic(void)
{
	f->attest.magic = 0x54504d00;
}

static void attest_missing(void)
{
	set_payload(TCG_CSR_SGN_CERTIFY, "", 0);
}

static void attest_type(void)
{
	static uint8_t quote[] = { 0xff, 'T', 'C', 'G', 0x80, 0x18, 0, 0 };

	set_payload(TCG_CSR_SGN_CERTIFY, quote, sizeof(quote));
}

static void name_of(const TPMT_PUBLIC *area)
{
	TPM2B_NAME *name = &f->attest.attested.certify.name;

	name->size = (uint16_t)csr_fixture_name(area, name->name);
}

static void attest_over_iak(void)
{
	name_of(&f->iak_area);
}

static void attest_over_other(void)
{
	TPMT_PUBLIC area = f->idevid_area;

	csr_fixture_set_key(&area, f->other);
	name_of(&area);
}

/* The same digest under another name algorithm. */
static void attest_name_algorithm(void)
{
	TPM2B_NAME *name = &f->attest.attested.certify.name;

	name_of(&f->idevid_area);
	name->name[1] = TPM2_ALG_SHA384 & 0xff;
	memset(name->name + 2 + 32, 0, 16);
	name->size = 2 + 48;
}

/* ---- where the keys are ---- */

static void idevid_of_owner(void)
{
	csr_fixture_qualify(&f->idevid_area, TPM2_RH_OWNER,
		&f->attest.attested.certify.qualifiedName);
}

static void iak_of_owner(void)
{
	csr_fixture_qualify(
		&f->iak_area, TPM2_RH_OWNER, &f->attest.qualifiedSigner);
}

/* As of a sequence or an NV index. */
static void idevid_qualified_short(void)
{
	f->attest.attested.certify.qualifiedName = (TPM2B_NAME) { .size = 1 };
}

static void iak_qualified_short(void)
{
	f->attest.qualifiedSigner =
		(TPM2B_NAME) { .size = 4, .name = { 0x40, 0, 0, 0x0b } };
}

/* ---- who signed ---- */

static void certified_by_other(void)
{
	f->certifier = f->other;
}

static void certified_by_idevid(void)
{
	f->certifier = f->idevid;
}

static void certify_sig_missing(void)
{
	set_payload(TCG_CSR_SGN_CERTIFY_SIG, "", 0);
}

static const struct {
	void (*change)(void);
	enum proof_rule rule;
	const char *cause;
} cases[] = {
	{ model_bad, PROOF_NAMES, "prodModel" },
	{ serial_empty, PROOF_NAMES, "prodSerial: empty" },
	{ serial_control, PROOF_NAMES, "prodSerial" },
	{ serial_nul, PROOF_NAMES, "prodSerial" },
	{ serial_utf8, PROOF_NAMES, "prodSerial" },
	{ serial_ends_blank, PROOF_NAMES, "prodSerial" },
	{ serial_begins_blank, PROOF_NAMES, "prodSerial" },
	{ serial_two_blanks, PROOF_NAMES, "two blanks in a row" },
	{ model_two_blanks, PROOF_NAMES, "two blanks in a row" },
	{ serial_quote, PROOF_NAMES, "prodSerial" },
	{ serial_underscore, PROOF_NAMES, "prodSerial" },
	{ hash_wrong, PROOF_HASH, "hash" },
	{ signing_pub_cut, PROOF_SIGNING_PUB, "public area" },
	{ signing_pub_missing, PROOF_SIGNING_PUB, "missing" },
	{ signed_by_other, PROOF_SIGNATURE, "signature" },
	{ signed_by_iak, PROOF_SIGNATURE, "signature" },
	{ signature_cut, PROOF_SIGNATURE, "signature" },
	{ ek_missing, PROOF_EK_ENCODING, "missing" },
	{ ek_bytes_behind, PROOF_EK_ENCODING, "no padding" },
	{ ek_padding, PROOF_EK_ENCODING, "does not name: padding" },
	{ ek_no_eku, PROOF_EK_PROFILE, "does not name: no-eku" },
	{ ek_no_names, PROOF_EK_PROFILE, "lacks TPM manufacturer" },
	{ ek_is_ca, PROOF_EK_PROFILE, "a CA's" },
	{ ek_signing_key, PROOF_EK_PROFILE, "a signing key" },
	{ ek_p521, PROOF_EK_KEY, "curve" },
	{ ek_self_signed, PROOF_EK_CHAIN, "unknown vendor" },
	{ ek_expired, PROOF_EK_CHAIN, "expired on 2021-01-01" },
	{ ek_future, PROOF_EK_CHAIN, "not yet valid" },
	{ ek_other_vendor, PROOF_EK_POLICY, "TPM manufacturer" },
	{ ek_other_model, PROOF_EK_POLICY, "TPM model" },
	{ ek_old_firmware, PROOF_EK_POLICY, "TPM firmware" },
	{ ek_no_level, PROOF_EK_POLICY, "Common Criteria" },
	{ attest_pub_missing, PROOF_ATTEST_PUB, "missing" },
	{ attest_pub_cut, PROOF_ATTEST_PUB, "public area" },
	{ iak_no_fixed_tpm, PROOF_IAK_TEMPLATE, "lacks fixedTPM" },
	{ iak_not_restricted, PROOF_IAK_TEMPLATE, "lacks restricted" },
	{ iak_decrypt, PROOF_IAK_TEMPLATE, "has decrypt" },
	{ iak_policy, PROOF_IAK_TEMPLATE, "policy" },
	{ iak_no_policy, PROOF_IAK_TEMPLATE, "policy" },
	{ iak_name_sha512, PROOF_IAK_TEMPLATE, "name algorithm" },
	{ idevid_no_fixed_parent, PROOF_IDEVID_TEMPLATE, "lacks fixedParent" },
	{ idevid_restricted, PROOF_IDEVID_TEMPLATE, "has restricted" },
	{ idevid_decrypt, PROOF_IDEVID_TEMPLATE, "has decrypt" },
	{ idevid_reserved_bit, PROOF_IDEVID_TEMPLATE, "reserved" },
	{ idevid_policy_of_iak, PROOF_IDEVID_TEMPLATE, "policy" },
	{ idevid_name_sha512, PROOF_IDEVID_TEMPLATE, "name algorithm" },
	{ idevid_scheme_hash, PROOF_IDEVID_TEMPLATE, "scheme: hash" },
	{ idevid_is_iak, PROOF_KEYS_DIFFER, "IAK and IDevID are one" },
	{ ek_is_iak, PROOF_KEYS_DIFFER, "EK and IAK are one" },
	{ ek_is_idevid, PROOF_KEYS_DIFFER, "EK and IDevID are one" },
	{ iak_of_other_suite, PROOF_KEYS_DIFFER, "IAK is p384" },
	{ idevid_roca, PROOF_ROCA, "IDevID: its RSA modulus" },
	{ iak_roca, PROOF_ROCA, "IAK: its RSA modulus" },
	{ ek_roca, PROOF_ROCA, "EK: its RSA modulus" },
	{ attest_missing, PROOF_CERTIFY, "missing" },
	{ attest_magic, PROOF_CERTIFY, "magic" },
	{ attest_type, PROOF_CERTIFY, "type" },
	{ attest_over_iak, PROOF_CERTIFY_NAME, "another Name" },
	{ attest_over_other, PROOF_CERTIFY_NAME, "another Name" },
	{ attest_name_algorithm, PROOF_CERTIFY_NAME, "another Name" },
	{ idevid_of_owner, PROOF_CERTIFY_HIERARCHY, "another hierarchy" },
	{ idevid_qualified_short, PROOF_CERTIFY_HIERARCHY, "hierarchy" },
	{ iak_of_owner, PROOF_SIGNER_HIERARCHY, "another hierarchy" },
	{ iak_qualified_short, PROOF_SIGNER_HIERARCHY, "hierarchy" },
	{ certified_by_other, PROOF_CERTIFY_SIGNATURE, "signature" },
	{ certified_by_idevid, PROOF_CERTIFY_SIGNATURE, "signature" },
	{ certify_sig_missing, PROOF_CERTIFY_SIGNATURE, "missing" },
};

/* covers: TCG-7a-signature TCG-7b-ek TCG-7c-residency TCG-7d-idevid
 * TCG-7e-iak */
static void check_one_change_trips_one_rule(void **state)
{
	bool tripped[PROOF_RULE_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		if (cases[i].rule == PROOF_ROCA)
			start(KEY_ALG_RSA2048, "RSA:2048");
		else
			start(KEY_ALG_P256, "P-256");
		cases[i].change();
		assert_only(cases[i].rule, cases[i].cause);
		tripped[cases[i].rule] = true;
		ek_policy_done(&policy);
		stop();
	}
	/* the table has each; structure has a test of its own */
	for (int r = PROOF_STRUCTURE + 1; r < PROOF_RULE_COUNT; r++)
		assert_true(tripped[r]);
}

static void check_named_quirk_warns(void **state)
{
	static const struct {
		void (*change)(void);
		enum proof_rule rule;
		unsigned quirk;
	} quirks[] = {
		{ ek_padding, PROOF_EK_ENCODING, EK_QUIRK_PADDING },
		{ ek_no_eku, PROOF_EK_PROFILE, EK_QUIRK_NO_EKU },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(quirks); i++) {
		start(KEY_ALG_P256, "P-256");
		quirks[i].change();
		policy.quirks = quirks[i].quirk;
		assert_true(check());
		assert_int_equal(
			proof->results[quirks[i].rule].verdict, DEVID_WARN);
		stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_one_change_trips_one_rule),
		cmocka_unit_test(check_named_quirk_warns),
	};

	return cmocka_run_group_tests(
		tests, proof_fixture_set_up, proof_fixture_tear_down);
}
