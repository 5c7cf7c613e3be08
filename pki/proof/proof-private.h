/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROOF_PRIVATE_H
#define DEVID_PROOF_PRIVATE_H

/* Between the walk over the rules (proof.c) and the rules (proof-*.c). */

#include "proof.h"

/* What has been found so far. */
struct proof_run {
	const struct proof_context *ctx; /* borrowed */
	struct view input;
	struct proof *proof; /* borrowed; what it tells others */
	bool has_csr, has_ek;
	bool has_iak, has_idevid;         /* public areas */
	EVP_PKEY *iak_key, *idevid_key;   /* owned; NULL: no key */
	enum key_alg iak_alg, idevid_alg; /* NONE: not of a template */
	bool has_certify;
};

/* Judges one rule. What fails or is tolerated is told in @err, whose code
 * does not matter. */
typedef enum devid_verdict proof_judge(
	struct proof_run *run, struct devid_error *err);

#endif
