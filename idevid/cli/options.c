/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "log.h"

#define EXIT_WRONG 2 /* wrong call */

/* Codes of getopt_long(): above any letter, then the row's place. */
#define CODE_ROW     256
#define CODE_VERSION (CODE_ROW + OPTION_ROWS_MAX)

#define FD_MAX 65535

/* What getopt_long() takes. */
struct tables {
	struct option names[OPTION_ROWS_MAX + 3];
	char letters[2 * OPTION_ROWS_MAX + 4];
};

enum devid_err option_flag(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	(void)argument;
	(void)row;
	(void)err;
	*(bool *)member = true;
	return DEVID_OK;
}

enum devid_err option_text(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	(void)row;
	(void)err;
	*(const char **)member = argument;
	return DEVID_OK;
}

enum devid_err option_uint(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	return conf_uint(argument, row->min, row->max, member, err);
}

enum devid_err option_fd(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	unsigned fd;
	enum devid_err rc = conf_uint(argument, 0, FD_MAX, &fd, err);

	(void)row;
	if (rc == DEVID_OK)
		*(int *)member = (int)fd;
	return rc;
}

/* ---- help ---- */

/* "  -x, --name ARG"; its length. */
static int print_name(FILE *out, const struct option_row *row, bool letters)
{
	char letter[] = "-x, ";

	letter[1] = row->letter;
	return fprintf(out, "  %s--%s%s%s",
		row->letter ? letter : (letters ? "    " : ""), row->name,
		row->argument ? " " : "", row->argument ? row->argument : "");
}

static int name_width(const struct option_row *row, bool letters)
{
	return (int)(2 + (letters ? 4 : 0) + 2 + strlen(row->name) +
		     (row->argument ? 1 + strlen(row->argument) : 0));
}

static void print_row(
	FILE *out, const struct option_row *row, bool letters, int width)
{
	const char *text = row->help;
	int at = print_name(out, row, letters);

	for (;;) {
		int len = (int)strcspn(text, "\n");

		(void)fprintf(out, "%*s%.*s\n", width + 2 - at, "", len, text);
		if (!text[len])
			return;
		text += len + 1;
		at = 0;
	}
}

/* A failure shows in fflush(). */
static void print_help(FILE *out, const struct option_set *set)
{
	bool letters = false;
	int width = 0;

	(void)fputs(set->usage, out);
	for (const struct option_row *r = set->rows; r->name; r++)
		letters |= r->help && r->letter;
	for (const struct option_row *r = set->rows; r->name; r++) {
		int own = r->help ? name_width(r, letters) : 0;

		width = own > width ? own : width;
	}
	if (width)
		(void)fputc('\n', out);
	for (const struct option_row *r = set->rows; r->name; r++) {
		if (r->help)
			print_row(out, r, letters, width);
	}
	if (set->notes)
		(void)fprintf(out, "\n%s", set->notes);
}

static int show_help(const struct option_set *set)
{
	print_help(stdout, set);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS
						      : EXIT_FAILURE;
}

static int show_version(const struct option_set *set)
{
	(void)printf("%s %s\n", set->program, DEVID_VERSION);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS
						      : EXIT_FAILURE;
}

/* ---- wrong calls ---- */

int options_wrong(const struct option_set *set, const char *fmt, ...)
{
	char text[512]; /* what is longer is cut */
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s%s%s", set->command ? set->command : "",
		set->command ? ": " : "", text);
	return EXIT_WRONG;
}

/* How many options begin as @word does. */
static int count_names(const struct option *names, const char *word, size_t len)
{
	int n = 0;

	for (; names->name; names++)
		n += strncmp(names->name, word, len) == 0;
	return n;
}

/* What getopt_long() refused: @word is as it was called, when it is a long
 * one. */
static int wrong_option(const struct option_set *set,
	const struct option *names, const char *word)
{
	size_t len = strcspn(word, "=");

	if (optopt > 0 && optopt < CODE_ROW && optopt != 'h')
		return options_wrong(set, "-%c: unknown option", optopt);
	if (optopt != 0) /* it is known: --name=argument */
		return options_wrong(
			set, "%.*s: takes no argument", (int)len, word);
	if (len > 2 && count_names(names, word + 2, len - 2) > 1)
		return options_wrong(set,
			"%.*s: unknown option: more than one begins so",
			(int)len, word);
	return options_wrong(set, "%.*s: unknown option", (int)len, word);
}

/* ---- reading ---- */

