/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CONF_H
#define DEVID_CONF_H

/*
 * /etc/devid/devid.conf: one INI file for all programs, parsed with inih
 * against a table. Each program gives a table of the settings that it reads;
 * a setting in one of its sections that the table does not name is an error.
 * Sections of devid.conf that no entry names are another program's and are
 * skipped by a table that has one of them; any other section is an error. A
 * value with a "#" at its beginning or behind a blank is refused: it was meant
 * as a comment. A section pattern that ends in '*'
 * ("port *") matches any section with that beginning; the rest of the name is
 * passed to the setter. The name "*", last of its section, takes whatever the
 * entries before it left.
 */

#include "cleanup.h"
#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>

#define CONF_DEFAULT_PATH DEVID_SYSCONFDIR "/devid/devid.conf"
#define CONF_FILE_MAX     65536 /* bytes; a limit of ours */
#define CONF_VALUE_MAX    1024  /* bytes of one value; a limit of ours */

struct conf_setting;

/*
 * Converts @value into @member, which is where the row's offset points. @rest
 * is what the '*' of the section pattern matched, or "". Records its cause in
 * @err without file and line, which conf_load() puts before.
 */
typedef enum devid_err conf_fn(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err);

struct conf_setting {
	const char *section;
	const char *name;
	conf_fn *convert;
	size_t offset;     /* of the member in the target; 0: all of it */
	unsigned min, max; /* of numbers */
};

/*
 * Loads @path (checked as files_read() does) into @target through
 * @settings, an array that ends with a NULL section. Errors carry
 * `file:line: section.name: cause`. A setting stands once in a section.
 */
DEVID_MUST_CHECK enum devid_err conf_load(const char *path,
	const struct conf_setting *settings, void *target,
	struct devid_error *err);

/* The same for text in memory; @path is only for messages. */
DEVID_MUST_CHECK enum devid_err conf_parse(const char *path, const char *text,
	const struct conf_setting *settings, void *target,
	struct devid_error *err);

/* Where each setting stood, for what is judged when all of them are known. */
struct conf_lines;

struct conf_source {
	const char *path; /* borrowed */
	const char *text; /* borrowed; NULL: what is in @path */
};

/* conf_load() or conf_parse(); *@ret_lines is the caller's, unset on errors. */
DEVID_MUST_CHECK enum devid_err conf_read(const struct conf_source *source,
	const struct conf_setting *settings, void *target,
	struct conf_lines **ret_lines, struct devid_error *err);

/* Whether @setting ("section.name") stood there. */
bool conf_is_set(const struct conf_lines *lines, const char *setting);

/* Fails with INVALID and `file:line: setting: cause`; without a line where
 * @setting did not stand there. */
DEVID_MUST_CHECK enum devid_err conf_refuse(const struct conf_lines *lines,
	const char *setting, const char *cause, struct devid_error *err);

void conf_lines_free(struct conf_lines *lines);

CLEANUP_DEFINE(conf_lines, struct conf_lines *, conf_lines_free)

/* Conversions for rows. */

/* Nothing: what other programs read in the same section. */
conf_fn conf_skip;
/* An owned string, never "". */
conf_fn conf_to_string;
/* An owned string, an absolute path. */
conf_fn conf_to_path;
/* The same, of a Unix socket: it fits its address. */
conf_fn conf_to_socket;
/* An unsigned from the row's min to its max. */
conf_fn conf_to_uint;
/* A bool: "yes"/"no"/"true"/"false"/"1"/"0". */
conf_fn conf_to_bool;

/* The same without a row. */

/* Replaces the owned string *@ret with a copy of @value (never ""). */
DEVID_MUST_CHECK enum devid_err conf_string(
	char **ret, const char *value, struct devid_error *err);

/* As conf_string(), but @value must be an absolute path. */
DEVID_MUST_CHECK enum devid_err conf_path(
	char **ret, const char *value, struct devid_error *err);

/* Decimal number in [@min, @max], no sign, nothing after it. */
DEVID_MUST_CHECK enum devid_err conf_uint(const char *value, unsigned min,
	unsigned max, unsigned *ret, struct devid_error *err);

#endif
