/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options: what a command line becomes, what is said of a wrong
 * one, what the help shows. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

#define ARGS_MAX 16

struct target {
	bool flag;
	const char *text;
	unsigned number;
	int fd;
	int n_more;
	uint32_t given;
	char guard; /* what nothing writes */
};

static enum devid_err take_more(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	assert_string_equal(row->name, "more");
	if (strcmp(argument, "bad") == 0)
		return devid_fail(err, DEVID_ERR_INVALID, "not more");
	++*(int *)member;
	return DEVID_OK;
}

#define AT(member) OPTION_AT(struct target, member)

static const struct option_row rows[] = {
	{ "flag", 'f', NULL, option_flag, AT(flag), "a flag" },
	{ "text", 't', "WORD", option_text, AT(text), "a text\nof two lines" },
	{ "number", 0, "N", option_uint,
		OPTION_WITHIN(struct target, number, 3, 4294967295u),
		"a number" },
	{ "fd", 0, "FD", option_fd, AT(fd), "a descriptor" },
	{ "more", 0, "X", take_more, OPTION_MANY(struct target, n_more), NULL },
	OPTION_END,
};

static const struct option_row either_rows[] = {
	{ "text", 't', "WORD", option_text,
		OPTION_UNDER(struct target, text, OPTION_ONE_OF), NULL },
	{ "fd", 0, "FD", option_fd,
		OPTION_UNDER(struct target, fd, OPTION_ONE_OF), NULL },
	{ "flag", 0, NULL, option_flag, AT(flag), NULL },
	OPTION_END,
};

static const struct option_row must_rows[] = {
	{ "flag", 0, NULL, option_flag, AT(flag), NULL },
	{ "text", 0, "WORD", option_text, OPTION_MUST(struct target, text),
		NULL },
	OPTION_END,
};

static const struct option_set plain = { .command = "cmd",
	.program = "prog",
	.usage = "usage: prog cmd\n",
	.rows = rows,
	.operand = "FILE",
	.operands_max = -1 };

static struct target target;

/* ---- what was written ---- */

struct capture {
	FILE *file;
	int fd, saved;
	char text[2048];
};

static void capture_begin(struct capture *c, int fd)
{
	(void)fflush(NULL);
	c->file = tmpfile();
	assert_non_null(c->file);
	c->fd = fd;
	c->saved = dup(fd);
	assert_true(dup2(fileno(c->file), fd) >= 0);
}

static const char *capture_end(struct capture *c)
{
	size_t n;

	(void)fflush(NULL);
	assert_true(dup2(c->saved, c->fd) >= 0);
	(void)close(c->saved);
	rewind(c->file);
	n = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[n] = '\0';
	(void)fclose(c->file);
	return c->text;
}

/* ---- calls ---- */

/* Calls with the words of @line, which strtok() cuts. */
static int call(const struct option_set *set, char *line, char **argv)
{
	static char name[] = "cmd";
	int argc = 1;

	argv[0] = name;
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < ARGS_MAX);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	memset(&target, 0, sizeof(target));
	target.fd = -1;
	return options_read(set, argc, argv, &target);
}

static void read_each_kind_stored(void **state)
{
	char line[] = "a --flag --text=x --number 3 --fd 0 --more 1 --more 2";
	char *argv[ARGS_MAX];
	char short_line[] = "-ft y -- -f";

	(void)state;
	line[1] = '\0'; /* without the argument first */
	assert_int_equal(call(&plain, line + 2, argv), -1);
	assert_true(target.flag);
	assert_string_equal(target.text, "x");
	assert_int_equal(target.number, 3);
	assert_int_equal(target.fd, 0);
	assert_int_equal(target.n_more, 2);
	assert_int_equal(target.guard, 0);
	assert_int_equal(call(&plain, short_line, argv), -1);
	assert_true(target.flag);
	assert_string_equal(target.text, "y");
	assert_string_equal(argv[optind], "-f");
}