static void fill(const struct option_set *set, struct tables *ret)
{
	char *letter = ret->letters;
	size_t n = 0;

	if (set->in_order)
		*letter++ = '+';
	*letter++ = ':'; /* tell apart what lacks its argument */
	*letter++ = 'h';
	for (const struct option_row *r = set->rows; r->name; r++) {
		assert(n < OPTION_ROWS_MAX);
		ret->names[n] = (struct option) { r->name,
			r->argument ? required_argument : no_argument, NULL,
			CODE_ROW + (int)n };
		n++;
		if (r->letter)
			*letter++ = r->letter;
		if (r->letter && r->argument)
			*letter++ = ':';
	}
	*letter = '\0';
	ret->names[n++] = (struct option) { "help", no_argument, NULL, 'h' };
	if (set->program)
		ret->names[n++] = (struct option) { "version", no_argument,
			NULL, CODE_VERSION };
	ret->names[n] = (struct option) { NULL, 0, NULL, 0 };
}

/* The place of the row with this code of getopt_long(). */
static size_t place_of(const struct option_row *rows, int code)
{
	size_t i = 0;

	if (code >= CODE_ROW)
		return (size_t)(code - CODE_ROW);
	while (rows[i].letter != code)
		i++; /* getopt_long() knows no letter of another */
	return i;
}

static int take(const struct option_set *set, const struct option_row *row,
	void *target, const char *argument)
{
	struct devid_error err = { DEVID_OK, "" };

	if (row->convert((char *)target + row->offset, argument, row, &err) ==
		DEVID_OK)
		return -1;
	return options_wrong(
		set, "--%s: %s", row->name, devid_error_text(&err));
}

/* What is given for row @i, when rows before were: -1 to go on, else the exit
 * status. */
static int check_given(const struct option_set *set, uint32_t given, size_t i)
{
	const struct option_row *row = &set->rows[i];

	if (given & 1u << i && row->argument && !(row->rules & OPTION_REPEATED))
		return options_wrong(set, "--%s: given twice", row->name);
	for (size_t j = 0; row->rules & OPTION_ONE_OF && set->rows[j].name;
		j++) {
		if (j != i && given & 1u << j &&
			set->rows[j].rules & OPTION_ONE_OF)
			return options_wrong(set,
				"--%s and --%s: give one of them",
				set->rows[j].name, row->name);
	}
	return -1;
}

/* Whether the word @name is in @names. */
static bool has_word(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (; *names; names += strcspn(names, " ")) {
		names += strspn(names, " ");
		if (strcspn(names, " ") == len &&
			strncmp(names, name, len) == 0)
			return true;
	}
	return false;
}

int options_only(const struct option_set *set, uint32_t given, const char *step,
	const char *names)
{
	for (size_t i = 0; set->rows[i].name; i++) {
		if (given & 1u << i && !has_word(names, set->rows[i].name))
			return options_wrong(set, "%s: --%s: has no use here",
				step, set->rows[i].name);
	}
	return -1;
}

/* -1 to go on, else the exit status. */
static int check_all(
	const struct option_set *set, uint32_t given, int argc, char **argv)
{
	int n = argc - optind;

	for (size_t i = 0; set->rows[i].name; i++) {
		if (set->rows[i].rules & OPTION_REQUIRED && !(given & 1u << i))
			return options_wrong(
				set, "--%s is missing", set->rows[i].name);
	}
	if (n < set->operands_min)
		return options_wrong(set, "%s is missing", set->operand);
	if (set->operands_max >= 0 && n > set->operands_max)
		return options_wrong(set, "%s: unexpected argument",
			argv[optind + set->operands_max]);
	return -1;
}

int options_read(
	const struct option_set *set, int argc, char **argv, void *target)
{
	uint32_t *given = (uint32_t *)(void *)((char *)target + set->given);
	struct tables tables = { .letters = "" };
	uint32_t alone = 0;
	int code = -1, opt;
	size_t i;

	_Static_assert(OPTION_ROWS_MAX <= 32, "a bit for each row");
	if (set->given == 0)
		given = &alone;

	fill(set, &tables);
	opterr = 0;
	optind = 0; /* getopt begins anew, at argv[1] */
	while (code < 0 && (opt = getopt_long(argc, argv, tables.letters,
				    tables.names, NULL)) != -1) {
		if (opt == 'h')
			return show_help(set);
		if (opt == CODE_VERSION)
			return show_version(set);
		if (opt == '?')
			return wrong_option(
				set, tables.names, argv[optind - 1]);
		i = place_of(set->rows, opt == ':' ? optopt : opt);
		if (opt == ':')
			return options_wrong(set, "--%s: %s is missing",
				set->rows[i].name, set->rows[i].argument);
		code = check_given(set, *given, i);
		if (code < 0)
			code = take(set, &set->rows[i], target, optarg);
		*given |= 1u << i;
	}
	return code < 0 ? check_all(set, *given, argc, argv) : code;
}
