/* SPDX-License-Identifier: Apache-2.0 */
/* What a software TPM states of keys that are where no DevID key may be: with
 * the right template, but not of the endorsement seed. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <tss2/tss2_mu.h>

#include "csr-fixture.h"
#include "proof.h"
#include "swtpm.h"
#include "tpm-attest.h"
#include "tpm-handle.h"
#include "tpm-template.h"

/* A place for a key. */
enum where {
	ENDORSEMENT,
	OWNER,
	NONE,  /* the null hierarchy */
	CHILD, /* of a storage key of the endorsement hierarchy */
};

static const ESYS_TR hierarchy[] = { [ENDORSEMENT] = ESYS_TR_RH_ENDORSEMENT,
	[OWNER] = ESYS_TR_RH_OWNER,
	[NONE] = ESYS_TR_RH_NULL };

struct world {
	struct swtpm swtpm;
	struct tpm *tpm;
	struct csr_fixture csr;
	struct wire_attest said;
	struct proof proof;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	swtpm_new_manufactured(&w->swtpm);
	assert_rc(tpm_open(w->swtpm.tcti, &w->tpm, NULL), DEVID_OK);
	csr_fixture_new(&w->csr, KEY_ALG_P256, "P-256");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	csr_fixture_done(&w->csr);
	tpm_close(w->tpm);
	swtpm_free(&w->swtpm);
	free(w);
	return 0;
}

static struct tpm_key make_key(
	struct world *w, enum key_role role, enum where where)
{
	struct tpm_key key = { .id = role == KEY_ROLE_IAK ? KEY_IAK
							  : KEY_IDEVID,
		.alg = KEY_ALG_P256,
		.name_alg = TPM2_ALG_SHA256,
		.object = { .tpm = w->tpm } };
	TPM2B_PUBLIC template;

	assert_true(template_get(role, key.alg, UNIQUE_EMPTY, &template));
	key.object.tr = where == CHILD ? swtpm_child(w->tpm, &template)
				       : swtpm_primary(w->tpm, hierarchy[where],
						 &template, NULL);
	return key;
}

static void set(
	struct world *w, enum tcg_csr_field field, const struct key_blob *data)
{
	w->csr.payload[field] = (struct view) { data->data, data->len };
}

/* What the CA says to keys there, signature of the request apart: all of it is
 * in the attestation. */
static void attest(struct world *w, enum where idevid, enum where iak)
{
	const struct proof_context ctx = { .contents_only = true };
	struct tpm_key keys[] = { make_key(w, KEY_ROLE_IDEVID, idevid),
		make_key(w, KEY_ROLE_IAK, iak) };
	struct devid_error err = { DEVID_OK, "" };
	struct tcg_csr csr;

	if (tpm_attest(w->tpm, &keys[0], &keys[1], &w->said, &err) != DEVID_OK)
		fail_msg("attest: %s", err.text);
	for (int i = 0; i < 2; i++)
		tpm_handle_done(&keys[i].object);
	set(w, TCG_CSR_SIGNING_PUB, &w->said.idevid_pub);
	set(w, TCG_CSR_ATTEST_PUB, &w->said.iak_pub);
	w->csr.payload[TCG_CSR_SGN_CERTIFY] =
		(struct view) { w->said.certify.data, w->said.certify.len };
	w->csr.payload[TCG_CSR_SGN_CERTIFY_SIG] =
		(struct view) { w->said.certify_sig.data,
			w->said.certify_sig.len };
	csr_fixture_encode(&w->csr);
	assert_rc(tcg_csr_parse((struct view) { w->csr.data, w->csr.len }, &csr,
			  NULL),
		DEVID_OK);
	proof_done(&w->proof);
	(void)proof_check(&ctx, csr.contents.data, csr.contents.len, &w->proof);
}

/* These rules refuse, and no others. */
static void assert_refused(struct world *w, bool idevid, bool iak)
{
	for (int i = PROOF_NONE + 1; i < PROOF_RULE_COUNT; i++) {
		bool want = (i == PROOF_CERTIFY_HIERARCHY && idevid) ||
			    (i == PROOF_SIGNER_HIERARCHY && iak);
		bool is = w->proof.results[i].verdict == DEVID_FAIL;

		if (want != is)
			fail_msg("%s: %s: %s",
				proof_rule_id((enum proof_rule)i),
				devid_verdict_name(w->proof.results[i].verdict),
				w->proof.results[i].detail);
	}
	assert_int_equal(
		w->proof.results[PROOF_CERTIFY_SIGNATURE].verdict, DEVID_PASS);
}

/* covers: TCG-7c-residency TPM-16-names */
static void endorsement_primary_accepted(void **state)
{
	struct world *w = *state;

	attest(w, ENDORSEMENT, ENDORSEMENT);
	assert_refused(w, false, false);
	proof_done(&w->proof);
}

/* covers: TCG-7c-residency TPM-16-names */
static void idevid_elsewhere_refused(void **state)
{
	struct world *w = *state;

	for (enum where where = OWNER; where <= CHILD; where++) {
		attest(w, where, ENDORSEMENT);
		assert_refused(w, true, false);
	}
	proof_done(&w->proof);
}

/* covers: TCG-7c-residency TPM-16-names */
static void iak_elsewhere_refused(void **state)
{
	struct world *w = *state;

	for (enum where where = OWNER; where <= CHILD; where++) {
		attest(w, ENDORSEMENT, where);
		assert_refused(w, false, true);
		attest(w, where, where);
		assert_refused(w, true, true);
	}
	proof_done(&w->proof);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(endorsement_primary_accepted),
		T(idevid_elsewhere_refused),
		T(iak_elsewhere_refused),
	};

	(void)setenv("TSS2_LOG", "all+none", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
