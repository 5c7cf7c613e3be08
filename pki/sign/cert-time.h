/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CERT_TIME_H
#define DEVID_CERT_TIME_H

/* Times as certificates of CAs write them. A time_t of 32 bits ends in 2038,
 * certificates do not. */

#include <devid/error.h>

#include <openssl/asn1.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* 99991231235959Z, no well-defined end (RFC 5280 4.1.2.5), since 1970 */
#define PKI_TIME_NEVER INT64_C(253402300799)

/* Seconds since 1970 of @t, 0 to PKI_TIME_NEVER and before. False: @t is no
 * time. */
bool pki_time_seconds(const ASN1_TIME *t, int64_t *ret);

/* The opposite, for 0 to PKI_TIME_NEVER; false: another time. tm_yday is not
 * set. */
bool pki_time_utc(int64_t seconds, struct tm *ret);

/* Seconds since 1970 of YYYYMMDDHHMMSSZ (RFC 5280 4.1.2.5.2). Errors: SYNTAX.
 */
DEVID_MUST_CHECK enum devid_err pki_time_parse(
	const char *text, int64_t *ret, struct devid_error *err);

#endif
