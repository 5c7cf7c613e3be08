/* SPDX-License-Identifier: Apache-2.0 */
/* A TCG-CSR-IDEVID by all rules, whole and as csrContents. Seeds:
 * make-ek-seeds.c.
 * covers: TCG-7a-signature TCG-7b-ek TCG-7c-residency TCG-7d-idevid
 * TCG-7e-iak */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check(const uint8_t *data, size_t len, bool contents)
{
	static const struct ek_policy policy = { .eal_min = 1 };
	static struct proof proof;
	const struct proof_context ctx = {
		.policy = &policy, .now = 1700000000, .contents_only = contents
	};
	bool good = proof_check(&ctx, data, len, &proof);
	enum proof_rule first = PROOF_NONE;

	for (int i = PROOF_RULE_COUNT - 1; i > PROOF_NONE; i--) {
		must(strlen(proof.results[i].detail) < DEVID_DETAIL_MAX);
		if (proof.results[i].verdict == DEVID_FAIL)
			first = (enum proof_rule)i;
	}
	must(first == proof.failed && good == (first == PROOF_NONE));
	if (good) {
		must(proof.serial[0] && proof.idevid_spki.len > 0 &&
			proof.iak_spki.len > 0 && ek_cert_has_key(&proof.ek));
		must(proof.certify.name_len == proof.idevid.name_len);
	}
	proof_done(&proof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check(data, len, false);
	check(data, len, true);
	if (len > 12)
		check(data + 12, len - 12, true);
	return 0;
}
