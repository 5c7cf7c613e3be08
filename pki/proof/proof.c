/* SPDX-License-Identifier: Apache-2.0 */
#include "proof.h"

#include <stdio.h>
#include <string.h>

#include "proof-private.h"
#include "proof-rules.h"

#define TCG_DEVID "TCG DevID 1.00 "
#define TCG_EK    "TCG EK Credential Profile 2.3 "

static const struct {
	const char *id, *text, *clause;
	proof_judge *judge;
} rules[PROOF_RULE_COUNT] = {
	[PROOF_NONE] = { "none", "", "", NULL },
	[PROOF_STRUCTURE] = { "structure",
		"the request is a TCG-CSR-IDEVID, all sizes fit",
		TCG_DEVID "13.1", proof_structure },
	[PROOF_NAMES] = { "names",
		"model and serial number have 1 to 64 permitted characters",
		"RFC 5280 A.1; X.680 41.4", proof_names },
	[PROOF_HASH] = { "hash", "the hash is that of what follows it",
		TCG_DEVID "13.1", proof_hash },
	[PROOF_SIGNING_PUB] = { "signing-pub",
		"the IDevID's public area can be read",
		"TPM 2.0 part 2, 12.2.4", proof_signing_pub },
	[PROOF_SIGNATURE] = { "signature",
		"the request is signed with the IDevID",
		TCG_DEVID "issuing, 7a", proof_signature },
	[PROOF_EK_ENCODING] = { "ek-encoding",
		"the EK certificate is DER with nothing around it",
		"RFC 5280 4.1; X.690 10", proof_ek_encoding },
	[PROOF_EK_PROFILE] = { "ek-profile",
		"the EK certificate is one of an endorsement key", TCG_EK "3.2",
		proof_ek_profile },
	[PROOF_EK_KEY] = { "ek-key",
		"the EK is RSA-2048, RSA-3072, P-256 or P-384",
		TCG_EK "B.3, B.4", proof_ek_key },
	[PROOF_EK_CHAIN] = { "ek-chain",
		"the EK certificate chains to a TPM vendor's root",
		TCG_DEVID "issuing, 7b; RFC 5280 6.1", proof_ek_chain },
	[PROOF_EK_POLICY] = { "ek-policy",
		"TPM manufacturer, model, firmware and levels are permitted",
		TCG_EK "3.1", proof_ek_policy },
	[PROOF_ATTEST_PUB] = { "attest-pub",
		"the IAK's public area can be read", "TPM 2.0 part 2, 12.2.4",
		proof_attest_pub },
	[PROOF_IAK_TEMPLATE] = { "iak-template",
		"the IAK has the template's attributes, policy and algorithms",
		TCG_DEVID "issuing, 7e; 7.3", proof_iak_template },
	[PROOF_IDEVID_TEMPLATE] = { "idevid-template",
		"the IDevID has the template's attributes, policy and "
		"algorithms",
		TCG_DEVID "issuing, 7d; 7.3", proof_idevid_template },
	[PROOF_KEYS_DIFFER] = { "keys-differ",
		"EK, IAK and IDevID are three keys, the latter of one suite",
		TCG_DEVID "7.3", proof_keys_differ },
	[PROOF_ROCA] = { "roca",
		"no RSA modulus has the form of CVE-2017-15361",
		"CVE-2017-15361", proof_roca },
	[PROOF_CERTIFY] = { "certify",
		"the attestation is one of TPM2_Certify, made by a TPM",
		"TPM 2.0 part 2, 10.12.12", proof_certify },
	[PROOF_CERTIFY_NAME] = { "certify-name",
		"the attestation is over exactly this IDevID",
		TCG_DEVID "issuing, 7c; TPM 2.0 part 1, 16",
		proof_certify_name },
	[PROOF_CERTIFY_HIERARCHY] = { "certify-hierarchy",
		"the IDevID is a primary key of the endorsement hierarchy",
		TCG_DEVID "7.3; TPM 2.0 part 1, 16", proof_certify_hierarchy },
	[PROOF_SIGNER_HIERARCHY] = { "signer-hierarchy",
		"the IAK is a primary key of the endorsement hierarchy",
		TCG_DEVID "7.3; TPM 2.0 part 1, 16", proof_signer_hierarchy },
	[PROOF_CERTIFY_SIGNATURE] = { "certify-signature",
		"the attestation is signed with exactly this IAK",
		TCG_DEVID "issuing, 7c", proof_certify_signature },
};

const char *proof_rule_id(enum proof_rule rule)
{
	return rules[rule].id;
}

const char *proof_rule_text(enum proof_rule rule)
{
	return rules[rule].text;
}

const char *proof_rule_clause(enum proof_rule rule)
{
	return rules[rule].clause;
}

static void judge(struct proof_run *run, enum proof_rule rule)
{
	struct proof_result *result = &run->proof->results[rule];
	struct devid_error err = { 0 };

	result->verdict = rules[rule].judge(run, &err);
	if (err.text[0])
		(void)snprintf(result->detail, sizeof(result->detail), "%.*s",
			DEVID_DETAIL_MAX - 1, err.text); /* may cut */
	if (result->verdict == DEVID_FAIL && run->proof->failed == PROOF_NONE)
		run->proof->failed = rule;
}

bool proof_check(const struct proof_context *ctx, const uint8_t *data,
	size_t len, struct proof *ret)
{
	struct proof_run run = {
		.ctx = ctx,
		.input = { data, len },
		.proof = ret,
	};

	memset(ret, 0, sizeof(*ret));
	for (int rule = PROOF_NONE + 1; rule < PROOF_RULE_COUNT; rule++)
		judge(&run, (enum proof_rule)rule);
	EVP_PKEY_free(run.iak_key);
	EVP_PKEY_free(run.idevid_key);
	return ret->failed == PROOF_NONE;
}

void proof_done(struct proof *proof)
{
	ek_cert_done(&proof->ek);
}
