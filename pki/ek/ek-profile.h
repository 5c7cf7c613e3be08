/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_PROFILE_H
#define DEVID_EK_PROFILE_H

/* Whether a certificate is one of an endorsement key (TCG EK Credential
 * Profile for TPM 2.0, 3.2). */

#include "ek-cert.h"

/* The deviations from the profile that have a name, enum ek_quirk. */
unsigned ek_find_quirks(const struct ek_cert *cert);

/* NULL, or a critical extension that nothing here knows how to process. */
const struct cert_ext *ek_find_unknown_critical(const struct cert_view *cert);

/*
 * Whether a parsed certificate has the profile (TCG EK Credential Profile 3.2)
 * but for the named quirks. Errors: INVALID, the text says what deviates.
 */
DEVID_MUST_CHECK enum devid_err ek_cert_check_profile(
	const struct ek_cert *cert, struct devid_error *err);

#endif
