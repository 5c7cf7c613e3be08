/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROOF_RULES_H
#define DEVID_PROOF_RULES_H

/* The rules on request, EK certificate and attestation. */

#include "proof-private.h"

proof_judge proof_structure, proof_names, proof_hash, proof_signing_pub,
	proof_signature, proof_ek_encoding, proof_ek_profile, proof_ek_key,
	proof_ek_chain, proof_ek_policy, proof_attest_pub, proof_iak_template,
	proof_idevid_template, proof_keys_differ, proof_roca, proof_certify,
	proof_certify_name, proof_certify_hierarchy, proof_signer_hierarchy,
	proof_certify_signature;

#endif
