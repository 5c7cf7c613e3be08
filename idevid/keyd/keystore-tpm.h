/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_TPM_H
#define DEVID_KEYSTORE_TPM_H

/* The keystore of a TPM 2.0. */

#include <devid/error.h>
#include "keystore.h"
#include "tpm-places.h"

/* A keystore on a TPM. @tcti is copied, and @places too, NULL for the
 * defaults. The TPM need not be there: the
 * connection is made when it is needed and made again after it broke.
 * *@ret is the caller's: ops->free(). Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err keystore_tpm_new(const char *tcti,
	const struct tpm_places *places, struct keystore **ret,
	struct devid_error *err);

#endif
