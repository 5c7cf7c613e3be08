/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <ini.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cleanup.h"
#include "fail.h"
#include "files.h"

#define WHERE_MAX 256 /* bytes of section and name told; more is cut */

struct parse {
	const char *path;                    /* borrowed */
	const char *next;                    /* borrowed: unread text */
	const struct conf_setting *settings; /* borrowed */
	void *target;                        /* borrowed */
	struct devid_error *err;             /* borrowed, may be NULL */
	enum devid_err rc;                   /* first failure */
	int line;                            /* of the line last handed out */
	struct conf_lines *lines;            /* borrowed */
};

/* A setting that stood in the file. */
struct seen {
	struct seen *next; /* owned */
	int line;
	char name[]; /* section.name */
};

struct conf_lines {
	char *path;        /* owned */
	struct seen *seen; /* owned */
};

/*
 * inih's line source, so that lines can be counted and a line longer than
 * inih's buffer is an error instead of two lines. Leading blanks are dropped:
 * to inih an indented line continues the value of the line before it.
 */
static char *next_line(char *buf, int num, void *stream)
{
	struct parse *p = stream;
	const char *end;
	size_t len, blanks;

	if (p->rc != DEVID_OK || *p->next == '\0')
		return NULL;
	p->line++;
	end = strchr(p->next, '\n');
	len = end ? (size_t)(end - p->next) + 1 : strlen(p->next);
	if (len + 3 > (size_t)num) {
		p->rc = devid_fail(p->err, DEVID_ERR_TOO_LARGE,
			"%s:%d: line longer than %d bytes", p->path, p->line,
			num - 3);
		return NULL;
	}
	blanks = strspn(p->next, " \t");
	memcpy(buf, p->next + blanks, len - blanks);
	buf[len - blanks] = '\0';
	p->next += len;
	return buf;
}

static const struct seen *find(
	const struct conf_lines *lines, const char *setting)
{
	const struct seen *s = lines->seen;

	while (s && strcmp(s->name, setting) != 0)
		s = s->next;
	return s;
}

/* Notes the setting; refuses one that stood before: which of two a person meant
 * is not for us to say. */
static enum devid_err note_once(
	struct parse *p, const char *section, const char *name)
{
	size_t len = strlen(section) + 1 + strlen(name) + 1;
	struct seen *seen = malloc(sizeof(*seen) + len);
	const struct seen *before;

	if (!seen)
		return fail_no_memory(p->err);
	(void)snprintf(seen->name, len, "%s.%s", section, name);
	seen->line = p->line;
	before = find(p->lines, seen->name);
	if (before) {
		free(seen);
		return devid_fail(p->err, DEVID_ERR_INVALID,
			"%s:%d: %s.%s: set before, in line %d", p->path,
			p->line, section, name, before->line);
	}
	seen->next = p->lines->seen;
	p->lines->seen = seen;
	return DEVID_OK;
}

/* Whether @section fits @pattern; *@ret_rest is what its '*' stands for. */
static bool section_fits(
	const char *pattern, const char *section, const char **ret_rest)
{
	size_t len = strlen(pattern);

	*ret_rest = "";
	if (len == 0 || pattern[len - 1] != '*')
		return strcmp(pattern, section) == 0;
	if (strncmp(pattern, section, len - 1) != 0 || !section[len - 1])
		return false;
	*ret_rest = section + len - 1;
	return true;
}

/* "# ..." behind a value: it would be part of it, and a path or a list of
 * names could be what it makes. */
static bool has_hash_comment(const char *value)
{
	for (const char *p = value; (p = strchr(p, '#')); p++) {
		if (p == value || p[-1] == ' ' || p[-1] == '\t')
			return true;
	}
	return false;
}

