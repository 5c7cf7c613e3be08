/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP answers in memory. */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>

#include "serve-cache.h"

#define NOW 1000000

static int setup(void **state)
{
	return serve_cache_new(64, (struct serve_cache **)state, NULL);
}

static int teardown(void **state)
{
	serve_cache_free(*state);
	return 0;
}

static void put(struct serve_cache *cache, const char *request,
	const char *answer, int64_t next_update)
{
	const struct serve_answer what = { .data = (const uint8_t *)answer,
		.len = strlen(answer),
		.this_update = NOW - 10,
		.next_update = next_update };

	serve_cache_put(
		cache, (const uint8_t *)request, strlen(request), &what, NOW);
}

static bool get(struct serve_cache *cache, const char *request, int64_t now,
	struct serve_answer *ret)
{
	return serve_cache_get(cache, (const uint8_t *)request, strlen(request),
		       now, ret) == DEVID_OK;
}

static void get_same_request_answer_found(void **state)
{
	struct serve_answer a;

	put(*state, "request", "answer", NOW + 1000);
	assert_true(get(*state, "request", NOW, &a));
	assert_int_equal(a.len, 6);
	assert_memory_equal(a.data, "answer", 6);
	assert_int_equal(a.this_update, NOW - 10);
	assert_int_equal(a.next_update, NOW + 1000);
	assert_string_equal(a.last_modified, "Mon, 12 Jan 1970 13:46:30 GMT");
	assert_string_equal(a.expires, "Mon, 12 Jan 1970 14:03:20 GMT");
	assert_string_equal(a.cache_control,
		"max-age=1000,public,no-transform,must-revalidate");
	assert_int_equal(strlen(a.etag), 18);
	/* It is a second older a second later. */
	assert_true(get(*state, "request", NOW + 1, &a));
	assert_string_equal(a.cache_control,
		"max-age=999,public,no-transform,must-revalidate");
}

static void get_other_request_not_found(void **state)
{
	struct serve_answer a;

	put(*state, "request", "answer", NOW + 1000);
	assert_false(get(*state, "requesu", NOW, &a));
	assert_false(get(*state, "reques", NOW, &a));
	assert_false(get(*state, "requesta", NOW, &a));
	assert_false(get(*state, "", NOW, &a));
}

static void get_after_a_minute_not_found(void **state)
{
	struct serve_answer a;

	put(*state, "request", "answer", NOW + 1000);
	assert_true(get(*state, "request", NOW + SERVE_CACHE_SECONDS - 1, &a));
	assert_false(get(*state, "request", NOW + SERVE_CACHE_SECONDS, &a));
	/* It is gone, not only passed over. */
	assert_false(get(*state, "request", NOW, &a));
}

/* The clock was ahead when it was put there. */
static void get_clock_set_back_not_found(void **state)
{
	struct serve_answer a;

	put(*state, "request", "answer", NOW + 1000);
	assert_false(get(*state, "request", NOW - 1, &a));
}

static void get_after_next_update_not_found(void **state)
{
	struct serve_answer a;

	put(*state, "request", "answer", NOW + 5);
	assert_true(get(*state, "request", NOW + 4, &a));
	assert_false(get(*state, "request", NOW + 5, &a));
}

static void put_expired_answer_not_kept(void **state)
{
	struct serve_answer a;

	put(*state, "request", "answer", NOW);
	assert_false(get(*state, "request", NOW, &a));
	assert_false(get(*state, "request", NOW - 100, &a));
}

static void put_again_replaces(void **state)
{
	struct serve_answer a, b;
	char etag[32];

	put(*state, "request", "answer", NOW + 1000);
	assert_true(get(*state, "request", NOW, &a));
	(void)snprintf(etag, sizeof(etag), "%s", a.etag);
	put(*state, "request", "second", NOW + 1000);
	assert_true(get(*state, "request", NOW, &b));
	assert_memory_equal(b.data, "second", 6);
	assert_string_not_equal(etag, b.etag);
}

static void clear_nothing_left(void **state)
{
	struct serve_answer a;

	put(*state, "a", "answer", NOW + 1000);
	put(*state, "b", "answer", NOW + 1000);
	serve_cache_clear(*state);
	assert_false(get(*state, "a", NOW, &a));
	assert_false(get(*state, "b", NOW, &a));
}

/* Whatever comes in between, what is asked for all the time stays longer than
 * what nobody asks for, and memory stays bounded. */
static void put_many_the_unused_ones_go(void **state)
{
	struct serve_answer a;
	unsigned kept = 0;
	char name[24];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "wanted-%d", i);
		put(*state, name, "answer", NOW + 1000);
	}
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "flood-%d", i);
		put(*state, name, "answer", NOW + 1000);
		for (int k = 0; k < 4; k++) {
			(void)snprintf(name, sizeof(name), "wanted-%d", k);
			(void)get(*state, name, NOW, &a);
		}
	}
	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "wanted-%d", i);
		assert_true(get(*state, name, NOW, &a));
	}
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "flood-%d", i);
		kept += get(*state, name, NOW, &a);
	}
	assert_true(kept > 0 && kept <= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(get_same_request_answer_found),
		T(get_other_request_not_found),
		T(get_after_a_minute_not_found),
		T(get_clock_set_back_not_found),
		T(get_after_next_update_not_found),
		T(put_expired_answer_not_kept),
		T(put_again_replaces),
		T(clear_nothing_left),
		T(put_many_the_unused_ones_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
