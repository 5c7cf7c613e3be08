/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-session.h"

#include "tpm-policy.h"

/* The authorization value of the hierarchy is empty. */
static enum devid_err satisfy_secret(
	struct tpm_handle *session, struct devid_error *err)
{
	TSS2_RC rc = Esys_PolicySecret(session->tpm->esys,
		ESYS_TR_RH_ENDORSEMENT, session->tr, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);

	return tpm_result_by(
		session->tpm, ESYS_TR_RH_ENDORSEMENT, rc, "attest keys", err);
}

enum devid_err tpm_session_start(struct tpm *tpm, TPMI_ALG_HASH hash,
	struct tpm_handle *ret, struct devid_error *err)
{
	TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	CLEANUP(tpm_handle_done)
	struct tpm_handle session = { tpm, ESYS_TR_NONE, false };
	enum devid_err rc;

	rc = tpm_result(tpm,
		Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			TPM2_SE_POLICY, &none, hash, &session.tr),
		"start policy session", err);
	if (rc == DEVID_OK)
		rc = satisfy_secret(&session, err);
	if (rc == DEVID_OK)
		*ret = tpm_handle_take(&session);
	return rc;
}

/* PolicyCommandCode and the PolicyOR of the template (TCG 7.3.6). */
static enum devid_err satisfy_or(const struct tpm_handle *session,
	const struct tpm_key *key, TPM2_CC command, struct devid_error *err)
{
	TPML_DIGEST branches;
	enum devid_err rc;

	if (!policy_branches(key_id_role(key->id), key->name_alg, &branches))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: no policy for name algorithm 0x%04x",
			key->name_alg);
	rc = tpm_result(session->tpm,
		Esys_PolicyCommandCode(session->tpm->esys, session->tr,
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, command),
		"restrict policy to a command", err);
	if (rc != DEVID_OK)
		return rc;
	return tpm_result(session->tpm,
		Esys_PolicyOR(session->tpm->esys, session->tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &branches),
		"satisfy the policy of the template", err);
}

enum devid_err tpm_session_start_admin(struct tpm *tpm,
	const struct tpm_key *key, TPM2_CC command, struct tpm_handle *ret,
	struct devid_error *err)
{
	CLEANUP(tpm_handle_done) struct tpm_handle session = { 0 };
	enum devid_err rc;

	rc = tpm_session_start(tpm, key->name_alg, &session, err);
	if (rc == DEVID_OK)
		rc = satisfy_or(&session, key, command, err);
	if (rc == DEVID_OK)
		*ret = tpm_handle_take(&session);
	return rc;
}
