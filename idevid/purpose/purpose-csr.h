/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PURPOSE_CSR_H
#define DEVID_PURPOSE_CSR_H

/* A certification request that a key signs for itself (RFC 2986 4.1). */

#include "der.h"
#include <devid/error.h>

#include <stdbool.h>

/*
 * @in, a DER object, is a CertificationRequestInfo of the key @spki. Errors:
 * PURPOSE.
 */
DEVID_MUST_CHECK enum devid_err purpose_csr_check(
	struct view in, struct view spki, struct devid_error *err);

#endif
