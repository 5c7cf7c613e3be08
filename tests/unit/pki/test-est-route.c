/* SPDX-License-Identifier: Apache-2.0 */
/* What an EST request asks for. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "est-body.h"
#include "est-route.h"

#define EST   "/.well-known/est/"
#define DEVID "/.well-known/devid/"
#define P10   "application/pkcs10"

static struct est_route route;

static int ask(enum est_method method, const char *target, const char *type)
{
	const struct est_call call = { method, target, type, 100 };

	est_route(&call, &route);
	return route.status;
}

static void route_each_right_request_found(void **state)
{
	static const struct {
		enum est_method method;
		const char *target, *type;
		enum est_op op;
		bool open;
		const char *label;
	} rows[] = {
		{ EST_GET, EST "cacerts", NULL, EST_CACERTS, true, "" },
		{ EST_HEAD, EST "cacerts", NULL, EST_CACERTS, true, "" },
		{ EST_GET, EST "cameras/cacerts", NULL, EST_CACERTS, true,
			"cameras" },
		{ EST_GET, EST "csrattrs", NULL, EST_CSRATTRS, true, "" },
		{ EST_GET, EST "a-B_1/csrattrs?x=/y", NULL, EST_CSRATTRS, true,
			"a-B_1" },
		{ EST_GET, EST "nonce", NULL, EST_NONCE, false, "" },
		{ EST_POST, EST "simpleenroll", P10, EST_ENROL, false, "" },
		{ EST_POST, EST "l/simpleenroll", P10 "; charset=x", EST_ENROL,
			false, "l" },
		{ EST_POST, EST "simplereenroll", "Application/PKCS10",
			EST_REENROL, false, "" },
		{ EST_GET, DEVID "onboarding", NULL, EST_ONBOARDING, false,
			"" },
		{ EST_HEAD, DEVID "l/onboarding", NULL, EST_ONBOARDING, false,
			"l" },
		{ EST_GET, "https://a" EST "cacerts", NULL, EST_CACERTS, true,
			"" },
		{ EST_GET, "/" EST "cacerts", NULL, EST_CACERTS, true, "" },
		/* A label may be named as an operation is. */
		{ EST_GET, EST "nonce/cacerts", NULL, EST_CACERTS, true,
			"nonce" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		assert_int_equal(
			ask(rows[i].method, rows[i].target, rows[i].type), 0);
		assert_int_equal(route.op, rows[i].op);
		assert_int_equal(route.open, rows[i].open);
		assert_string_equal(route.label, rows[i].label);
	}
}

static void route_nothing_elsewhere(void **state)
{
	static const char *const targets[] = {
		"/",
		"/cacerts",
		EST,
		EST "cacert",
		EST "cacertsx",
		EST "cacerts/",
		EST "/cacerts/",
		EST "a/b/cacerts",
		EST "/simpleenroll/x",
		EST "a.b/cacerts",
		EST "../cacerts",
		EST "%61/cacerts",
		EST "a b/cacerts",
		EST "onboarding",
		DEVID "cacerts",
		DEVID "nonce",
		"/.well-known/EST/cacerts",
		"/.well-known/est?/cacerts",
		EST "?/cacerts",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(targets); i++) {
		assert_int_equal(ask(EST_GET, targets[i], NULL), 404);
		assert_int_equal(ask(EST_POST, targets[i], P10), 404);
	}
	assert_int_equal(ask(EST_GET, "cacerts", NULL), 400);
	assert_int_equal(ask(EST_GET, "*", NULL), 400);
}

static void route_label_as_long_as_a_profiles_name(void **state)
{
	char target[128];

	(void)state;
	(void)snprintf(target, sizeof(target), "%s%032d/cacerts", EST, 0);
	assert_int_equal(ask(EST_GET, target, NULL), 0);
	assert_int_equal(strlen(route.label), REGISTRAR_NAME_MAX - 1);
	(void)snprintf(target, sizeof(target), "%s%033d/cacerts", EST, 0);
	assert_int_equal(ask(EST_GET, target, NULL), 404);
}

static void route_other_methods_405_and_those_that_are_right(void **state)
{
	static const struct {
		enum est_method method;
		const char *target, *allow;
	} rows[] = {
		{ EST_POST, EST "cacerts", "GET, HEAD" },
		{ EST_OTHER, EST "csrattrs", "GET, HEAD" },
		{ EST_HEAD, EST "nonce", "GET" },
		{ EST_POST, EST "nonce", "GET" },
		{ EST_GET, EST "simpleenroll", "POST" },
		{ EST_HEAD, EST "simplereenroll", "POST" },
		{ EST_OTHER, EST "simplereenroll", "POST" },
		{ EST_POST, DEVID "onboarding", "GET, HEAD" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		assert_int_equal(ask(rows[i].method, rows[i].target, P10), 405);
		assert_string_equal(route.allow, rows[i].allow);
	}
}

static void route_body_of_a_request_alone(void **state)
{
	struct est_call call = { EST_POST, EST "simpleenroll", P10,
		EST_BODY_MAX };

	(void)state;
	est_route(&call, &route);
	assert_int_equal(route.status, 0);
	call.body_len++;
	est_route(&call, &route);
	assert_int_equal(route.status, 413);
	assert_int_equal(ask(EST_POST, EST "simpleenroll", NULL), 415);
	assert_int_equal(ask(EST_POST, EST "simpleenroll", P10 "x"), 415);
	assert_int_equal(ask(EST_POST, EST "simpleenroll", "text/plain"), 415);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(route_each_right_request_found),
		cmocka_unit_test(route_nothing_elsewhere),
		cmocka_unit_test(route_label_as_long_as_a_profiles_name),
		cmocka_unit_test(
			route_other_methods_405_and_those_that_are_right),
		cmocka_unit_test(route_body_of_a_request_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
