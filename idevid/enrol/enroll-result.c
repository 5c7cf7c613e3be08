/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll-result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"

static const char *const ops[ENROLL_OP_COUNT] = {
	[ENROLL_OP_ENROL] = "enrol",
	[ENROLL_OP_DOCUMENT] = "document",
	[ENROLL_OP_DROP] = "drop",
};

static const char *const ends[ENROLL_END_COUNT] = {
	[ENROLL_DONE] = "done",
	[ENROLL_PENDING] = "pending",
	[ENROLL_FAILED] = "failed",
};

static const char *const classes[ENROLL_CLASS_COUNT] = {
	[ENROLL_CLASS_NONE] = "",
	[ENROLL_EST_UNTRUSTED] = "EST_UNTRUSTED",
	[ENROLL_EST_UNREACHABLE] = "EST_UNREACHABLE",
	[ENROLL_EST_REDIRECT] = "EST_REDIRECT",
	[ENROLL_EST_REFUSED] = "EST_REFUSED",
	[ENROLL_EST_MALFORMED] = "EST_MALFORMED",
	[ENROLL_EST_TOO_LARGE] = "EST_TOO_LARGE",
	[ENROLL_EST_TIMEOUT] = "EST_TIMEOUT",
	[ENROLL_EST_WRONG_CERT] = "EST_WRONG_CERT",
	[ENROLL_EST_SERVER] = "EST_SERVER",
	[ENROLL_NO_ANCHOR] = "NO_ANCHOR",
	[ENROLL_NO_REGISTRAR] = "NO_REGISTRAR",
	[ENROLL_KEY_UNAVAILABLE] = "KEY_UNAVAILABLE",
	[ENROLL_DOCUMENT] = "DOCUMENT",
	[ENROLL_LOCAL] = "LOCAL",
};

const char *enroll_op_name(enum enroll_op op)
{
	return ops[op];
}

const char *enroll_end_name(enum enroll_end end)
{
	return ends[end];
}

const char *enroll_class_name(enum enroll_class class)
{
	return classes[class];
}

/* Where @text is in @names; @n when it is not. */
static size_t find(const char *const *names, size_t n, const char *text)
{
	size_t i = 0;

	while (i < n && (!text || strcmp(names[i], text) != 0))
		i++;
	return i;
}

bool enroll_op_by_name(const char *name, enum enroll_op *ret)
{
	size_t i = find(ops, ENROLL_OP_COUNT, name);

	if (i == ENROLL_OP_COUNT)
		return false;
	*ret = (enum enroll_op)i;
	return true;
}

void enroll_result_set_reason(struct enroll_result *result, const char *text)
{
	size_t i = 0;

	for (; i < sizeof(result->reason) - 1 && text[i]; i++)
		result->reason[i] =
			text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	result->reason[i] = '\0';
}

/* Takes the reference of @value, which may be NULL, also on failure. */
static bool put(json_t *root, const char *name, json_t *value)
{
	return json_object_set_new(root, name, value) == 0;
}

static json_t *number(bool there, uint64_t value)
{
	return there ? json_integer((json_int_t)value) : json_null();
}

static bool put_all(json_t *root, const struct enroll_result *r)
{
	return put(root, "op", json_string(ops[r->op])) &&
	       put(root, "result", json_string(ends[r->end])) &&
	       put(root, "class", json_string(classes[r->class])) &&
	       put(root, "reason", json_string(r->reason)) &&
	       put(root, "retry_after",
		       number(r->has_retry_after, r->retry_after)) &&
	       put(root, "key", json_string(r->key)) &&
	       put(root, "epoch", number(r->has_epoch, r->epoch));
}

enum devid_err enroll_result_write(const char *path,
	const struct enroll_result *result, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = json_object();
	CLEANUP(cleanup_free) char *text = NULL;

	if (root && put_all(root, result))
		text = json_dumps(root, JSON_INDENT(1));
	if (!text)
		return fail_no_memory_for(err, path);
	return files_write_atomic(path, text, strlen(text), 0644, err);
}

/* ---- reading ---- */

