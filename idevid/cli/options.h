/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OPTIONS_H
#define DEVID_OPTIONS_H

/*
 * The options of a command: a table from which its command line is read and its
 * help is printed. getopt_long() does the reading; each command has --help and
 * -h besides its rows. What options together mean is not checked here.
 */

#include <devid/error.h>

#include <getopt.h> /* optind */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_ROWS_MAX 32 /* a limit of ours */

struct option_row;

/*
 * Converts @argument (NULL for an option without one) into @member, which is
 * where the row's offset points. It is borrowed from argv. The cause goes into
 * @err without the option's name.
 */
typedef enum devid_err option_fn(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err);

option_fn option_flag; /* a bool becomes true */
option_fn option_text; /* a const char *, borrowed */
option_fn option_uint; /* an unsigned, from min to max */
/* An int: a file descriptor's number. */
option_fn option_fd;

/* Without a rule an option may be left out, and one with an argument be given
 * once: which of two would count, nobody sees. */
#define OPTION_REQUIRED 0x1u
#define OPTION_REPEATED 0x2u /* each counts */
/* One of those that have this bit is all that a call may have. */
#define OPTION_ONE_OF 0x4u

struct option_row {
	const char *name;     /* --name; NULL ends the table */
	char letter;          /* -x, or 0 */
	const char *argument; /* its name in the help, or NULL: takes none */
	option_fn *convert;
	size_t offset;     /* of the member in the target; 0: all of it */
	unsigned min, max; /* of numbers */
	unsigned rules;    /* OPTION_* bits */
	const char *help; /* a '\n' in it begins another line; NULL: not told */
};

/* A row's offset, min, max and rules. */
#define OPTION_UNDER(type, member, rules) offsetof(type, member), 0, 0, rules
#define OPTION_AT(type, member)           OPTION_UNDER(type, member, 0)
#define OPTION_MUST(type, member)         OPTION_UNDER(type, member, OPTION_REQUIRED)
#define OPTION_MANY(type, member)         OPTION_UNDER(type, member, OPTION_REPEATED)
#define OPTION_WITHIN(type, member, min, max)                                  \
	offsetof(type, member), min, max, 0
#define OPTION_ALL      0, 0, 0, 0
#define OPTION_MANY_ALL 0, 0, 0, OPTION_REPEATED
#define OPTION_END                                                             \
	{                                                                      \
		NULL, 0, NULL, NULL, OPTION_ALL, NULL                          \
	}

struct option_set {
	const char *command; /* before each message, or NULL */
	const char *program; /* has --version and is called so, or NULL */
	const char *usage;   /* how to call, what it does */
	const char *notes;   /* behind the options in the help, or NULL */
	const struct option_row *rows;
	const char *operand; /* name of the first argument, or NULL */
	int operands_min, operands_max; /* of arguments; max < 0: any number */
	bool in_order; /* the first argument ends the options */
	/* Of a uint32_t in the target, 0 at first: which rows were given. It
	 * goes on where a command line is read in two parts. 0: none. */
	size_t given;
};

/*
 * Reads @argv into @target. Returns -1 to go on: then argv[optind] is the first
 * argument; else the exit status: 0 after --help or --version, 1 when these
 * could not be written, 2 after a wrong call, of which a line says which option
 * it is about, and why. *@target may be changed even so.
 */
int options_read(
	const struct option_set *set, int argc, char **argv, void *target);

/*
 * Whether @step takes each option of @given (what .given points to): @names has
 * those that it takes, a blank between them. Returns -1, or 2 when the wrong
 * call was told.
 */
int options_only(const struct option_set *set, uint32_t given, const char *step,
	const char *names);

/* Tells a wrong call as options_read() does; returns 2. */
int options_wrong(const struct option_set *set, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
