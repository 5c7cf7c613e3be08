/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PKI_TIME_H
#define DEVID_PKI_TIME_H

/* Times as certificates of CAs write them. */

#include "error.h"

#include <time.h>

/* YYYYMMDDHHMMSSZ (RFC 5280 4.1.2.5.2). Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err pki_time_parse(
	const char *text, time_t *ret, struct devid_error *err);

#endif
