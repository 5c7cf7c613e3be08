/* SPDX-License-Identifier: Apache-2.0 */
#include "proof-fixture.h"

#include <stdlib.h>
#include <time.h>

#include "cmocka-all.h"
#include "ek-fixture.h"

struct csr_fixture *f;
static struct tempdir folder;
struct ek_trust *trust;
struct ek_policy policy;
struct proof *proof;

static void write_trust(const struct csr_fixture *of)
{
	ek_fixture_write(&folder, "root.crt", &of->vendor_root.der);
	ek_fixture_write(&folder, "ca.crt", &of->vendor_ca.der);
}

void start(enum key_alg alg, const char *ek)
{
	csr_fixture_new(f, alg, ek);
	folder = tempdir_new();
	write_trust(f);
	assert_rc(ek_trust_new(folder.path, &trust, NULL), DEVID_OK);
	memset(&policy, 0, sizeof(policy));
}

void stop(void)
{
	proof_done(proof);
	ek_trust_free(trust);
	tempdir_remove(&folder);
	csr_fixture_done(f);
}

bool check(void)
{
	const struct proof_context ctx = {
		.trust = trust, .policy = &policy, .now = time(NULL)
	};

	csr_fixture_encode(f);
	proof_done(proof);
	return proof_check(&ctx, f->data, f->len, proof);
}

static void tell(void)
{
	for (int i = PROOF_NONE + 1; i < PROOF_RULE_COUNT; i++)
		print_message("%s: %s: %s\n", proof_rule_id((enum proof_rule)i),
			devid_verdict_name(proof->results[i].verdict),
			proof->results[i].detail);
}

void assert_only(enum proof_rule rule, const char *cause)
{
	bool ok = check() == (rule == PROOF_NONE) && proof->failed == rule;

	for (int i = PROOF_NONE + 1; i < PROOF_RULE_COUNT; i++) {
		enum devid_verdict v = proof->results[i].verdict;

		ok &= i == (int)rule ? v == DEVID_FAIL
				     : v != DEVID_FAIL && v != DEVID_WARN;
	}
	if (rule != PROOF_NONE)
		ok &= strstr(proof->results[rule].detail, cause) != NULL;
	if (ok)
		return;
	tell();
	fail_msg("not only %s: %s", proof_rule_id(rule), cause);
}

int proof_fixture_set_up(void **state)
{
	(void)state;
	f = calloc(1, sizeof(*f));
	proof = calloc(1, sizeof(*proof));
	return f && proof ? 0 : -1;
}

int proof_fixture_tear_down(void **state)
{
	(void)state;
	free(f);
	free(proof);
	return 0;
}
