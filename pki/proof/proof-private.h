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
	bool has_iak, has_idevid;                  /* public areas */
	struct tpm_verifier *iak_key, *idevid_key; /* borrowed */
	enum key_alg iak_alg, idevid_alg;          /* NONE: not of a template */
	bool has_certify;
};

/* Judges one rule. What fails or is tolerated is told in @err, whose code
 * does not matter. */
typedef enum devid_verdict proof_judge(
	struct proof_run *run, struct devid_error *err);

proof_judge proof_structure, proof_names, proof_hash, proof_signing_pub,
	proof_signature, proof_ek_encoding, proof_ek_profile, proof_ek_key,
	proof_ek_chain, proof_ek_policy, proof_attest_pub, proof_iak_template,
	proof_idevid_template, proof_keys_differ, proof_certify,
	proof_certify_name, proof_certify_signature;

/*
 * Whether @area is of the template for @role, in an algorithm *@ret_alg
 * (TCG 7.3). Errors: MISMATCH, text names the first part that differs.
 */
DEVID_MUST_CHECK enum devid_err proof_check_template(enum key_role role,
	const TPMT_PUBLIC *area, enum key_alg *ret_alg,
	struct devid_error *err);

/*
 * tpm_public_spki() for an area whose key could be decoded, without doing so
 * again: OpenSSL's encoder takes longer than two verifications.
 */
DEVID_MUST_CHECK enum devid_err proof_write_spki(
	const TPMT_PUBLIC *area, struct key_blob *ret, struct devid_error *err);

#endif
