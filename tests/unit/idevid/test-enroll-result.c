/* SPDX-License-Identifier: Apache-2.0 */
/* What devid-enroll tells the agent. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enroll-result.h"
#include "tempdir.h"

#define GOOD                                                                   \
	"{\"op\":\"enrol\",\"result\":\"pending\",\"class\":\"EST_REFUSED\","  \
	"\"reason\":\"later\",\"retry_after\":30,\"key\":\"ldevid-1\","        \
	"\"epoch\":7}"

static enum devid_err parse(const char *text, struct enroll_result *ret)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc = enroll_result_parse(text, strlen(text), ret, &err);

	if (rc != DEVID_OK)
		assert_non_null(strstr(err.text, "result of devid-enroll: "));
	return rc;
}

static void write_then_read_is_the_same(void **state)
{
	struct tempdir dir = tempdir_new();
	const char *path = tempdir_file(&dir, ENROLL_RESULT_NAME);
	struct enroll_result in = { .op = ENROLL_OP_DOCUMENT,
		.end = ENROLL_FAILED,
		.class = ENROLL_DOCUMENT,
		.key = "ldevid-0",
		.has_epoch = true,
		.epoch = INT64_MAX };
	struct enroll_result out;

	(void)state;
	enroll_result_set_reason(&in, "line\n\x80\"quoted\"");
	assert_string_equal(in.reason, "line??\"quoted\"");
	assert_rc(enroll_result_write(path, &in, NULL), DEVID_OK);
	assert_rc(enroll_result_read(path, &out, NULL), DEVID_OK);
	assert_int_equal(out.op, in.op);
	assert_int_equal(out.end, in.end);
	assert_int_equal(out.class, in.class);
	assert_string_equal(out.reason, in.reason);
	assert_string_equal(out.key, in.key);
	assert_false(out.has_retry_after);
	assert_true(out.has_epoch);
	assert_true(out.epoch == INT64_MAX);
	tempdir_remove(&dir);
}

static void reason_long_is_cut(void **state)
{
	struct enroll_result r = { 0 };
	char text[2 * ENROLL_REASON_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	enroll_result_set_reason(&r, text);
	assert_int_equal(strlen(r.reason), ENROLL_REASON_MAX - 1);
}

static void names_are_all_there_and_apart(void **state)
{
	enum enroll_op op;

	(void)state;
	for (int i = 0; i < ENROLL_CLASS_COUNT; i++) {
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				enroll_class_name((enum enroll_class)i),
				enroll_class_name((enum enroll_class)j));
	}
	for (int i = 0; i < ENROLL_OP_COUNT; i++) {
		assert_true(enroll_op_by_name(
			enroll_op_name((enum enroll_op)i), &op));
		assert_int_equal(op, i);
	}
	assert_false(enroll_op_by_name("enroll", &op));
	assert_string_equal(enroll_end_name(ENROLL_PENDING), "pending");
}

static void parse_good_is_taken(void **state)
{
	struct enroll_result r;

	(void)state;
	assert_rc(parse(GOOD, &r), DEVID_OK);
	assert_int_equal(r.op, ENROLL_OP_ENROL);
	assert_int_equal(r.end, ENROLL_PENDING);
	assert_true(r.has_retry_after);
	assert_int_equal(r.retry_after, 30);
	assert_true(r.has_epoch && r.epoch == 7);
}

/* GOOD with @from, which is in it, made @to. */
static void refused(const char *from, const char *to)
{
	char text[ENROLL_RESULT_MAX];
	const char *at = strstr(GOOD, from);
	struct enroll_result r;

	assert_non_null(at);
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - GOOD), GOOD,
		to, at + strlen(from)); /* fits */
	if (parse(text, &r) != DEVID_ERR_SYNTAX)
		fail_msg("taken: %s", text);
}

static void parse_each_member_of_another_form_is_refused(void **state)
{
	(void)state;
	refused("\"enrol\"", "\"enroll\"");
	refused("\"enrol\"", "1");
	refused("\"op\":\"enrol\",", "");
	refused("\"pending\"", "\"soon\"");
	refused("\"EST_REFUSED\"", "\"est_refused\"");
	refused("\"later\"", "\"la\\nter\"");
	refused("\"later\"", "\"\\u0000\"");
	refused("\"later\"", "null");
	refused("30", "86401");
	refused("30", "-1");
	refused("30", "\"30\"");
	refused("\"ldevid-1\"", "\"../etc\"");
	refused("\"ldevid-1\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
	refused(":7", ":-7");
	refused(",\"epoch\":7", "");
	refused(":7}", ":7}x");
	refused("{\"op\"", "{\"epoch\":1,\"op\"");
}

static void parse_reason_without_end_is_refused(void **state)
{
	char text[ENROLL_RESULT_MAX + 8];
	struct enroll_result r;

	(void)state;
	memset(text, ' ', sizeof(text));
	assert_rc(enroll_result_parse(text, sizeof(text), &r, NULL),
		DEVID_ERR_TOO_LARGE);
	assert_rc(parse("[]", &r), DEVID_ERR_SYNTAX);
	assert_rc(parse("", &r), DEVID_ERR_SYNTAX);
}

static void read_what_is_no_file_is_refused(void **state)
{
	struct tempdir dir = tempdir_new();
	const char *path = tempdir_file(&dir, ENROLL_RESULT_NAME);
	struct enroll_result r;

	(void)state;
	assert_rc(enroll_result_read(path, &r, NULL), DEVID_ERR_NOT_FOUND);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_rc(enroll_result_read(path, &r, NULL), DEVID_ERR_DENIED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_rc(enroll_result_read(path, &r, NULL), DEVID_ERR_DENIED);
	tempdir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_then_read_is_the_same),
		cmocka_unit_test(reason_long_is_cut),
		cmocka_unit_test(names_are_all_there_and_apart),
		cmocka_unit_test(parse_good_is_taken),
		cmocka_unit_test(parse_each_member_of_another_form_is_refused),
		cmocka_unit_test(parse_reason_without_end_is_refused),
		cmocka_unit_test(read_what_is_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
