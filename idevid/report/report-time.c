/* SPDX-License-Identifier: Apache-2.0 */
#include "report-time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Days of four hundred years, from the first of March of the year 0: then leap
 * days stand last in every one of their periods. */
#define ERA_DAYS   146097
#define ERA_BEFORE 719468 /* days from there to 1970 */

struct report_date report_date_of(int64_t seconds)
{
	struct report_date ret;
	int days, era, of_era, year, of_year, month;

	seconds = seconds < 0                 ? 0
		  : seconds > REPORT_TIME_MAX ? REPORT_TIME_MAX
					      : seconds;
	days = (int)(seconds / REPORT_DAY) + ERA_BEFORE;
	era = days / ERA_DAYS;
	of_era = days % ERA_DAYS;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
	       365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153; /* from March */
	ret.day = of_year - (153 * month + 2) / 5 + 1;
	ret.month = month < 10 ? month + 3 : month - 9;
	ret.year = year + 400 * era + (ret.month <= 2);
	ret.hour = (int)(seconds % REPORT_DAY / 3600);
	ret.minute = (int)(seconds % 3600 / 60);
	ret.second = (int)(seconds % 60);
	return ret;
}

/* The first @len characters of RFC 3339. */
static void print(int64_t seconds, size_t len, char ret[REPORT_STAMP_MAX])
{
	struct report_date d = report_date_of(seconds);
	char text[80];

	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ",
		d.year, d.month, d.day, d.hour, d.minute, d.second);
	memcpy(ret, text, len);
	ret[len] = '\0';
}

void report_time_text(int64_t seconds, char ret[REPORT_STAMP_MAX])
{
	print(seconds, 16, ret);
	ret[10] = ' ';
	memcpy(ret + 16, " UTC", 5);
}

void report_day_text(int64_t seconds, char ret[REPORT_STAMP_MAX])
{
	print(seconds, 10, ret);
}

void report_time_exact(int64_t seconds, char ret[REPORT_STAMP_MAX])
{
	print(seconds, 20, ret);
}

const char *report_month_name(int month)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	return names[month - 1];
}

void report_number_text(uint64_t number, char ret[REPORT_STAMP_MAX])
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	char *to = ret;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}
