/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of residency: that all rules hold, and each of them tripped alone.
 * A case: <what is wrong> trips the rule with that name. */
#include "cmocka-all.h"

#include <string.h>

#include "evidence-fixture.h"

static struct evidence_fixture f;
static struct certs_node other_ca;
static EVP_PKEY *other_key;

static int setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("maker"); /* the same name */

	(void)state;
	evidence_fixture_new(&f);
	other_ca = certs_sign(&spec, certs_key("P-256"), NULL);
	other_key = certs_key("P-256");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	evidence_fixture_free(&f);
	certs_done(&other_ca);
	EVP_PKEY_free(other_key);
	return 0;
}

static void trips(enum evidence_rule rule)
{
	struct devid_error err = { DEVID_OK, "" };
	struct evidence_verdict verdict = { .epoch = 7 };
	char text[64];

	assert_rc(
		evidence_check(&f.ask, &verdict, &err), DEVID_ERR_NOT_GENUINE);
	(void)snprintf(text, sizeof(text),
		"evidence: %s: ", evidence_rule_name(rule)); /* fits */
	assert_cause(&err, text);
	assert_int_equal(verdict.failed, rule);
	assert_int_equal(verdict.epoch, 0);
}

/* ---- all hold ---- */

/* covers: OWN-evidence-rules */
static void all_rules_hold_and_the_verdict_tells_what_is_stated(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct evidence_verdict v;

	(void)state;
	f.ask.epoch = true;
	evidence_fixture_state(&f);
	if (evidence_check(&f.ask, &v, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_int_equal(v.failed, EVIDENCE_RULE_NONE);
	assert_int_equal(v.epoch, 42);
	assert_int_equal(v.epoch_index, 0x01804944);
	assert_int_equal(v.clock, 1234);
	assert_int_equal(v.resets, 5);
	assert_int_equal(v.restarts, 6);
	assert_int_equal(v.firmware, 77);
}

static void certificates_in_any_order_hold(void **state)
{
	struct evidence_verdict v;
	struct view first;

	(void)state;
	evidence_fixture_state(&f);
	first = f.evidence.certs[0];
	f.evidence.certs[0] = f.evidence.certs[1];
	f.evidence.certs[1] = first;
	assert_rc(evidence_check(&f.ask, &v, NULL), DEVID_OK);
}

static void no_counter_where_none_is_demanded_holds(void **state)
{
	struct evidence_verdict v;

	(void)state;
	evidence_fixture_state(&f);
	memset(&f.evidence.epoch, 0, sizeof(f.evidence.epoch));
	assert_rc(evidence_check(&f.ask, &v, NULL), DEVID_OK);
	assert_int_equal(v.epoch, 0);
	f.ask.epoch = true;
	trips(EVIDENCE_RULE_EPOCH_PRESENT);
}

static void asked_without_nonce_or_key_or_maker_invalid(void **state)
{
	struct evidence_verdict v;
	struct evidence_ask ask;

	(void)state;
	evidence_fixture_state(&f);
	ask = f.ask;
	ask.nonce.len = 0;
	assert_rc(evidence_check(&ask, &v, NULL), DEVID_ERR_INVALID);
	ask = f.ask;
	ask.spki.len = 0;
	assert_rc(evidence_check(&ask, &v, NULL), DEVID_ERR_INVALID);
	ask = f.ask;
	ask.chain = NULL;
	assert_rc(evidence_check(&ask, &v, NULL), DEVID_ERR_INVALID);
}

static void each_rule_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < EVIDENCE_RULES; i++) {
		const char *name = evidence_rule_name((enum evidence_rule)i);

		assert_non_null(name);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(name,
				evidence_rule_name((enum evidence_rule)j));
	}
}

/* ---- the IAK's certificate ---- */

static void only_cas_shown(void)
{
	f.evidence.certs[0] = f.evidence.certs[1];
}

static void two_leaves_shown(void)
{
	f.evidence.certs[1] = f.ask.idevid;
}

static void certificate_damaged(void)
{
	f.evidence.certs[0].len--;
}

static void recertify(const char *oid, const char *critical, const char *value)
{
	certs_set_ext(&f.iak_spec, oid, critical, value);
	evidence_fixture_certify(&f, &f.ca);
}

/* keyCertSign */
static void iak_is_to_sign_certificates(void)
{
	recertify(CERTS_OID_KU, "ff", "0302 0204");
}