static void read_options_behind_arguments_unless_in_order(void **state)
{
	struct option_set ordered = plain;
	char one[] = "a --flag b", two[] = "--flag a --text b";
	char *argv[ARGS_MAX];

	(void)state;
	assert_int_equal(call(&plain, one, argv), -1);
	assert_true(target.flag);
	assert_string_equal(argv[optind], "a");
	assert_string_equal(argv[optind + 1], "b");
	ordered.in_order = true;
	assert_int_equal(call(&ordered, two, argv), -1);
	assert_true(target.flag);
	assert_null(target.text);
	assert_string_equal(argv[optind], "a");
	assert_string_equal(argv[optind + 1], "--text");
}

static void read_number_up_to_its_limit(void **state)
{
	char line[] = "--number 4294967295";
	char *argv[ARGS_MAX];

	(void)state;
	assert_int_equal(call(&plain, line, argv), -1);
	assert_int_equal(target.number, 4294967295u);
}

static const struct {
	const char *line, *text;
} wrong[] = {
	{ "--bogus", "cmd: --bogus: unknown option\n" },
	{ "--bogus=1", "cmd: --bogus: unknown option\n" },
	{ "a --bogus b", "cmd: --bogus: unknown option\n" },
	{ "-x", "cmd: -x: unknown option\n" },
	{ "-fx", "cmd: -x: unknown option\n" },
	{ "--f", "cmd: --f: unknown option: more than one begins so\n" },
	{ "--flag=1", "cmd: --flag: takes no argument\n" },
	{ "--help=1", "cmd: --help: takes no argument\n" },
	{ "--text", "cmd: --text: WORD is missing\n" },
	{ "-f -t", "cmd: --text: WORD is missing\n" },
	{ "--number 2",
		"cmd: --number: '2' is not a number from 3 to 4294967295\n" },
	{ "--number 4294967296", "cmd: --number: '4294967296' is not" },
	{ "--fd -1", "cmd: --fd: '-1' is not a number from 0 to 65535\n" },
	{ "--more 1 --more bad --more 1", "cmd: --more: not more\n" },
	{ "--text a --text b", "cmd: --text: given twice\n" },
	{ "-t a x --text a", "cmd: --text: given twice\n" },
	{ "--number 3 --number 3", "cmd: --number: given twice\n" },
};

static void read_wrong_call_one_line_that_names_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++) {
		char *argv[ARGS_MAX], line[64];
		struct capture c;
		const char *text;
		int code;

		strcpy(line, wrong[i].line);
		capture_begin(&c, STDERR_FILENO);
		code = call(&plain, line, argv);
		text = capture_end(&c);
		assert_int_equal(code, 2);
		if (!strstr(text, wrong[i].text))
			fail_msg("%s: %s", wrong[i].line, text);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
}

static void expect_wrong(
	const struct option_set *set, const char *words, const char *want)
{
	char *argv[ARGS_MAX], line[64];
	struct capture c;
	int code;

	strcpy(line, words);
	capture_begin(&c, STDERR_FILENO);
	code = call(set, line, argv);
	(void)capture_end(&c);
	assert_int_equal(code, want ? 2 : -1);
	if (want && !strstr(c.text, want))
		fail_msg("%s: %s", words, c.text);
}

static void read_required_option_must_be_there(void **state)
{
	struct option_set set = plain;

	(void)state;
	set.rows = must_rows;
	expect_wrong(&set, "--flag", "cmd: --text is missing\n");
	expect_wrong(&set, "--text x", NULL);
}

static void read_arguments_counted(void **state)
{
	struct option_set set = plain;

	(void)state;
	set.operands_min = set.operands_max = 1;
	expect_wrong(&set, "--flag", "cmd: FILE is missing\n");
	expect_wrong(&set, "a", NULL);
	expect_wrong(&set, "a b", "cmd: b: unexpected argument\n");
	set.operands_min = set.operands_max = 0;
	expect_wrong(&set, "a", "cmd: a: unexpected argument\n");
}

