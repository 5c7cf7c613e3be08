/* SPDX-License-Identifier: Apache-2.0 */
#include "revoked-list.h"

#include <stdlib.h>
#include <string.h>

#include "cert-time.h"
#include "cleanup.h"
#include "fail.h"
#include "hex.h"

#define LINE_MAX_LEN 128 /* 40 + 1 + 15 + 1 + the longest reason */
#define TIME_LEN     15

/* Reasons for a CA's certificate; holds are no use here (RFC 5280 5.3.1). */
static const struct {
	const char *name;
	int reason;
} reasons[] = {
	{ "unspecified", 0 },
	{ "cACompromise", 2 },
	{ "affiliationChanged", 3 },
	{ "superseded", 4 },
	{ "cessationOfOperation", 5 },
};

/* Positive, at most 20 octets (RFC 5280 4.1.2.2), minimal as DER has it. */
static bool parse_serial(
	const char *text, size_t len, struct build_revoked *entry)
{
	if (len == 0 || len % 2 || len > 2 * (size_t)SERIAL_LEN ||
		!hex_decode(text, entry->serial, len / 2))
		return false;
	entry->serial_len = len / 2;
	return entry->serial[0] != 0;
}

static bool parse_reason(const char *text, struct build_revoked *entry)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].name, text) == 0) {
			entry->reason = reasons[i].reason;
			return true;
		}
	}
	return false;
}

/* @line is NUL-terminated. */
static bool parse_line(const char *line, struct build_revoked *entry)
{
	size_t len = strcspn(line, " ");
	char when[TIME_LEN + 1];
	const char *rest;
	int64_t t;

	if (!parse_serial(line, len, entry) || !line[len])
		return false;
	rest = line + len + 1;
	if (strlen(rest) <= TIME_LEN || rest[TIME_LEN] != ' ')
		return false;
	memcpy(when, rest, TIME_LEN);
	when[TIME_LEN] = '\0';
	if (pki_time_parse(when, &t, NULL) != DEVID_OK)
		return false;
	entry->when = t;
	return parse_reason(rest + TIME_LEN + 1, entry);
}

static bool is_there(const struct build_revoked *list, size_t n,
	const struct build_revoked *entry)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].serial_len == entry->serial_len &&
			memcmp(list[i].serial, entry->serial,
				entry->serial_len) == 0)
			return true;
	}
	return false;
}

enum devid_err revoked_list_parse(const char *text, size_t len,
	struct build_revoked **ret, size_t *ret_n, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct build_revoked *list = NULL;
	size_t n = 0, line = 0;

	for (size_t at = 0, end; at < len; at = end + 1) {
		struct build_revoked entry = { .serial_len = 0 };
		const char *nl = memchr(text + at, '\n', len - at);
		char copy[LINE_MAX_LEN + 1];
		void *more;

		end = nl ? (size_t)(nl - text) : len;
		line++;
		if (end == at || text[at] == '#')
			continue;
		if (end - at > LINE_MAX_LEN || memchr(text + at, 0, end - at))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"line %zu: too long, or has a NUL", line);
		memcpy(copy, text + at, end - at);
		copy[end - at] = '\0';
		if (!parse_line(copy, &entry))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"line %zu: not SERIAL TIME REASON", line);
		if (is_there(list, n, &entry))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"line %zu: this serial number is there twice",
				line);
		if (n == REVOKED_LIST_MAX)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"more than %d entries", REVOKED_LIST_MAX);
		more = reallocarray(list, n + 1, sizeof(*list));
		if (!more)
			return fail_no_memory(err);
		list = more;
		list[n++] = entry;
	}
	*ret = STEAL(list);
	*ret_n = n;
	return DEVID_OK;
}
