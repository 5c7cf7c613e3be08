/* SPDX-License-Identifier: Apache-2.0 */
#include "est-route.h"

#include <string.h>

#include "est-body.h"
#include "http-target.h"

/* RFC 8615: what lies below /.well-known/. */
static const char est[] = "/.well-known/est/";
static const char devid[] = "/.well-known/devid/";

#define DOES(method) (1u << (method))

static const struct row {
	const char *base, *name;
	enum est_op op;
	unsigned methods;
	bool open;
} rows[] = {
	{ est, "cacerts", EST_CACERTS, DOES(EST_GET) | DOES(EST_HEAD), true },
	{ est, "csrattrs", EST_CSRATTRS, DOES(EST_GET) | DOES(EST_HEAD), true },
	/* Each is good once: who only wants to look gets none. */
	{ est, "nonce", EST_NONCE, DOES(EST_GET), false },
	{ est, "simpleenroll", EST_ENROL, DOES(EST_POST), false },
	{ est, "simplereenroll", EST_REENROL, DOES(EST_POST), false },
	{ devid, "onboarding", EST_ONBOARDING, DOES(EST_GET) | DOES(EST_HEAD),
		false },
};

static void refuse(
	struct est_route *r, int status, const char *rule, const char *text)
{
	r->status = status;
	r->rule = rule;
	r->text = text;
}

/* What is behind @base in @path, up to a query; NULL: @path is not below it. */
static const char *rest_of(const char *path, const char *base, size_t *ret_len)
{
	size_t len = strlen(base);

	if (strncmp(path, base, len) != 0)
		return NULL;
	*ret_len = strcspn(path + len, "?");
	return path + len;
}

static const struct row *find_row(
	const char *base, const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].base == base && strlen(rows[i].name) == len &&
			memcmp(rows[i].name, name, len) == 0)
			return &rows[i];
	}
	return NULL;
}

/* The name of a profile in the configuration. */
static bool is_label(const char *text, size_t len)
{
	static const char other[] = "0123456789_-";

	for (size_t i = 0; i < len; i++) {
		bool lower = text[i] >= 'a' && text[i] <= 'z';
		bool upper = text[i] >= 'A' && text[i] <= 'Z';

		if (!lower && !upper &&
			(text[i] == '\0' || !strchr(other, text[i])))
			return false;
	}
	return len > 0 && len < REGISTRAR_NAME_MAX;
}

/* [label/]operation below one of the two places. */
static const struct row *find(const char *path, struct est_route *r)
{
	const char *const bases[] = { est, devid };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		size_t len = 0;
		const char *rest = rest_of(path, bases[i], &len);
		const char *slash = rest ? memchr(rest, '/', len) : NULL;

		if (!rest)
			continue;
		if (slash) {
			size_t n = (size_t)(slash - rest);

			if (!is_label(rest, n))
				return NULL;
			memcpy(r->label, rest, n);
			rest = slash + 1;
			len -= n + 1;
		}
		return find_row(bases[i], rest, len);
	}
	return NULL;
}

static void apply(
	const struct row *row, const struct est_call *call, struct est_route *r)
{
	r->op = row->op;
	r->open = row->open;
	if (!(row->methods & DOES(call->method))) {
		r->allow = row->methods == DOES(EST_POST)  ? "POST"
			   : row->methods == DOES(EST_GET) ? "GET"
							   : "GET, HEAD";
		refuse(r, 405, "method", "not this one here");
		return;
	}
	if (call->method != EST_POST)
		return;
	if (call->body_len > EST_BODY_MAX)
		refuse(r, 413, "body", "too large");
	else if (!http_type_is(call->type, "application/pkcs10"))
		refuse(r, 415, "content-type", "not application/pkcs10");
}

void est_route(const struct est_call *call, struct est_route *ret)
{
	const char *path = http_target_path(call->target);
	const struct row *row;

	memset(ret, 0, sizeof(*ret));
	if (!path) {
		refuse(ret, 400, "target", "not a path");
		return;
	}
	row = find(path, ret);
	if (row)
		apply(row, call, ret);
	else
		refuse(ret, 404, "target", "nothing is here");
}