/* The IDevID signs whatever it is given. */
static void signer_is_certified_as_idevid(void)
{
	recertify(CERTS_OID_CP, "", CERTS_POLICIES);
}

static void signer_not_said_to_be_restricted(void)
{
	recertify(CERTS_OID_CP, "", NULL);
}

static void iak_of_another_unit(void)
{
	f.iak_spec.sn = "ACCC8E000002";
	evidence_fixture_certify(&f, &f.ca);
}

static void iak_of_another_maker(void)
{
	evidence_fixture_certify(&f, &other_ca);
}

/* ---- the statement about the key ---- */

static void cut_public(void)
{
	f.evidence.key.public.len--;
}

static void key_of_another_request(void)
{
	static uint8_t spki[KEY_SPKI_MAX];
	uint8_t *p = spki;

	f.ask.spki = (struct view) { spki, 0 };
	f.ask.spki.len = (size_t)i2d_PUBKEY(other_key, &p);
}

static void key_not_fixed_to_its_tpm(void)
{
	f.area.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM;
}

static void key_not_fixed_to_its_parent(void)
{
	f.area.objectAttributes &= ~TPMA_OBJECT_FIXEDPARENT;
}

static void key_made_elsewhere(void)
{
	f.area.objectAttributes &= ~TPMA_OBJECT_SENSITIVEDATAORIGIN;
}

static void spoil_magic(struct key_blob *attest)
{
	attest->data[0] ^= 1;
}

static void spoil_type(struct key_blob *attest)
{
	attest->data[5] = 0x18; /* that of a quote */
}

static void grow(struct key_blob *attest)
{
	attest->data[attest->len++] = 0;
}

static void shrink(struct key_blob *attest)
{
	attest->len = 5;
}

static void attest_without_magic(void)
{
	f.edit = spoil_magic;
}

static void attest_too_short(void)
{
	f.edit = shrink;
}

static void attest_of_another_type(void)
{
	f.edit = spoil_type;
}

static void attest_with_more_behind(void)
{
	f.edit = grow;
}

static void nonce_of_another_request(void)
{
	f.certify.extraData.buffer[0] ^= 1;
}

static void nonce_cut(void)
{
	f.certify.extraData.size--;
}

static void no_nonce(void)
{
	f.certify.extraData.size = 0;
}

static void another_object_certified(void)
{
	TPM2B_NAME *name = &f.certify.attested.certify.name;

	f.fit_name = false;
	*name = (TPM2B_NAME) { .size = 34, .name = { 0, 0x0b, 1 } };
}

static void signed_by_another_iak(void)
{
	f.signer = other_key;
}

static void signature_damaged(void)
{
	f.signature.data[f.signature.len - 1] ^= 1;
}

/* ---- the statement about the counter ---- */

static void counter_that_the_owner_may_set(void)
{
	f.counter.attributes &=
		~((TPMA_NV)TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);
}

static void counter_that_never_counted(void)
{
	f.counter.attributes &= ~TPMA_NV_WRITTEN;
}

static void counter_cut(void)
{
	f.evidence.epoch.public.len--;
}

static void spoil_nv_type(struct key_blob *attest)
{
	attest->data[5] = 0x1c; /* TPM_ST_ATTEST_NV_DIGEST */
}

static void epoch_without_magic(void)
{
	f.edit_epoch = spoil_magic;
}

static void epoch_as_digest(void)
{
	f.edit_epoch = spoil_nv_type;
}

static void epoch_of_half_the_counter(void)
{
	f.nv.attested.nv.nvContents.size = 4;
}

static void epoch_of_another_part(void)
{
	f.nv.attested.nv.offset = 1;
}

static void epoch_with_more_behind(void)
{
	f.edit_epoch = grow;
}

/* As it is over a key: the two forms are apart. */
static void epoch_over_the_bare_nonce(void)
{
	f.nv.extraData = f.certify.extraData;
}

static void epoch_of_another_index(void)
{
	TPM2B_NAME *name = &f.nv.attested.nv.indexName;

	f.fit_epoch_name = false;
	*name = (TPM2B_NAME) { .size = 34, .name = { 0, 0x0b, 1 } };
}

static void epoch_signature_damaged(void)
{
	f.epoch_signature.data[f.epoch_signature.len - 1] ^= 1;
}

/* ---- each alone ---- */

