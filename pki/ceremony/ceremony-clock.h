/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CEREMONY_CLOCK_H
#define DEVID_CEREMONY_CLOCK_H

/*
 * Whether the clock of an offline machine can be right: all it can be held
 * against is what was signed before. It is not whether a certificate or a list
 * is good otherwise.
 */

#include <devid/error.h>

#include <openssl/x509.h>
#include <stdint.h>

/* Seconds by which clocks may differ. */
#define CEREMONY_CLOCK_SLACK 300

/* Seconds that a list may be overdue when the next one is made. */
#define CEREMONY_CLOCK_LATE (30 * 86400)

/* At @now, @ca of the file @path is to sign. Errors: STATE, it is not yet
 * valid; INVALID, it has no time. */
DEVID_MUST_CHECK enum devid_err ceremony_clock_check_cert(
	const char *path, const X509 *ca, int64_t now, struct devid_error *err);

/* At @now, a list is to take the place of @old in the file @path. Errors:
 * STATE,
 * @old was made later, or was due too long ago; INVALID, it has no times. */
DEVID_MUST_CHECK enum devid_err ceremony_clock_check_list(const char *path,
	const X509_CRL *old, int64_t now, struct devid_error *err);

#endif
