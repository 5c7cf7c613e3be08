/* SPDX-License-Identifier: Apache-2.0 */
/* How far a unit has come, and why somebody must do something: each rule by
 * facts that differ in one thing from those that it lets be. */
#include "cmocka-all.h"

#include <string.h>

#include "overview-judge.h"
#include "report-text.h"

#define NOW INT64_C(1796079600)
#define DAY 86400

/* On the list, and no more. */
static struct overview_facts ordered(void)
{
	return (struct overview_facts) { .listed = true,
		.created = -1,
		.not_after = -1,
		.asked = -1,
		.denied = -1,
		.first_seen = -1,
		.seen = -1 };
}

static struct overview_facts verified(void)
{
	struct overview_facts f = ordered();

	f.first_seen = f.seen = NOW - 60;
	f.verdict = report_view("accepted");
	return f;
}

static struct overview_facts production(void)
{
	struct overview_facts f = verified();

	f.created = NOW - 100 * DAY;
	f.not_after = NOW + 200 * DAY;
	f.with_ldevid = true;
	return f;
}

static void assert_is(struct overview_facts f, enum report_site_state state,
	enum report_site_cause cause)
{
	struct overview_verdict is = overview_judge(&f, NOW);

	assert_string_equal(report_site_state_name(is.state),
		report_site_state_name(state));
	assert_string_equal(report_site_help(is.cause)->name,
		report_site_help(cause)->name);
}

static void unit_without_trouble_named_by_its_way(void **state)
{
	struct overview_facts f = verified();

	(void)state;
	assert_is(ordered(), REPORT_SITE_ORDERED, REPORT_SITE_NONE);
	assert_is(verified(), REPORT_SITE_VERIFIED, REPORT_SITE_NONE);
	assert_is(production(), REPORT_SITE_PRODUCTION, REPORT_SITE_NONE);
	f.created = NOW - 30; /* behind what was seen */
	f.not_after = NOW + 300 * DAY;
	assert_is(f, REPORT_SITE_ENROLLED, REPORT_SITE_NONE);
	f = ordered();
	f.created = NOW - 30;
	f.not_after = NOW + 300 * DAY;
	assert_is(f, REPORT_SITE_ENROLLED, REPORT_SITE_NONE);
}

static void ldevid_late_or_over(void **state)
{
	struct overview_facts f = production();

	(void)state;
	f.created = NOW - 250 * DAY;
	f.not_after = NOW + 50 * DAY; /* a sixth */
	assert_is(f, REPORT_SITE_PRODUCTION, REPORT_SITE_NONE);
	f.not_after--;
	f.created--;
	assert_is(f, REPORT_SITE_EXPIRING, REPORT_SITE_NOT_RENEWED);
	f.not_after = NOW - 1;
	assert_is(f, REPORT_SITE_EXPIRING, REPORT_SITE_EXPIRED);
	f.with_ldevid = false;
	assert_is(f, REPORT_SITE_VERIFIED, REPORT_SITE_EXPIRED);
	f.verdict = report_view("tls");
	assert_is(f, REPORT_SITE_REFUSED, REPORT_SITE_EXPIRED);
}

static void production_not_seen_for_long(void **state)
{
	struct overview_facts f = production();

	(void)state;
	f.seen = NOW - INT64_C(1) * OVERVIEW_SILENT_DAYS * DAY;
	assert_is(f, REPORT_SITE_PRODUCTION, REPORT_SITE_NONE);
	f.seen--;
	assert_is(f, REPORT_SITE_PRODUCTION, REPORT_SITE_SILENT);
}

static void idevid_of_a_unit_that_has_an_ldevid(void **state)
{
	struct overview_facts f = production();

	(void)state;
	f.with_ldevid = false;
	assert_is(f, REPORT_SITE_VERIFIED, REPORT_SITE_BACK_TO_FACTORY);
}

static void enrolment_that_does_not_go_on(void **state)
{
	struct overview_facts f = verified();

	(void)state;
	f.first_seen = NOW - OVERVIEW_ENROL_TIME;
	assert_is(f, REPORT_SITE_VERIFIED, REPORT_SITE_NONE);
	f.first_seen--;
	assert_is(f, REPORT_SITE_VERIFIED, REPORT_SITE_NOT_ENROLLED);
	f.denied = NOW - 10;
	assert_is(f, REPORT_SITE_VERIFIED, REPORT_SITE_DENIED);
	f.asked = NOW - 5;
	assert_is(f, REPORT_SITE_VERIFIED, REPORT_SITE_PENDING);
	f = ordered();
	f.asked = NOW - 5; /* where RADIUS tells nothing */
	assert_is(f, REPORT_SITE_ORDERED, REPORT_SITE_PENDING);
}

static void refusal_by_its_reason(void **state)
{
	struct overview_facts f = production();
	struct overview_verdict is;

	(void)state;
	f.verdict = report_view("unlisted");
	assert_is(f, REPORT_SITE_REFUSED, REPORT_SITE_UNLISTED);
	f.verdict = report_view("revoked");
	assert_is(f, REPORT_SITE_REFUSED, REPORT_SITE_REVOKED);
	f.verdict = report_view("acceptedx");
	assert_is(f, REPORT_SITE_REFUSED, REPORT_SITE_REJECTED);
	is = overview_judge(&f, NOW);
	assert_int_equal(is.detail.len, strlen("acceptedx"));
}

static void unit_that_is_gone(void **state)
{
	struct overview_facts f = production();

	(void)state;
	f.listed = false;
	assert_is(f, REPORT_SITE_RETIRED, REPORT_SITE_NONE);
	f.verdict = report_view("retired");
	assert_is(f, REPORT_SITE_RETIRED, REPORT_SITE_RETIRED_AGAIN);
	f.verdict = report_view("revoked");
	assert_is(f, REPORT_SITE_RETIRED, REPORT_SITE_REVOKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unit_without_trouble_named_by_its_way),
		cmocka_unit_test(ldevid_late_or_over),
		cmocka_unit_test(production_not_seen_for_long),
		cmocka_unit_test(idevid_of_a_unit_that_has_an_ldevid),
		cmocka_unit_test(enrolment_that_does_not_go_on),
		cmocka_unit_test(refusal_by_its_reason),
		cmocka_unit_test(unit_that_is_gone),
	};

	return cmocka_run_group_tests_name("overview-judge", tests, NULL, NULL);
}