/* @where: section.name, as they stand in the file. */
static enum devid_err apply(struct parse *p, const struct conf_setting *s,
	const char *rest, const char *where, const char *value)
{
	struct devid_error cause = { DEVID_OK, "" };
	char *member = (char *)p->target + s->offset;
	enum devid_err rc;

	if (strlen(value) > CONF_VALUE_MAX)
		rc = devid_fail(&cause, DEVID_ERR_TOO_LARGE, "value too long");
	else if (has_hash_comment(value))
		rc = devid_fail(&cause, DEVID_ERR_INVALID,
			"a comment behind a value begins with ';', not with "
			"'#'");
	else
		rc = s->convert(member, value, rest, s, &cause);
	if (rc == DEVID_OK)
		return DEVID_OK;
	cause.code = rc;
	return devid_fail(p->err, rc, "%s:%d: %s: %s", p->path, p->line, where,
		devid_error_text(&cause));
}

static bool is_of_devid_conf(const char *section)
{
	static const char *const sections[] = { "keyd", "agent", "eap",
		"enroll", "device" };

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (strcmp(section, sections[i]) == 0)
			return true;
	}
	return strncmp(section, "key ", 4) == 0;
}

/* Sections of devid.conf, which several programs read: each passes over those
 * of the others. A section that nobody has is a slip of the pen. */
static bool is_shared(const struct parse *p, const char *section)
{
	if (!is_of_devid_conf(section))
		return false;
	for (const struct conf_setting *s = p->settings; s->section; s++) {
		if (is_of_devid_conf(s->section))
			return true;
	}
	return false;
}

static int handle(
	void *user, const char *section, const char *name, const char *value)
{
	struct parse *p = user;
	char where[WHERE_MAX];
	bool known = false;

	if (p->rc != DEVID_OK)
		return 1;
	if (!*section) {
		p->rc = devid_fail(p->err, DEVID_ERR_SYNTAX,
			"%s:%d: %s: before the first [section]", p->path,
			p->line, name);
		return 1;
	}
	(void)snprintf(where, sizeof(where), "%s.%s", section, name);
	for (const struct conf_setting *s = p->settings; s->section; s++) {
		const char *rest;

		if (!section_fits(s->section, section, &rest))
			continue;
		known = true;
		if (strcmp(s->name, name) != 0 && strcmp(s->name, "*") != 0)
			continue;
		p->rc = note_once(p, section, name);
		if (p->rc == DEVID_OK)
			p->rc = apply(p, s, rest, where, value);
		return 1;
	}
	if (known)
		p->rc = devid_fail(p->err, DEVID_ERR_INVALID,
			"%s:%d: %s.%s: no such setting", p->path, p->line,
			section, name);
	else if (!is_shared(p, section))
		p->rc = devid_fail(p->err, DEVID_ERR_INVALID,
			"%s:%d: [%s]: no such section", p->path, p->line,
			section);
	return 1;
}

void conf_lines_free(struct conf_lines *lines)
{
	while (lines && lines->seen) {
		struct seen *seen = lines->seen;

		lines->seen = seen->next;
		free(seen);
	}
	if (lines)
		free(lines->path);
	free(lines);
}

bool conf_is_set(const struct conf_lines *lines, const char *setting)
{
	return find(lines, setting) != NULL;
}

enum devid_err conf_refuse(const struct conf_lines *lines, const char *setting,
	const char *cause, struct devid_error *err)
{
	const struct seen *seen = find(lines, setting);

	if (!seen)
		return devid_fail(err, DEVID_ERR_INVALID, "%s: %s: %s",
			lines->path, setting, cause);
	return devid_fail(err, DEVID_ERR_INVALID, "%s:%d: %s: %s", lines->path,
		seen->line, setting, cause);
}

static enum devid_err read_file(
	const char *path, uint8_t **ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	enum devid_err rc;
	size_t len;

	rc = files_read(path, CONF_FILE_MAX, &text, &len, err);
	if (rc != DEVID_OK)
		return rc;
	if (memchr(text, '\0', len))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: contains a zero byte", path);
	*ret = STEAL(text);
	return DEVID_OK;
}

