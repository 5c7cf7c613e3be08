/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EVIDENCE_CHECK_H
#define DEVID_EVIDENCE_CHECK_H

/*
 * Whether evidence shows that the key of a request was made in, and stays in,
 * the TPM of the device that asks: one rule, one predicate, in the order of the
 * enum; the first that does not hold is the verdict.
 *
 * What it shows. The IAK signs, beginning with TPM_GENERATED_VALUE, only what
 * its TPM itself states, because it is restricted: that is what the maker
 * certified of it. So the rules about the IAK's certificate come first; without
 * them a signature is one by anybody. An IAK and an IDevID are of one device
 * when one maker gave both the same serialNumber, which IEEE 802.1AR (8.6) has
 * unique with that maker: ask->chain has to judge by the anchors of the very
 * maker whose IDevID asks, and by no others.
 *
 * What it does not show: that the device is in good order, and what the counter
 * of erasures is that keys hang on. Whoever can command the owner's hierarchy
 * can make another counter of the same form; the index is given so that the
 * site can hold it against the one that devid has.
 */

#include "evidence.h"

#include <stdint.h>

enum evidence_rule {
	EVIDENCE_RULE_NONE,
	/* The IAK's certificate. */
	EVIDENCE_RULE_IAK_CERT,          /* one of @certs is no CA's */
	EVIDENCE_RULE_IAK_PROFILE,       /* form of an IAK's, profile.h */
	EVIDENCE_RULE_SIGNER_RESTRICTED, /* verifiedTPMRestricted is in it */
	EVIDENCE_RULE_IAK_UNIT,          /* serialNumber of the IDevID's */
	EVIDENCE_RULE_IAK_CHAIN,         /* up to the maker's anchor */
	/* The statement about the key. */
	EVIDENCE_RULE_PUBLIC,     /* tpmTPublic can be read */
	EVIDENCE_RULE_KEY,        /* and is the key of the request */
	EVIDENCE_RULE_ATTRIBUTES, /* fixedTPM, fixedParent,
				     sensitiveDataOrigin */
	EVIDENCE_RULE_MAGIC,      /* TPM_GENERATED_VALUE */
	EVIDENCE_RULE_TYPE,       /* TPM_ST_ATTEST_CERTIFY */
	EVIDENCE_RULE_ATTEST,     /* tpmSAttest can be read */
	EVIDENCE_RULE_NONCE,      /* extraData is the nonce */
	EVIDENCE_RULE_NAME,       /* of what is certified */
	EVIDENCE_RULE_SIGNATURE,  /* by the IAK */
	/* The statement about the counter of erasures. */
	EVIDENCE_RULE_EPOCH_PRESENT, /* there is one, where it is demanded */
	EVIDENCE_RULE_EPOCH_PUBLIC,  /* TPMS_NV_PUBLIC of a counter as devid
					makes it, that has counted */
	EVIDENCE_RULE_EPOCH_MAGIC,
	EVIDENCE_RULE_EPOCH_TYPE,   /* TPM_ST_ATTEST_NV, not of a digest */
	EVIDENCE_RULE_EPOCH_ATTEST, /* all eight bytes of a counter */
	EVIDENCE_RULE_EPOCH_NONCE,  /* tpm_counter_extra() */
	EVIDENCE_RULE_EPOCH_NAME,
	EVIDENCE_RULE_EPOCH_SIGNATURE,
	EVIDENCE_RULES,
};

/* "signer-restricted": for answers and the audit log; static. */
const char *evidence_rule_name(enum evidence_rule rule);

/*
 * Whether @certs[0], a maker's certificate of a device, goes up to an anchor of
 * the maker, is valid now and not revoked; the others, in any order, may be
 * above it. @certs are DER. Errors: whatever is said of it.
 */
typedef enum devid_err evidence_chain_fn(
	void *arg, const struct view *certs, size_t n, struct devid_error *err);

/* What is asked; all borrowed. */
struct evidence_ask {
	const struct evidence *evidence;
	struct view spki;  /* SubjectPublicKeyInfo of the request, DER */
	struct view nonce; /* that the site gave for this request; not empty */
	/* DER, verified: who asks. A renewal has the IDevID that its LDevID was
	 * issued for. */
	struct view idevid;
	evidence_chain_fn *chain; /* of that IDevID's maker */
	void *chain_arg;
	bool epoch; /* a statement about the counter is demanded */
};

struct evidence_verdict {
	enum evidence_rule failed; /* the first that does not hold, or NONE */
	/* Once all hold, as the TPM states it; of the counter 0, when there is
	 * no statement about it. */
	uint64_t epoch;
	uint32_t epoch_index; /* NV index */
	uint64_t clock;       /* milliseconds */
	uint32_t resets, restarts;
	uint64_t firmware; /* of the TPM */
};

/*
 * Judges by all rules; *@ret is filled always. Errors: NOT_GENUINE, a rule does
 * not hold; the text is `evidence: RULE: cause`. INVALID, NOMEM, CRYPTO, with
 * NONE in @ret: no fault of the evidence.
 */
DEVID_MUST_CHECK enum devid_err evidence_check(const struct evidence_ask *ask,
	struct evidence_verdict *ret, struct devid_error *err);

#endif
