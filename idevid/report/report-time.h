/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_TIME_H
#define DEVID_REPORT_TIME_H

/* Times as people read them: UTC, years of four digits, on a machine whose
 * time_t ends in 2038 too. */

#include <stdint.h>

#define REPORT_TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define REPORT_DAY      86400

struct report_date {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
};

/* @seconds since 1970, from 0 to REPORT_TIME_MAX (else the nearer of both), in
 * the Gregorian calendar. */
struct report_date report_date_of(int64_t seconds);

#define REPORT_STAMP_MAX 32

/* "2026-11-30 22:50 UTC". */
void report_time_text(int64_t seconds, char ret[REPORT_STAMP_MAX]);
/* "2026-11-30". */
void report_day_text(int64_t seconds, char ret[REPORT_STAMP_MAX]);
/* "2026-11-30T22:50:07Z" (RFC 3339). */
void report_time_exact(int64_t seconds, char ret[REPORT_STAMP_MAX]);
/* "Nov", of month 1 to 12. */
const char *report_month_name(int month);

/* "1,204,332". */
void report_number_text(uint64_t number, char ret[REPORT_STAMP_MAX]);

#endif
