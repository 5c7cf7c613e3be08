/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_ATTEST_H
#define DEVID_TPM_ATTEST_H

/* What proves to a CA that the keys are in this TPM. */

#include "tpm-epoch.h"
#include "tpm-key.h"

/*
 * What the TPM states of its keys: both public areas, and TPM2_Certify of the
 * IDevID by the IAK; the EK's part of *@ret is not touched. No session and no
 * object stays behind. Errors: NOT_FOUND when a key has gone from its handle.
 */
DEVID_MUST_CHECK enum devid_err tpm_attest(struct tpm *tpm,
	const struct tpm_key *idevid, const struct tpm_key *iak,
	struct wire_attest *ret, struct devid_error *err);

/*
 * TPM2_Certify of @key, one of the owner's, by the IAK over @nonce (at most
 * WIRE_NONCE_MAX bytes): one command. @ret->public is not touched. Errors:
 * NOT_FOUND when a key has gone from its handle.
 */
DEVID_MUST_CHECK enum devid_err tpm_certify_owned(const struct tpm_key *key,
	const struct tpm_key *iak, struct view nonce, struct wire_certify *ret,
	struct devid_error *err);

/* TPM2_NV_Certify of the counter by the IAK, over what tpm_counter_extra()
 * makes of @nonce: one command; and the counter's public area. Errors as above,
 * for index and IAK. */
DEVID_MUST_CHECK enum devid_err tpm_certify_epoch(const struct tpm_epoch *epoch,
	const struct tpm_key *iak, struct view nonce, struct wire_certify *ret,
	struct devid_error *err);

/*
 * TPM2_ActivateCredential for the IAK with the EK that the credential is for.
 * Errors: SYNTAX (no TPM structures), MISMATCH (made for another TPM or
 * another IAK), NOT_FOUND as above.
 */
DEVID_MUST_CHECK enum devid_err tpm_activate(struct tpm *tpm,
	const struct tpm_key *iak, const struct wire_credential *what,
	struct wire_secret *ret, struct devid_error *err);

#endif
