/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_EVIDENCE_H
#define DEVID_REGISTRAR_EVIDENCE_H

/* Whether the evidence of a request is what the profile demands. */

#include "registrar-client.h"

struct residency {
	bool shown;    /* the key lives in the device's TPM */
	int64_t epoch; /* as the TPM stated it, or STORE_NO_EPOCH */
};

/* What is asked; all borrowed. */
struct residency_ask {
	const struct registrar *r;
	const struct client *client;
	const struct ldevid_csr_view *csr;
	const struct registrar_profile *profile;
	const char *maker; /* of the device */
	const char *nonce; /* that it was given, hex */
	int64_t now;
};

/* Errors: DENIED with a rule in @v; NOMEM, CRYPTO. */
DEVID_MUST_CHECK enum devid_err residency_check(const struct residency_ask *ask,
	struct residency *ret, struct verdict *v, struct devid_error *err);

#endif