struct wrong {
	enum evidence_rule rule;
	void (*make)(void);
	bool afterwards; /* to what is stated already */
};

static const struct wrong wrongs[] = {
	{ EVIDENCE_RULE_IAK_CERT, only_cas_shown, true },
	{ EVIDENCE_RULE_IAK_CERT, two_leaves_shown, true },
	{ EVIDENCE_RULE_IAK_CERT, certificate_damaged, true },
	{ EVIDENCE_RULE_IAK_PROFILE, iak_is_to_sign_certificates, false },
	{ EVIDENCE_RULE_IAK_PROFILE, signer_is_certified_as_idevid, false },
	{ EVIDENCE_RULE_SIGNER_RESTRICTED, signer_not_said_to_be_restricted,
		false },
	{ EVIDENCE_RULE_IAK_UNIT, iak_of_another_unit, false },
	{ EVIDENCE_RULE_IAK_CHAIN, iak_of_another_maker, false },
	{ EVIDENCE_RULE_PUBLIC, cut_public, true },
	{ EVIDENCE_RULE_KEY, key_of_another_request, true },
	{ EVIDENCE_RULE_ATTRIBUTES, key_not_fixed_to_its_tpm, false },
	{ EVIDENCE_RULE_ATTRIBUTES, key_not_fixed_to_its_parent, false },
	{ EVIDENCE_RULE_ATTRIBUTES, key_made_elsewhere, false },
	{ EVIDENCE_RULE_MAGIC, attest_without_magic, false },
	{ EVIDENCE_RULE_MAGIC, attest_too_short, false },
	{ EVIDENCE_RULE_TYPE, attest_of_another_type, false },
	{ EVIDENCE_RULE_ATTEST, attest_with_more_behind, false },
	{ EVIDENCE_RULE_NONCE, nonce_of_another_request, false },
	{ EVIDENCE_RULE_NONCE, nonce_cut, false },
	{ EVIDENCE_RULE_NONCE, no_nonce, false },
	{ EVIDENCE_RULE_NAME, another_object_certified, false },
	{ EVIDENCE_RULE_SIGNATURE, signed_by_another_iak, false },
	{ EVIDENCE_RULE_SIGNATURE, signature_damaged, true },
	{ EVIDENCE_RULE_EPOCH_PUBLIC, counter_that_the_owner_may_set, false },
	{ EVIDENCE_RULE_EPOCH_PUBLIC, counter_that_never_counted, false },
	{ EVIDENCE_RULE_EPOCH_PUBLIC, counter_cut, true },
	{ EVIDENCE_RULE_EPOCH_MAGIC, epoch_without_magic, false },
	{ EVIDENCE_RULE_EPOCH_TYPE, epoch_as_digest, false },
	{ EVIDENCE_RULE_EPOCH_ATTEST, epoch_of_half_the_counter, false },
	{ EVIDENCE_RULE_EPOCH_ATTEST, epoch_of_another_part, false },
	{ EVIDENCE_RULE_EPOCH_ATTEST, epoch_with_more_behind, false },
	{ EVIDENCE_RULE_EPOCH_NONCE, epoch_over_the_bare_nonce, false },
	{ EVIDENCE_RULE_EPOCH_NAME, epoch_of_another_index, false },
	{ EVIDENCE_RULE_EPOCH_SIGNATURE, epoch_signature_damaged, true },
};

/* covers: OWN-evidence-rules */
static void each_wrong_thing_trips_its_rule(void **state)
{
	for (size_t i = 0; i < N_OF(wrongs); i++) {
		const struct wrong *w = &wrongs[i];

		if (i > 0)
			assert_int_equal(setup(state), 0);
		if (!w->afterwards)
			w->make();
		evidence_fixture_state(&f);
		if (w->afterwards)
			w->make();
		trips(w->rule);
		if (i + 1 < N_OF(wrongs))
			(void)teardown(state);
	}
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_rules_hold_and_the_verdict_tells_what_is_stated),
		CASE(certificates_in_any_order_hold),
		CASE(no_counter_where_none_is_demanded_holds),
		CASE(asked_without_nonce_or_key_or_maker_invalid),
		CASE(each_rule_has_a_name_of_its_own),
		CASE(each_wrong_thing_trips_its_rule),
	};

	return cmocka_run_group_tests_name("evidence-check", tests, NULL, NULL);
}
