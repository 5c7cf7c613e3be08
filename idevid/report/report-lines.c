/* SPDX-License-Identifier: Apache-2.0 */
#include "report-lines.h"

#include <inttypes.h>
#include <string.h>

#include "cleanup-json.h"
#include "fail.h"
#include "report-text.h"
#include "report-time.h"

struct report_lines {
	struct report_source from;
	uint64_t line;    /* the one that was read last, from 1 */
	uint64_t objects; /* between the first and the last */
	size_t len;
	uint8_t raw[REPORT_LINE_MAX];
	char text[REPORT_MENDED_MAX(REPORT_LINE_MAX)];
};

static enum devid_err refuse(const struct report_lines *lines,
	enum devid_err code, const char *cause, struct devid_error *err)
{
	return devid_fail(err, code, "%s: line %" PRIu64 ": %s",
		lines->from.name, lines->line, cause);
}

enum devid_err report_lines_refuse(const struct report_lines *lines,
	const char *cause, struct devid_error *err)
{
	return refuse(lines, DEVID_ERR_SYNTAX, cause, err);
}

/* One line without its end; *@ret_any is false when there is none left. */
static enum devid_err read_line(
	struct report_lines *lines, bool *ret_any, struct devid_error *err)
{
	int c;

	lines->len = 0;
	lines->line++;
	while ((c = getc_unlocked(lines->from.in)) != EOF && c != '\n') {
		if (lines->len == sizeof(lines->raw))
			return refuse(lines, DEVID_ERR_TOO_LARGE,
				"longer than 65536 octets", err);
		lines->raw[lines->len++] = (uint8_t)c;
	}
	if (c == EOF && ferror(lines->from.in))
		return refuse(lines, DEVID_ERR_IO, "cannot be read", err);
	*ret_any = c != EOF || lines->len > 0;
	return DEVID_OK;
}

/* The line in memory as an object. */
static enum devid_err parse(
	struct report_lines *lines, json_t **ret, struct devid_error *err)
{
	struct view raw = { lines->raw, lines->len };
	size_t len = report_text_mend(raw, lines->text);
	json_error_t why;
	json_t *value = json_loadb(lines->text, len,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	char cause[JSON_ERROR_TEXT_LENGTH + 32];

	if (!value) {
		(void)snprintf(cause, sizeof(cause), "no JSON: %s", why.text);
		return refuse(lines, DEVID_ERR_SYNTAX,
			lines->len ? cause : "empty", err);
	}
	if (!json_is_object(value)) {
		json_decref(value);
		return refuse(lines, DEVID_ERR_SYNTAX, "not an object", err);
	}
	*ret = value;
	return DEVID_OK;
}

static enum devid_err check_head(const struct report_lines *lines,
	const json_t *head, const char *kind, struct devid_error *err)
{
	const char *is = json_string_value(json_object_get(head, "report"));
	const json_t *version = json_object_get(head, "version");
	char cause[128];

	if (!is)
		return refuse(lines, DEVID_ERR_SYNTAX,
			"says not of which report it is", err);
	if (strcmp(is, kind) != 0) {
		(void)snprintf(cause, sizeof(cause),
			"is of the report \"%.32s\", not \"%.32s\"", is, kind);
		return refuse(lines, DEVID_ERR_UNSUPPORTED, cause, err);
	}
	if (json_integer_value(version) != 1)
		return refuse(lines, DEVID_ERR_UNSUPPORTED,
			"is of a version that is not known here", err);
	return DEVID_OK;
}

enum devid_err report_lines_open(const struct report_source *from,
	const char *kind, struct report_lines **ret, json_t **ret_head,
	struct devid_error *err)
{
	struct report_lines *lines CLEANUP(cleanup_report_lines) =
		malloc(sizeof(*lines));
	json_t *head CLEANUP(cleanup_json) = NULL;
	enum devid_err rc;
	bool any = false;

	if (!lines)
		return fail_no_memory(err);
	lines->from = *from;
	lines->line = 0;
	lines->objects = 0;
	rc = read_line(lines, &any, err);
	if (rc == DEVID_OK && !any)
		rc = refuse(lines, DEVID_ERR_SYNTAX, "nothing is there", err);
	if (rc == DEVID_OK)
		rc = parse(lines, &head, err);
	if (rc == DEVID_OK)
		rc = check_head(lines, head, kind, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = STEAL(lines);
	*ret_head = STEAL(head);
	return DEVID_OK;
}

void report_lines_close(struct report_lines *lines)
{
	free(lines);
}

/* The last line: @count objects were to come before, and nothing after. */
static enum devid_err check_end(struct report_lines *lines, const json_t *count,
	struct devid_error *err)
{
	enum devid_err rc;
	bool any = false;

	if (!json_is_integer(count) || json_integer_value(count) < 0 ||
		(uint64_t)json_integer_value(count) != lines->objects)
		return refuse(lines, DEVID_ERR_SYNTAX,
			"the end counts other lines than there are", err);
	rc = read_line(lines, &any, err);
	if (rc == DEVID_OK && any)
		rc = refuse(
			lines, DEVID_ERR_SYNTAX, "comes after the end", err);
	return rc;
}

enum devid_err report_lines_next(
	struct report_lines *lines, json_t **ret, struct devid_error *err)
{
	json_t *object CLEANUP(cleanup_json) = NULL;
	const json_t *end;
	enum devid_err rc;
	bool any = false;

	rc = read_line(lines, &any, err);
	if (rc == DEVID_OK && !any)
		rc = refuse(lines, DEVID_ERR_SYNTAX,
			"the end is missing: the input was cut off", err);
	if (rc == DEVID_OK)
		rc = parse(lines, &object, err);
	if (rc != DEVID_OK)
		return rc;
	end = json_object_get(object, "end");
	if (end) {
		rc = check_end(lines, end, err);
		if (rc == DEVID_OK)
			*ret = NULL;
		return rc;
	}
	lines->objects++;
	*ret = STEAL(object);
	return DEVID_OK;
}

static enum devid_err refuse_member(const struct report_lines *lines,
	const char *key, const char *what, struct devid_error *err)
{
	char cause[96];

	(void)snprintf(cause, sizeof(cause), "%.32s: %.56s", key, what);
	return refuse(lines, DEVID_ERR_SYNTAX, cause, err);
}

enum devid_err report_lines_text(const struct report_lines *lines,
	const json_t *object, const char *key, struct view *ret,
	struct devid_error *err)
{
	const json_t *value = json_object_get(object, key);

	*ret = report_view(NULL);
	if (!value || json_is_null(value))
		return DEVID_OK;
	if (!json_is_string(value))
		return refuse_member(lines, key, "not a string", err);
	*ret = (struct view) { (const uint8_t *)json_string_value(value),
		json_string_length(value) };
	return DEVID_OK;
}

enum devid_err report_lines_time(const struct report_lines *lines,
	const json_t *object, const char *key, int64_t *ret,
	struct devid_error *err)
{
	const json_t *value = json_object_get(object, key);
	json_int_t seconds = json_integer_value(value);

	*ret = -1;
	if (!value || json_is_null(value))
		return DEVID_OK;
	if (!json_is_integer(value) || seconds < 0 || seconds > REPORT_TIME_MAX)
		return refuse_member(
			lines, key, "not seconds from 1970 to 9999", err);
	*ret = seconds;
	return DEVID_OK;
}
