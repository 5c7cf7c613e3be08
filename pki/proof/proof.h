/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROOF_H
#define DEVID_PROOF_H

/*
 * What a TCG-CSR-IDEVID proves, rule by rule, in the order of the TCG's
 * section on issuing (7a to 7e); 7f, the challenge, is ca.h's. Later rules
 * are judged also when earlier ones fail, as far as their input exists.
 */

#include "ek-cert.h"
#include <devid/error.h>
#include <devid/profile.h>
#include "tcg-csr.h"
#include "tpm-public.h"

enum proof_rule {
	PROOF_NONE,
	PROOF_STRUCTURE, /* structure and sizes */
	PROOF_NAMES,     /* model and serial: length, characters */
	PROOF_HASH,
	PROOF_SIGNING_PUB, /* IDevID public area can be read */
	PROOF_SIGNATURE,   /* the request is signed with the IDevID */
	PROOF_EK_ENCODING, /* EK certificate: DER, nothing behind it */
	PROOF_EK_PROFILE,  /* EKU, SAN, key usage; quirks */
	PROOF_EK_KEY,      /* a key that credential.h can wrap for */
	PROOF_EK_CHAIN,
	PROOF_EK_POLICY,
	PROOF_ATTEST_PUB, /* IAK public area can be read */
	PROOF_IAK_TEMPLATE,
	PROOF_IDEVID_TEMPLATE,
	PROOF_KEYS_DIFFER,       /* IAK and IDevID are two keys, of one suite */
	PROOF_ROCA,              /* no key has the form of CVE-2017-15361 */
	PROOF_CERTIFY,           /* attestation is one of TPM2_Certify */
	PROOF_CERTIFY_NAME,      /* over exactly this IDevID's Name */
	PROOF_CERTIFY_HIERARCHY, /* IDevID: primary, endorsement hierarchy */
	PROOF_SIGNER_HIERARCHY,  /* the same of the IAK */
	PROOF_CERTIFY_SIGNATURE, /* by exactly this IAK */
	PROOF_RULE_COUNT,
};

struct proof_context {
	struct ek_trust *trust;         /* borrowed; NULL: chain not judged */
	const struct ek_policy *policy; /* borrowed; NULL: not judged */
	time_t now;
	/* The data is csrContents alone: the signature is not judged. */
	bool contents_only;
};

struct proof_result {
	enum devid_verdict verdict; /* NOT_APPLICABLE: input missing */
	char detail[DEVID_DETAIL_MAX];
};

struct proof {
	enum proof_rule failed; /* the first that refuses, or NONE */
	struct proof_result results[PROOF_RULE_COUNT];
	/* What the request says; valid as far as the rules got. The views
	 * point into the request. */
	struct tcg_csr csr;
	char model[TCG_CSR_NAME_MAX + 1];
	char serial[TCG_CSR_NAME_MAX + 1];
	struct ek_cert ek;
	struct tpm_public iak, idevid;
	struct key_blob iak_spki, idevid_spki; /* len 0: no key */
	struct tpm_certify certify;
};

/* Judges @data by every rule and fills *@ret, always; proof_done() it. True
 * when no rule refuses. */
bool proof_check(const struct proof_context *ctx, const uint8_t *data,
	size_t len, struct proof *ret);

void proof_done(struct proof *proof);

/* As devid_rule_id() and so on, for JSON and messages. */
const char *proof_rule_id(enum proof_rule rule);
const char *proof_rule_text(enum proof_rule rule);
const char *proof_rule_clause(enum proof_rule rule);

#endif
