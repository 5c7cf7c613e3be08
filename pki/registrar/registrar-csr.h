/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_CSR_H
#define DEVID_REGISTRAR_CSR_H

/* What a request asks for, against who asks and the profile. */

#include "registrar-client.h"

/* What is judged; all borrowed. */
struct csr_question {
	struct view der;
	const struct client *client;
	const struct registrar_profile *profile;
};

/* Reads @question->der into *@ret, whose views point into it, and judges it.
 * Errors: DENIED with a rule in @v; NOMEM, CRYPTO. */
DEVID_MUST_CHECK enum devid_err registrar_csr_judge(
	const struct csr_question *question, struct ldevid_csr_view *ret,
	struct verdict *v, struct devid_error *err);

#endif
