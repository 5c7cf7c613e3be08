/* SPDX-License-Identifier: Apache-2.0 */
/* What onboarding keeps on disk: whole, or refused. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "files.h"
#include "onboard-store.h"
#include "tempdir.h"

#define LDEVID(n) ((enum key_id)(N_MAKER_KEYS + (n)))

static const struct tempdir *folder(void **state)
{
	return *state;
}

static void put(const struct tempdir *dir, const char *text)
{
	tempdir_write(dir, "onboard.json", text, strlen(text), 0644);
}

static void nothing_there_is_a_device_from_the_box(void **state)
{
	struct onboard_facts f;

	assert_rc(onboard_store_load(folder(state)->path, &f, NULL), DEVID_OK);
	assert_int_equal(f.active, KEY_NONE);
	assert_int_equal(f.candidate, KEY_NONE);
	assert_int_equal(f.stage, ONBOARD_STAGE_NONE);
}

static void what_is_written_is_read(void **state)
{
	const char *dir = folder(state)->path;
	struct onboard_facts f, g;

	onboard_facts_init(&f);
	f.state = ONBOARD_PENDING;
	f.active = LDEVID(1);
	f.candidate = LDEVID(3);
	f.stage = ONBOARD_STAGE_ASKED;
	f.tries = 2;
	f.drop = 1u << 0 | 1u << 2;
	f.wait = ONBOARD_WAIT_MAX;
	f.wait_until = INT64_MAX;
	f.cause_time = 1;
	f.times[ONBOARD_PRODUCTION] = 4102444800; /* 2100 */
	(void)snprintf(f.class, sizeof(f.class), "EST_SERVER");
	memset(f.cause, 'x', sizeof(f.cause) - 1);
	(void)snprintf(f.boot, sizeof(f.boot), "boot");
	assert_rc(onboard_store_write(dir, &f, NULL), DEVID_OK);
	assert_rc(onboard_store_load(dir, &g, NULL), DEVID_OK);
	g.state = f.state; /* for people */
	assert_memory_equal(&f, &g, sizeof(f));
}

/* Each of these, and nothing else about it, is wrong. */
static const char *const damaged[] = {
	"",
	"[]",
	"{",
	"{\"active\":7}",
	"{\"active\":\"ldevid-9\"}",
	"{\"active\":\"idevid\"}",
	"{\"active\":\"ldevid-0\",\"active\":\"ldevid-1\"}",
	"{\"active\":\"ldevid-0\",\"candidate\":\"ldevid-0\","
	"\"stage\":\"asked\"}",
	"{\"candidate\":\"ldevid-0\"}",
	"{\"stage\":\"ready\"}",
	"{\"candidate\":\"ldevid-0\",\"stage\":\"gone\"}",
	"{\"stage\":7}",
	"{\"tries\":-1}",
	"{\"tries\":\"1\"}",
	"{\"tries\":65536}",
	"{\"drop\":\"ldevid-0\"}",
	"{\"drop\":[\"tls-0\"]}",
	"{\"active\":\"ldevid-0\",\"drop\":[\"ldevid-0\"]}",
	"{\"candidate\":\"ldevid-0\",\"stage\":\"asked\","
	"\"drop\":[\"ldevid-0\"]}",
	"{\"moving\":true}",
	"{\"active\":\"ldevid-0\",\"candidate\":\"ldevid-1\","
	"\"stage\":\"ready\",\"moving\":true}",
	"{\"wait\":86401}",
	"{\"wait_until\":-1}",
	"{\"class\":\"01234567890123456789012345678901\"}",
	"{\"cause\":7}",
	"{\"boot\":\"0123456789012345678901234567890123456789\"}",
};

static void damaged_store_is_refused_and_leaves_the_idevid(void **state)
{
	for (size_t i = 0; i < N_OF(damaged); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct onboard_facts f;

		put(folder(state), damaged[i]);
		if (onboard_store_load(folder(state)->path, &f, &err) !=
			DEVID_ERR_SYNTAX)
			fail_msg("taken: %s", damaged[i]);
		assert_cause(&err, "onboard.json: not a state of onboarding");
		assert_int_equal(f.active, KEY_NONE);
		assert_int_equal(f.candidate, KEY_NONE);
	}
	put(folder(state), "{\"active\":\"ldevid-0\",\"more\":1}");
	{
		struct onboard_facts f;

		assert_rc(onboard_store_load(folder(state)->path, &f, NULL),
			DEVID_OK);
		assert_int_equal(f.active, LDEVID(0));
	}
}

static void store_of_somebody_else_is_refused(void **state)
{
	struct onboard_facts f;

	put(folder(state), "{\"active\":\"ldevid-0\"}");
	assert_int_equal(
		chmod(tempdir_file(folder(state), "onboard.json"), 0666), 0);
	assert_rc(onboard_store_load(folder(state)->path, &f, NULL),
		DEVID_ERR_DENIED);
	assert_int_equal(f.active, KEY_NONE);
}

static bool there(void **state, const char *name)
{
	return files_exists(tempdir_file(folder(state), name));
}

static void settle_gives_the_document_in_force_its_name(void **state)
{
	const char *dir = folder(state)->path;
	struct onboard_facts f;

	onboard_facts_init(&f);
	f.active = LDEVID(0);
	f.moving = true;
	tempdir_write(folder(state), ONBOARD_CANDIDATE_NAME, "new", 3, 0644);
	tempdir_write(folder(state), ONBOARD_SITE_NAME, "old", 3, 0644);
	assert_rc(onboard_store_settle(dir, &f, NULL), DEVID_OK);
	assert_false(f.moving);
	assert_false(there(state, ONBOARD_CANDIDATE_NAME));
	assert_true(there(state, ONBOARD_SITE_NAME));
	assert_rc(onboard_store_load(dir, &f, NULL), DEVID_OK);
	assert_false(f.moving);
}

static void settle_removes_the_document_of_no_candidate_alone(void **state)
{
	const char *dir = folder(state)->path;
	struct onboard_facts f;

	onboard_facts_init(&f);
	f.candidate = LDEVID(0);
	f.stage = ONBOARD_STAGE_READY;
	tempdir_write(folder(state), ONBOARD_CANDIDATE_NAME, "new", 3, 0644);
	assert_rc(onboard_store_settle(dir, &f, NULL), DEVID_OK);
	assert_true(there(state, ONBOARD_CANDIDATE_NAME));
	onboard_facts_init(&f);
	assert_rc(onboard_store_settle(dir, &f, NULL), DEVID_OK);
	assert_false(there(state, ONBOARD_CANDIDATE_NAME));
}

int main(void)
{
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_there_is_a_device_from_the_box),
		TEST(what_is_written_is_read),
		TEST(damaged_store_is_refused_and_leaves_the_idevid),
		TEST(store_of_somebody_else_is_refused),
		TEST(settle_gives_the_document_in_force_its_name),
		TEST(settle_removes_the_document_of_no_candidate_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