static void read_options_that_exclude_each_other(void **state)
{
	struct option_set set = plain;

	(void)state;
	set.rows = either_rows;
	expect_wrong(&set, "--text x --flag", NULL);
	expect_wrong(&set, "--fd 3 --flag", NULL);
	expect_wrong(&set, "--fd 3 --flag --text x",
		"cmd: --fd and --text: give one of them\n");
}

static void read_flag_twice_is_once(void **state)
{
	(void)state;
	expect_wrong(&plain, "--flag --flag", NULL);
	assert_true(target.flag);
}

static void read_given_rows_kept_over_two_parts(void **state)
{
	static char name[] = "cmd", option[] = "--text", value[] = "x";
	char *argv[] = { name, option, value, NULL };
	struct option_set set = plain;
	struct capture c;
	int code;

	(void)state;
	set.given = offsetof(struct target, given);
	memset(&target, 0, sizeof(target));
	assert_int_equal(options_read(&set, 3, argv, &target), -1);
	assert_int_equal(target.given, 1u << 1);
	assert_int_equal(
		options_only(&set, target.given, "go", "flag text"), -1);
	capture_begin(&c, STDERR_FILENO);
	code = options_read(&set, 3, argv, &target);
	assert_string_equal(
		capture_end(&c), "prog: cmd: --text: given twice\n");
	assert_int_equal(code, 2);
	capture_begin(&c, STDERR_FILENO);
	code = options_only(&set, target.given, "go", "flag texts tex");
	assert_string_equal(
		capture_end(&c), "prog: cmd: go: --text: has no use here\n");
	assert_int_equal(code, 2);
}

static void read_wrong_call_without_command_names_option(void **state)
{
	struct option_set set = plain;

	(void)state;
	set.command = NULL;
	expect_wrong(&set, "--bogus", ": --bogus: unknown option\n");
}

static void read_help_and_version_printed(void **state)
{
	char help[] = "--help --bogus", h[] = "-h", version[] = "--version";
	struct option_set set = plain;
	char *argv[ARGS_MAX];
	struct capture c;
	int code;

	(void)state;
	set.notes = "the end\n";
	capture_begin(&c, STDOUT_FILENO);
	code = call(&set, help, argv);
	assert_string_equal(capture_end(&c), "usage: prog cmd\n"
					     "\n"
					     "  -f, --flag       a flag\n"
					     "  -t, --text WORD  a text\n"
					     "                   of two lines\n"
					     "      --number N   a number\n"
					     "      --fd FD      a descriptor\n"
					     "\n"
					     "the end\n");
	assert_int_equal(code, 0);
	capture_begin(&c, STDOUT_FILENO);
	code = call(&set, h, argv);
	(void)capture_end(&c);
	assert_int_equal(code, 0);
	capture_begin(&c, STDOUT_FILENO);
	code = call(&set, version, argv);
	assert_string_equal(capture_end(&c), "prog " DEVID_VERSION "\n");
	assert_int_equal(code, 0);
	set.program = NULL;
	expect_wrong(&set, "--version", "--version: unknown option");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_each_kind_stored),
		cmocka_unit_test(read_options_behind_arguments_unless_in_order),
		cmocka_unit_test(read_number_up_to_its_limit),
		cmocka_unit_test(read_wrong_call_one_line_that_names_it),
		cmocka_unit_test(read_required_option_must_be_there),
		cmocka_unit_test(read_arguments_counted),
		cmocka_unit_test(read_options_that_exclude_each_other),
		cmocka_unit_test(read_flag_twice_is_once),
		cmocka_unit_test(read_given_rows_kept_over_two_parts),
		cmocka_unit_test(read_wrong_call_without_command_names_option),
		cmocka_unit_test(read_help_and_version_printed),
	};

	log_init("prog", LOG_LEVEL_INFO);
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
