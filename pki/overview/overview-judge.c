/* SPDX-License-Identifier: Apache-2.0 */
#include "overview-judge.h"

#include <string.h>

#define DAY 86400

/* Renewal begins at two thirds of the lifetime; it is late when a sixth is
 * left, half of the time that there was for it. */
#define LATE_PART 6

static bool is(struct view text, const char *word)
{
	return text.len == strlen(word) &&
	       memcmp(text.data, word, text.len) == 0;
}

static struct overview_verdict verdict(
	enum report_site_state state, enum report_site_cause cause)
{
	return (struct overview_verdict) { state, cause, { NULL, 0 } };
}

/* Nothing of it is let in any more; whoever still tries is told. */
static struct overview_verdict judge_gone(const struct overview_facts *f)
{
	enum report_site_cause cause = REPORT_SITE_NONE;

	if (is(f->verdict, "revoked"))
		cause = REPORT_SITE_REVOKED;
	else if (is(f->verdict, "retired"))
		cause = REPORT_SITE_RETIRED_AGAIN;
	return verdict(REPORT_SITE_RETIRED, cause);
}

static struct overview_verdict judge_refused(
	const struct overview_facts *f, int64_t now)
{
	struct overview_verdict ret =
		verdict(REPORT_SITE_REFUSED, REPORT_SITE_REJECTED);

	if (f->not_after >= 0 && f->not_after < now)
		ret.cause = REPORT_SITE_EXPIRED;
	else if (is(f->verdict, "unlisted"))
		ret.cause = REPORT_SITE_UNLISTED;
	else if (is(f->verdict, "revoked"))
		ret.cause = REPORT_SITE_REVOKED;
	ret.detail = f->verdict;
	return ret;
}

static bool is_late(const struct overview_facts *f, int64_t now)
{
	return f->not_after >= 0 &&
	       (f->not_after - now) * LATE_PART < f->not_after - f->created;
}

static struct overview_verdict judge_production(
	const struct overview_facts *f, int64_t now)
{
	if (f->not_after >= 0 && f->not_after < now)
		return verdict(REPORT_SITE_EXPIRING, REPORT_SITE_EXPIRED);
	if (is_late(f, now))
		return verdict(REPORT_SITE_EXPIRING, REPORT_SITE_NOT_RENEWED);
	if (f->seen < now - INT64_C(1) * OVERVIEW_SILENT_DAYS * DAY)
		return verdict(REPORT_SITE_PRODUCTION, REPORT_SITE_SILENT);
	return verdict(REPORT_SITE_PRODUCTION, REPORT_SITE_NONE);
}

/* Let in with its IDevID. */
static struct overview_verdict judge_verified(
	const struct overview_facts *f, int64_t now)
{
	enum report_site_cause cause = REPORT_SITE_NONE;

	if (f->not_after >= now && f->seen <= f->created)
		return verdict(REPORT_SITE_ENROLLED, REPORT_SITE_NONE);
	if (f->not_after >= now)
		cause = REPORT_SITE_BACK_TO_FACTORY;
	else if (f->not_after >= 0)
		cause = REPORT_SITE_EXPIRED;
	else if (f->asked >= 0)
		cause = REPORT_SITE_PENDING;
	else if (f->denied >= 0)
		cause = REPORT_SITE_DENIED;
	else if (f->first_seen < now - OVERVIEW_ENROL_TIME)
		cause = REPORT_SITE_NOT_ENROLLED;
	return verdict(REPORT_SITE_VERIFIED, cause);
}

struct overview_verdict overview_judge(
	const struct overview_facts *facts, int64_t now)
{
	const struct overview_facts *f = facts;

	if (!f->listed)
		return judge_gone(f);
	if (f->seen < 0 && f->not_after >= now)
		return verdict(REPORT_SITE_ENROLLED, REPORT_SITE_NONE);
	if (f->seen < 0 && f->asked >= 0)
		return verdict(REPORT_SITE_ORDERED, REPORT_SITE_PENDING);
	if (f->seen < 0)
		return verdict(REPORT_SITE_ORDERED, REPORT_SITE_NONE);
	if (!is(f->verdict, "accepted"))
		return judge_refused(f, now);
	return f->with_ldevid ? judge_production(f, now)
			      : judge_verified(f, now);
}
