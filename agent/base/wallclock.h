/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_WALLCLOCK_H
#define DEVID_AGENT_WALLCLOCK_H

/*
 * Devices without a battery start in 1970, before the RADIUS server's
 * certificate is valid, and cannot reach a time server before they are
 * attached. The clock floor is a time that has certainly passed: the newest
 * of the build date, the last successful attach and a setting. A clock below
 * it is wrong, and validity periods are then not checked against it. An
 * attacker who sets the clock back gains this much: an expired certificate
 * of a server that is trusted otherwise is accepted.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <time.h>

/* The build date at 00:00 UTC (of the day before: build hosts have zones). */
time_t wallclock_build_date(void);

/* Parses YYYY-MM-DD (UTC, 1970 to 9999). Error: SYNTAX. */
DEVID_MUST_CHECK enum devid_err wallclock_parse_date(
	const char *text, time_t *ret);

/* The floor: newest of the build date, @setting (0: none) and the change
 * time of the file @stamp (NULL or absent: none). */
time_t wallclock_floor(time_t setting, const char *stamp);

/* Refreshes @stamp to now, making it if needed. Error: IO. */
DEVID_MUST_CHECK enum devid_err wallclock_refresh(
	const char *stamp, struct devid_error *err);

/* "2026-01-31T12:00:00Z" for @t. */
#define WALLCLOCK_TEXT_MAX 32
void wallclock_text(time_t t, char out[WALLCLOCK_TEXT_MAX]);

#endif