static enum devid_err bad(struct devid_error *err, const char *member)
{
	return devid_fail(err, DEVID_ERR_SYNTAX,
		"result of devid-enroll: %s: missing or not of its form",
		member);
}

static bool take_name(json_t *root, const char *member,
	const char *const *names, size_t n, size_t *ret)
{
	*ret = find(names, n, json_string_value(json_object_get(root, member)));
	return *ret < n;
}

/* Text of printable ASCII that fits @size with its NUL. */
static bool take_text(json_t *root, const char *member, char *ret, size_t size)
{
	json_t *value = json_object_get(root, member);
	size_t len = json_string_length(value);
	const char *text = json_string_value(value);

	if (!text || len >= size)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	memcpy(ret, text, len + 1);
	return true;
}

/* null, or a number from 0 to @max. */
static bool take_number(json_t *root, const char *member, json_int_t max,
	bool *ret_there, json_int_t *ret)
{
	json_t *value = json_object_get(root, member);

	*ret_there = json_is_integer(value);
	*ret = json_integer_value(value);
	if (!*ret_there)
		return json_is_null(value);
	return *ret >= 0 && *ret <= max;
}

static enum devid_err take_names(
	json_t *root, struct enroll_result *ret, struct devid_error *err)
{
	size_t i;

	if (!take_name(root, "op", ops, ENROLL_OP_COUNT, &i))
		return bad(err, "op");
	ret->op = (enum enroll_op)i;
	if (!take_name(root, "result", ends, ENROLL_END_COUNT, &i))
		return bad(err, "result");
	ret->end = (enum enroll_end)i;
	if (!take_name(root, "class", classes, ENROLL_CLASS_COUNT, &i))
		return bad(err, "class");
	ret->class = (enum enroll_class)i;
	return DEVID_OK;
}

static enum devid_err take_all(
	json_t *root, struct enroll_result *ret, struct devid_error *err)
{
	json_int_t value = 0;
	enum devid_err rc = take_names(root, ret, err);

	if (rc != DEVID_OK)
		return rc;
	if (!take_text(root, "reason", ret->reason, sizeof(ret->reason)))
		return bad(err, "reason");
	if (!take_text(root, "key", ret->key, sizeof(ret->key)) ||
		(ret->key[0] && !keyref_name_ok(ret->key, strlen(ret->key))))
		return bad(err, "key");
	if (!take_number(root, "retry_after", ENROLL_RETRY_MAX_SECONDS,
		    &ret->has_retry_after, &value))
		return bad(err, "retry_after");
	ret->retry_after = (unsigned)value;
	if (!take_number(root, "epoch", INT64_MAX, &ret->has_epoch, &value))
		return bad(err, "epoch");
	ret->epoch = (uint64_t)value;
	return DEVID_OK;
}

enum devid_err enroll_result_parse(const char *text, size_t len,
	struct enroll_result *ret, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = NULL;
	struct enroll_result result = { 0 };
	enum devid_err rc;

	if (len > ENROLL_RESULT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"result of devid-enroll: %zu bytes", len);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"result of devid-enroll: not one JSON object");
	rc = take_all(root, &result, err);
	if (rc == DEVID_OK)
		*ret = result;
	return rc;
}

/* As much as fits @buf; a file that has more fills it. */
static enum devid_err read_some(const char *path, char *buf, size_t size,
	size_t *ret_len, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return devid_fail(err,
			errno == ENOENT  ? DEVID_ERR_NOT_FOUND
			: errno == ELOOP ? DEVID_ERR_DENIED
					 : DEVID_ERR_IO,
			"%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return devid_fail(
			err, DEVID_ERR_DENIED, "%s: no regular file", path);
	while ((n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	*ret_len = len;
	return DEVID_OK;
}

enum devid_err enroll_result_read(
	const char *path, struct enroll_result *ret, struct devid_error *err)
{
	char text[ENROLL_RESULT_MAX + 1];
	size_t len = 0;
	enum devid_err rc = read_some(path, text, sizeof(text), &len, err);

	return rc == DEVID_OK ? enroll_result_parse(text, len, ret, err) : rc;
}