static enum devid_err parse(struct parse *p)
{
	int line = ini_parse_stream(next_line, p, handle, p);

	if (p->rc != DEVID_OK)
		return p->rc;
	if (line != 0)
		return devid_fail(p->err, DEVID_ERR_SYNTAX,
			"%s:%d: neither [section] nor name = value", p->path,
			line);
	return DEVID_OK;
}

enum devid_err conf_read(const struct conf_source *source,
	const struct conf_setting *settings, void *target,
	struct conf_lines **ret_lines, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *file = NULL;
	CLEANUP(cleanup_conf_lines)
	struct conf_lines *lines = calloc(1, sizeof(*lines));
	struct parse p = { .path = source->path,
		.next = source->text,
		.settings = settings,
		.target = target,
		.err = err,
		.lines = lines };
	enum devid_err rc = DEVID_OK;

	if (!lines || !(lines->path = strdup(source->path)))
		return fail_no_memory(err);
	if (!source->text) {
		rc = read_file(source->path, &file, err);
		p.next = (const char *)file;
	}
	if (rc == DEVID_OK)
		rc = parse(&p);
	if (rc == DEVID_OK)
		*ret_lines = STEAL(lines);
	return rc;
}

enum devid_err conf_parse(const char *path, const char *text,
	const struct conf_setting *settings, void *target,
	struct devid_error *err)
{
	CLEANUP(cleanup_conf_lines) struct conf_lines *lines = NULL;
	const struct conf_source source = { path, text };

	return conf_read(&source, settings, target, &lines, err);
}

enum devid_err conf_load(const char *path, const struct conf_setting *settings,
	void *target, struct devid_error *err)
{
	return conf_parse(path, NULL, settings, target, err);
}

enum devid_err conf_string(
	char **ret, const char *value, struct devid_error *err)
{
	char *copy;

	if (!*value)
		return devid_fail(err, DEVID_ERR_INVALID, "empty value");
	copy = strdup(value);
	if (!copy)
		return fail_no_memory(err);
	free(*ret);
	*ret = copy;
	return DEVID_OK;
}

enum devid_err conf_path(char **ret, const char *value, struct devid_error *err)
{
	if (value[0] != '/')
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not an absolute path", value);
	return conf_string(ret, value, err);
}

/* The kernel's limit, unix(7); a longer one would be told at the first use. */
enum devid_err conf_to_socket(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	const struct sockaddr_un *addr = NULL;

	(void)rest;
	(void)row;
	if (strlen(value) >= sizeof(addr->sun_path))
		return devid_fail(err, DEVID_ERR_INVALID,
			"path of a socket is longer than %zu bytes",
			sizeof(addr->sun_path) - 1);
	return conf_path(member, value, err);
}

enum devid_err conf_uint(const char *value, unsigned min, unsigned max,
	unsigned *ret, struct devid_error *err)
{
	uint64_t n = 0; /* a long may have the 32 bits of @max */
	const char *p = value;

	for (; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (p == value || *p || n < min || n > max)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not a number from %u to %u", value, min, max);
	*ret = (unsigned)n;
	return DEVID_OK;
}

enum devid_err conf_to_string(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	(void)rest;
	(void)row;
	return conf_string(member, value, err);
}

enum devid_err conf_skip(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	(void)member;
	(void)value;
	(void)rest;
	(void)row;
	(void)err;
	return DEVID_OK;
}

enum devid_err conf_to_path(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	(void)rest;
	(void)row;
	return conf_path(member, value, err);
}

enum devid_err conf_to_uint(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	(void)rest;
	return conf_uint(value, row->min, row->max, member, err);
}

enum devid_err conf_to_bool(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	static const char *const words[] = { "no", "yes", "false", "true", "0",
		"1" };

	(void)rest;
	(void)row;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) == 0) {
			*(bool *)member = i & 1;
			return DEVID_OK;
		}
	}
	return devid_fail(
		err, DEVID_ERR_INVALID, "'%s' is neither yes nor no", value);
}
