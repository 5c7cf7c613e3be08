/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-parms.h"

#include "fail.h"
#include "tpm-result.h"

/* Part 2, 6.6.3: what is wrong with a parameter, in whatever words. */
static bool is_about_parameter(TSS2_RC rc)
{
	return (rc & ~(TSS2_RC)0xfff) == 0 && (rc & TPM2_RC_FMT1) &&
	       (rc & TPM2_RC_P);
}

enum devid_err tpm_parms_check(struct tpm *tpm, const TPMT_PUBLIC *area,
	enum key_alg alg, struct devid_error *err)
{
	TPMT_PUBLIC_PARMS parms = { .type = area->type };
	TSS2_RC rc;

	parms.parameters = area->parameters;
	rc = Esys_TestParms(
		tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &parms);
	if (is_about_parameter(rc))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: this TPM makes no %s key", key_alg_title(alg));
	return tpm_result(tpm, rc, "test parameters", err);
}

enum devid_err tpm_parms_fail(struct tpm *tpm, const TPMT_PUBLIC *area,
	enum key_alg alg, const struct devid_error *cause,
	struct devid_error *err)
{
	struct devid_error none = { DEVID_OK, "" };
	bool refused = cause->code == DEVID_ERR_TPM ||
		       cause->code == DEVID_ERR_UNSUPPORTED;

	if (refused && !tpm->dead &&
		tpm_parms_check(tpm, area, alg, &none) == DEVID_ERR_UNSUPPORTED)
		cause = &none;
	return fail_with(err, cause->code, cause);
}
