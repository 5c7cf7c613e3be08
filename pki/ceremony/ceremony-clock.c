/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony-clock.h"

#include <stdio.h>
#include <time.h>

#include "cert-time.h"
#include "fail.h"

#define TEXT_MAX 32 /* "9999-12-31 23:59:59 UTC", and some room */

static void write_time(int64_t t, char text[TEXT_MAX])
{
	struct tm utc;

	if (!pki_time_utc(t, &utc) ||
		strftime(text, TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
		(void)snprintf(text, TEXT_MAX, "no time"); /* fits */
}

/* @what happened at @then, which @now cannot come after. */
static enum devid_err refuse(const char *what, int64_t then, int64_t now,
	const char *so, struct devid_error *err)
{
	char before[TEXT_MAX], here[TEXT_MAX];

	write_time(then, before);
	write_time(now, here);
	return devid_fail(err, DEVID_ERR_STATE,
		"%s %s, this machine's clock says %s: %s", what, before, here,
		so);
}

enum devid_err ceremony_clock_check_cert(
	const char *path, const X509 *ca, int64_t now, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	int64_t begins;

	if (!pki_time_seconds(X509_get0_notBefore(ca), &begins))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: its validity has no beginning", path);
	if (begins - now <= CEREMONY_CLOCK_SLACK)
		return DEVID_OK;
	(void)refuse("is valid from", begins, now,
		"that is behind, or was ahead then", &why);
	return devid_fail(err, why.code, "%s: %s", path, why.text);
}

enum devid_err ceremony_clock_check_list(const char *path, const X509_CRL *old,
	int64_t now, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	int64_t made, due;

	if (!pki_time_seconds(X509_CRL_get0_lastUpdate(old), &made) ||
		!pki_time_seconds(X509_CRL_get0_nextUpdate(old), &due))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: the list there has not both its times", path);
	if (made - now > CEREMONY_CLOCK_SLACK)
		(void)refuse("the list there was made", made, now,
			"that is behind, or was ahead then; where it is "
			"right, say --accept-clock",
			&why);
	else if (now - due > CEREMONY_CLOCK_LATE)
		(void)refuse("the list there was due again", due, now,
			"that is ahead, or the list more than 30 days overdue; "
			"where it is right, say --accept-clock",
			&why);
	if (why.code == DEVID_OK)
		return DEVID_OK;
	return devid_fail(err, why.code, "%s: %s", path, why.text);
}
