/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file: what it takes, and where it says it is wrong. */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf.h"
#include "tempdir.h"

struct target {
	char *path;  /* owned */
	char *text;  /* owned */
	char *rest;  /* owned: what the section pattern left */
	char *other; /* owned: what "*" took */
	unsigned number;
	unsigned guard; /* what nothing writes */
	bool flag;
};

static enum devid_err set_port(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct target *t = target;
	enum devid_err rc = conf_string(&t->rest, rest, err);

	assert_string_equal(row->name, "vlan");
	return rc == DEVID_OK ? conf_string(&t->text, value, err) : rc;
}

#define AT(member)               offsetof(struct target, member), 0, 0
#define WITHIN(member, min, max) offsetof(struct target, member), min, max

static const struct conf_setting settings[] = {
	{ "a", "path", conf_to_path, AT(path) },
	{ "a", "text", conf_to_string, AT(text) },
	{ "a", "number", conf_to_uint, WITHIN(number, 4, 100) },
	{ "a", "any", conf_to_uint, WITHIN(number, 0, 0xffffffffu) },
	{ "a", "flag", conf_to_bool, AT(flag) },
	{ "port *", "vlan", set_port, 0, 0, 0 },
	{ "loose", "text", conf_to_string, AT(text) },
	{ "loose", "*", conf_to_string, AT(other) },
	{ "keyd", "text", conf_to_string, AT(text) },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

static struct target target;
static struct devid_error err;

static int teardown(void **state)
{
	(void)state;
	free(target.path);
	free(target.text);
	free(target.rest);
	free(target.other);
	memset(&target, 0, sizeof(target));
	devid_error_clear(&err);
	return 0;
}

static enum devid_err parse(const char *text)
{
	return conf_parse("f.conf", text, settings, &target, &err);
}

static void parse_good_file_sets_all(void **state)
{
	(void)state;
	assert_rc(parse("# comment\n[a]\npath = /x ; # why\ntext=y z#1\n"
			"number=4\nflag=yes\n"),
		DEVID_OK);
	assert_string_equal(target.path, "/x");
	assert_string_equal(target.text, "y z#1");
	assert_int_equal(target.number, 4);
	assert_true(target.flag);
}

static void parse_last_line_without_newline_counts(void **state)
{
	(void)state;
	assert_rc(parse("[a]\ntext=end"), DEVID_OK);
	assert_string_equal(target.text, "end");
}

static void parse_setting_twice_refused_with_both_lines(void **state)
{
	(void)state;
	assert_rc(parse("[a]\ntext=one\n[eap]\nx=1\n[a]\ntext=two\n"),
		DEVID_ERR_INVALID);
	assert_string_equal(
		err.text, "f.conf:6: a.text: set before, in line 2");
	/* another section of one pattern is another setting */
	assert_rc(parse("[port x]\nvlan=30\n[port y]\nvlan=30\n"), DEVID_OK);
	assert_rc(parse("[port x]\nvlan=30\nvlan=31\n"), DEVID_ERR_INVALID);
}

static void parse_foreign_section_skipped(void **state)
{
	(void)state;
	assert_rc(parse("[agent]\nwhatever=1\n[eap]\npath=x\n"), DEVID_OK);
	assert_null(target.path);
}

/* A file of its own has none of devid.conf's sections. */
static void parse_shared_section_in_another_file_refused(void **state)
{
	static const struct conf_setting own[] = {
		{ "a", "text", conf_to_string, AT(text) },
		{ NULL, NULL, NULL, 0, 0, 0 },
	};

	(void)state;
	assert_rc(conf_parse("f.conf", "[a]\ntext=x\n[agent]\nkey=/y\n", own,
			  &target, &err),
		DEVID_ERR_INVALID);
	assert_string_equal(err.text, "f.conf:4: [agent]: no such section");
}

static void parse_section_of_nobody_refused(void **state)
{
	(void)state;
	assert_rc(parse("[a]\ntext=x\n[aa]\ntext=x\n"), DEVID_ERR_INVALID);
	assert_string_equal(err.text, "f.conf:4: [aa]: no such section");
}

static void parse_section_pattern_passes_rest(void **state)
{
	(void)state;
	assert_rc(parse("[port eth1]\nvlan=30\n"), DEVID_OK);
	assert_string_equal(target.rest, "eth1");
	assert_rc(parse("[port ]\nvlan=31\n"), DEVID_ERR_INVALID);
	assert_string_equal(target.text, "30"); /* not the pattern */
}

static void parse_star_takes_what_is_left(void **state)
{
	(void)state;
	assert_rc(parse("[loose]\ntext=t\nfree=f\n"), DEVID_OK);
	assert_string_equal(target.text, "t");
	assert_string_equal(target.other, "f");
}

static void parse_indented_lines_are_settings_of_their_own(void **state)
{
	(void)state;
	assert_rc(parse("[a]\n  text=one\n\tpath=/x\n  number=5\n"), DEVID_OK);
	assert_string_equal(target.text, "one");
	assert_string_equal(target.path, "/x");
	assert_int_equal(target.number, 5);
}

static const struct {
	const char *text;
	enum devid_err rc;
	const char *cause;
} bad[] = {
	{ "[a]\n\nunknown=1\n", DEVID_ERR_INVALID,
		"f.conf:3: a.unknown: no such setting" },
	{ "[port x]\nvlann=1\n", DEVID_ERR_INVALID,
		"f.conf:2: port x.vlann: no such setting" },
	{ "[a]\ntext\n", DEVID_ERR_SYNTAX, "f.conf:2: neither" },
	{ "[a]\ntext=1\n continued\n", DEVID_ERR_SYNTAX, "f.conf:3: neither" },
	{ "[a\n", DEVID_ERR_SYNTAX, "f.conf:1: neither" },
	{ "text=1\n[a]\n", DEVID_ERR_SYNTAX,
		"f.conf:1: text: before the first [section]" },
	{ "[a]\npath=x\n", DEVID_ERR_INVALID,
		"f.conf:2: a.path: 'x' is not an absolute path" },
	{ "[a]\ntext=\n", DEVID_ERR_INVALID, "f.conf:2: a.text: empty value" },
	{ "[a]\nnumber=3\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=101\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=+5\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=-5\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=5x\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=0x10\n", DEVID_ERR_INVALID, "number from 4 to 100" },
	{ "[a]\nnumber=18446744073709551620\n", DEVID_ERR_INVALID,
		"number from 4 to 100" },
	{ "[a]\nflag=maybe\n", DEVID_ERR_INVALID, "neither yes nor no" },
	{ "[a]\nflag=YES\n", DEVID_ERR_INVALID, "neither yes nor no" },
	{ "[a]\ntext=1\nnumber=1\nflag=2\n", DEVID_ERR_INVALID, "f.conf:3:" },
	{ "[loose]\nfree=\n", DEVID_ERR_INVALID,
		"f.conf:2: loose.free: empty value" },
	{ "[a]\ntext=1 # one\n", DEVID_ERR_INVALID,
		"f.conf:2: a.text: a comment behind a value begins with ';'" },
	{ "[a]\npath = /x\t#why\n", DEVID_ERR_INVALID, "begins with ';'" },
	{ "[a]\ntext = # none\n", DEVID_ERR_INVALID, "begins with ';'" },
};

static void parse_bad_text_refused_at_its_line(void **state)
{
	for (size_t i = 0; i < N_OF(bad); i++) {
		assert_rc(parse(bad[i].text), bad[i].rc);
		assert_cause(&err, bad[i].cause);
		(void)teardown(state);
	}
}

static void parse_bool_every_word(void **state)
{
	static const char *const words[] = { "no", "yes", "false", "true", "0",
		"1" };

	(void)state;
	for (int i = 0; i < 6; i++) {
		char text[32];

		target.flag = !(i & 1);
		(void)snprintf(text, sizeof(text), "[a]\nflag=%s\n", words[i]);
		assert_rc(parse(text), DEVID_OK);
		assert_int_equal(target.flag, i & 1);
	}
}

static void parse_number_limits_of_the_type_hold(void **state)
{
	(void)state;
	assert_rc(parse("[a]\nany=4294967295\n"), DEVID_OK);
	assert_int_equal(target.number, 0xffffffffu);
	assert_rc(parse("[a]\nany=4294967296\n"), DEVID_ERR_INVALID);
	assert_int_equal(target.number, 0xffffffffu);
	assert_rc(parse("[a]\nany=0\n"), DEVID_OK);
	assert_int_equal(target.number, 0);
	assert_int_equal(target.guard, 0);
}

static void uint_range_of_one_number_holds(void **state)
{
	unsigned n = 7;

	(void)state;
	assert_rc(conf_uint("1", 0, 0, &n, NULL), DEVID_ERR_INVALID);
	assert_int_equal(n, 7);
	assert_rc(conf_uint("0", 0, 0, &n, NULL), DEVID_OK);
	assert_int_equal(n, 0);
}

/* Every length around inih's buffer: taken whole or refused, never cut. */
static void parse_long_line_whole_or_refused(void **state)
{
	bool refused = false;

	for (size_t len = 1; len < 3000; len += len < 180 ? 40 : 1) {
		char text[3200] = "[a]\ntext=";
		enum devid_err rc;

		memset(text + 9, 'x', len);
		strcpy(text + 9 + len, "\nnumber=5\n");
		rc = parse(text);
		if (rc == DEVID_OK) {
			assert_false(refused);
			assert_int_equal(strlen(target.text), len);
			assert_int_equal(target.number, 5);
		} else {
			assert_rc(rc, DEVID_ERR_TOO_LARGE);
			assert_cause(&err, "f.conf:2: line longer");
			refused = true;
		}
		(void)teardown(state);
	}
	assert_true(refused);
}

static void load_zero_byte_refused(void **state)
{
	struct tempdir dir = tempdir_new();

	(void)state;
	tempdir_write(&dir, "f", "[a]\ntext=a\0b\n", 13, 0644);
	assert_rc(conf_load(tempdir_file(&dir, "f"), settings, &target, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "zero byte");
	tempdir_remove(&dir);
}

static void load_unsafe_or_absent_file_refused(void **state)
{
	struct tempdir dir = tempdir_new();

	(void)state;
	assert_rc(conf_load(tempdir_file(&dir, "f"), settings, &target, NULL),
		DEVID_ERR_NOT_FOUND);
	tempdir_write(&dir, "f", "[a]\n", 4, 0666);
	assert_rc(conf_load(tempdir_file(&dir, "f"), settings, &target, NULL),
		DEVID_ERR_DENIED);
	tempdir_remove(&dir);
}

static void load_file_too_large_refused(void **state)
{
	struct tempdir dir = tempdir_new();
	char *text = calloc(1, CONF_FILE_MAX + 1);

	(void)state;
	memset(text, '\n', CONF_FILE_MAX + 1);
	tempdir_write(&dir, "f", text, CONF_FILE_MAX + 1, 0644);
	assert_rc(conf_load(tempdir_file(&dir, "f"), settings, &target, NULL),
		DEVID_ERR_TOO_LARGE);
	tempdir_write(&dir, "f", text, CONF_FILE_MAX, 0644);
	assert_rc(conf_load(tempdir_file(&dir, "f"), settings, &target, NULL),
		DEVID_OK);
	free(text);
	tempdir_remove(&dir);
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(parse_good_file_sets_all),
		CASE(parse_last_line_without_newline_counts),
		CASE(parse_setting_twice_refused_with_both_lines),
		CASE(parse_foreign_section_skipped),
		CASE(parse_shared_section_in_another_file_refused),
		CASE(parse_section_of_nobody_refused),
		CASE(parse_section_pattern_passes_rest),
		CASE(parse_star_takes_what_is_left),
		CASE(parse_indented_lines_are_settings_of_their_own),
		CASE(parse_bad_text_refused_at_its_line),
		CASE(parse_bool_every_word),
		CASE(parse_number_limits_of_the_type_hold),
		CASE(uint_range_of_one_number_holds),
		CASE(parse_long_line_whole_or_refused),
		CASE(load_zero_byte_refused),
		CASE(load_unsafe_or_absent_file_refused),
		CASE(load_file_too_large_refused),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
