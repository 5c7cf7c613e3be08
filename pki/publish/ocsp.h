/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OCSP_H
#define DEVID_OCSP_H

/* Reading OCSP requests, RFC 6960 4.1. */

#include "publish.h"

/* Reads the DER of an OCSPRequest with one CertID; more than one is
 * UNSUPPORTED. Not checked: a requestor's signature. Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err ocsp_parse(
	struct view der, struct ocsp_request *ret, struct devid_error *err);

#endif
