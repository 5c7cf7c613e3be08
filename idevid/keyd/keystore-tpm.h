/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_TPM_H
#define DEVID_KEYSTORE_TPM_H

/* The keystore of a TPM 2.0. */

#include <devid/error.h>
#include "keystore.h"
#include "tpm-places.h"
#include "tpm.h"

/* A keystore on a TPM. @tcti is copied, and @places too, NULL for the
 * defaults. The TPM need not be there: the
 * connection is made when it is needed and made again after it broke.
 * *@ret is the caller's: ops->free(). Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err keystore_tpm_new(const char *tcti,
	const struct tpm_places *places, struct keystore **ret,
	struct devid_error *err);

/* The passwords of the owner's and of the endorsement hierarchy, which are
 * copied; without this they are empty. The next call connects afresh. */
void keystore_tpm_set_auth(struct keystore *ks, const struct tpm_auth *owner,
	const struct tpm_auth *endorsement);

#endif
