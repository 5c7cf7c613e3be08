/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of residency: the AttestationBundle, and the check of it.
 * covers: OWN-evidence-form */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evidence-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The maker of all: what is behind that rule is to be reached. */
static enum devid_err any_maker(
	void *arg, const struct view *certs, size_t n, struct devid_error *err)
{
	(void)arg;
	if (n == 0 || n > KEY_CHAIN_MAX || certs[0].len == 0)
		return devid_fail(err, DEVID_ERR_INVALID, "no certificate");
	return DEVID_OK;
}

/* Nobody signed it, so that it never passes. */
static void check(const struct evidence *e)
{
	static const uint8_t nonce[32] = "a nonce of a site, 32 bytes lon";
	struct evidence_verdict verdict;
	struct evidence_ask ask = { .evidence = e,
		.spki = e->key.public,
		.nonce = { nonce, sizeof(nonce) },
		.idevid = e->certs[0],
		.chain = any_maker,
		.epoch = true };

	if (evidence_check(&ask, &verdict, NULL) == DEVID_OK)
		abort();
	if (verdict.failed >= EVIDENCE_RULES ||
		!evidence_rule_name(verdict.failed))
		abort();
}

/* What was read and is written is read the same. */
static void again(const struct evidence *e)
{
	struct blob der = { NULL, 0 };
	struct evidence second;

	if (evidence_write(e, &der, NULL) != DEVID_OK ||
		evidence_read(blob_view(&der), &second, NULL) != DEVID_OK ||
		second.n_certs != e->n_certs ||
		!view_equal(second.key.attest, e->key.attest) ||
		!view_equal(second.key.public, e->key.public) ||
		second.epoch.attest.len != e->epoch.attest.len)
		abort();
	blob_done(&der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct evidence e;

	if (evidence_read((struct view) { data, len }, &e, NULL) != DEVID_OK)
		return 0;
	again(&e);
	check(&e);
	return 0;
}
