/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_CRL_H
#define DEVID_BUILD_CRL_H

/* Revocation lists, RFC 5280 5. */

#include "build.h"

/* Sorted, each serial number once, with its earliest revocation. 100,000
 * entries in well under a second. Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err build_crl(struct build_issuer *issuer,
	const struct build_crl *what, struct blob *ret,
	struct devid_error *err);

#endif
