/* SPDX-License-Identifier: Apache-2.0 */
#include "head.h"

#include <string.h>
#include <strings.h>

enum part {
	PART_METHOD,
	PART_TARGET,
	PART_VERSION,
	PART_VERSION_LF,
	PART_LINE, /* a field's first byte, or the end of the head */
	PART_NAME,
	PART_VALUE,
	PART_VALUE_LF,
	PART_END_LF,
	PART_BODY,
	PART_WRONG, /* for good */
};

/* The fields that say where a request ends and for whom it is. */
enum field {
	FIELD_OTHER,
	FIELD_LENGTH,
	FIELD_CODING,
	FIELD_HOST
};

static const char version[] = "HTTP/1.";

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110 5.6.2 */
static bool is_token(uint8_t c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 9110 7.2, RFC 3986 3.2.2, 3.2.3 */
static bool is_host(uint8_t c)
{
	return is_alnum(c) || (c && strchr("-._~%!$&'()*+,;=:[]", c));
}

/* RFC 9110 5.5; a tab and a blank are no part of a value's ends. */
static bool is_value(uint8_t c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

static void wrong(struct http_head *h, int status, const char *why)
{
	h->part = PART_WRONG;
	h->status = status;
	h->why = why;
}

static void go(struct http_head *h, enum part part)
{
	h->part = part;
	h->at = 0;
}

static void begin(struct http_head *h)
{
	memset(h->method, 0, sizeof(h->method));
	h->old = h->has_length = h->has_coding = h->has_host = false;
	h->chunked = false;
	h->length = 0;
	go(h, PART_METHOD);
}

void http_head_init(struct http_head *h)
{
	memset(h, 0, sizeof(*h));
	begin(h);
}

/* ---- the first line, RFC 9112 3 ---- */

static void feed_method(struct http_head *h, uint8_t c)
{
	if (c == ' ' && h->at > 0) {
		go(h, PART_TARGET);
		return;
	}
	if (!is_token(c)) {
		wrong(h, 400, "request line: malformed method");
		return;
	}
	/* What is longer is none that has a body here. */
	if (h->at < sizeof(h->method))
		h->method[h->at] = (char)c;
	h->at++;
}

static void feed_target(struct http_head *h, uint8_t c)
{
	if (c == ' ' && h->at > 0)
		go(h, PART_VERSION);
	else if (c > ' ' && c < 0x7f)
		h->at++;
	else
		wrong(h, 400, "request line: malformed target");
}

static void feed_version(struct http_head *h, uint8_t c)
{
	const unsigned minor = sizeof(version) - 1;

	if (h->at == minor + 1 && c == '\r') {
		go(h, PART_VERSION_LF);
		return;
	}
	if (h->at == minor - 2 && is_digit(c) && c != '1') {
		wrong(h, 505, "request line: not HTTP/1.1");
		return;
	}
	if (h->at > minor || (h->at == minor && !is_digit(c)) ||
		(h->at < minor && c != (uint8_t)version[h->at])) {
		wrong(h, 400, "request line: malformed version or end");
		return;
	}
	if (h->at == minor)
		h->old = c == '0';
	h->at++;
}

/* ---- fields, RFC 9112 5 ---- */

static void feed_line(struct http_head *h, uint8_t c)
{
	h->value_len = 0;
	if (c == '\r') {
		go(h, PART_END_LF);
	} else if (is_token(c)) {
		go(h, PART_NAME);
		h->value[h->value_len++] = (char)c;
	} else if (c == ' ' || c == '\t') {
		wrong(h, 400, "head: a line that is folded"); /* 5.2 */
	} else {
		wrong(h, 400, "head: malformed name, or a bare line feed");
	}
}

static bool value_is(const struct http_head *h, const char *text)
{
	return h->value_len == strlen(text) &&
	       strncasecmp(h->value, text, h->value_len) == 0;
}

static enum field find_field(const struct http_head *h)
{
	if (value_is(h, "Content-Length"))
		return FIELD_LENGTH;
	if (value_is(h, "Transfer-Encoding"))
		return FIELD_CODING;
	return value_is(h, "Host") ? FIELD_HOST : FIELD_OTHER;
}

static void feed_name(struct http_head *h, uint8_t c)
{
	if (c == ':') {
		h->field = find_field(h);
		h->value_len = 0;
		go(h, PART_VALUE);
	} else if (!is_token(c)) { /* 5.1: nothing before the colon */
		wrong(h, 400, "head: malformed name of a field");
	} else if (h->value_len < sizeof(h->value)) {
		h->value[h->value_len++] = (char)c;
	}
}

static void feed_value(struct http_head *h, uint8_t c)
{
	if (c == '\r') {
		go(h, PART_VALUE_LF);
		return;
	}
	if (!is_value(c)) {
		wrong(h, 400, "head: a control character, or a bare line feed");
		return;
	}
	if (h->value_len == 0 && (c == ' ' || c == '\t'))
		return;
	if (h->value_len < sizeof(h->value))
		h->value[h->value_len++] = (char)c;
	else if (h->field != FIELD_OTHER)
		wrong(h, 400, "head: too long a value");
}

/* RFC 9110 8.6, RFC 9112 6.3: digits, once. */
static void take_length(struct http_head *h)
{
	uint64_t n = 0;

	for (size_t i = 0; i < h->value_len; i++) {
		if (!is_digit((uint8_t)h->value[i])) {
			wrong(h, 400, "Content-Length: not a number");
			return;
		}
		/* What is longer ends as too long, in evhttp. */
		if (n < UINT64_MAX / 100)
			n = n * 10 + (uint64_t)(h->value[i] - '0');
	}
	if (h->has_length || h->value_len == 0)
		wrong(h, 400, "Content-Length: twice, or empty");
	h->has_length = true;
	h->length = n;
}

static void take_host(struct http_head *h)
{
	if (h->has_host)
		wrong(h, 400, "Host: twice");
	h->has_host = true;
	for (size_t i = 0; i < h->value_len; i++) {
		if (!is_host((uint8_t)h->value[i]))
			wrong(h, 400, "Host: malformed");
	}
}

static void take_field(struct http_head *h)
{
	while (h->value_len > 0 && (h->value[h->value_len - 1] == ' ' ||
					   h->value[h->value_len - 1] == '\t'))
		h->value_len--;
	go(h, PART_LINE);
	switch ((enum field)h->field) {
	case FIELD_LENGTH:
		take_length(h);
		break;
	case FIELD_CODING:
		h->chunked = !h->has_coding && value_is(h, "chunked");
		h->has_coding = true;
		break;
	case FIELD_HOST:
		take_host(h);
		break;
	case FIELD_OTHER:
		break;
	}
}

/* ---- the end of the head ---- */

static bool method_is(const struct http_head *h, const char *name)
{
	return strncmp(h->method, name, sizeof(h->method)) == 0;
}

/* evhttp reads a body behind these alone; behind another method it would take
 * the body for the next request. */
static bool may_have_body(const struct http_head *h)
{
	return method_is(h, "POST") || method_is(h, "PUT") ||
	       method_is(h, "PATCH");
}

static void end_head(struct http_head *h)
{
	if (h->has_coding && (h->has_length || h->old))
		wrong(h, 400, "Transfer-Encoding: not with this"); /* 6.1 */
	else if (h->has_coding && !h->chunked)
		wrong(h, 501, "Transfer-Encoding: not this one"); /* 6.1 */
	else if (h->has_coding)
		wrong(h, 411, "Content-Length: wanted"); /* 6.3 */
	else if (!h->has_host && !h->old)
		wrong(h, 400, "Host: wanted"); /* 3.2 */
	else if (h->length > 0 && !may_have_body(h))
		wrong(h, 400, "body: not with this method");
	if (h->part == PART_WRONG)
		return;
	h->n_seen++;
	if (h->length > 0)
		go(h, PART_BODY);
	else
		begin(h);
}

static void feed_lf(struct http_head *h, uint8_t c)
{
	if (c != '\n') /* 2.2 */
		wrong(h, 400, "head: a bare carriage return");
	else if (h->part == PART_VALUE_LF)
		take_field(h);
	else if (h->part == PART_END_LF)
		end_head(h);
	else
		go(h, PART_LINE);
}

static void feed_byte(struct http_head *h, uint8_t c)
{
	switch ((enum part)h->part) {
	case PART_METHOD:
		feed_method(h, c);
		break;
	case PART_TARGET:
		feed_target(h, c);
		break;
	case PART_VERSION:
		feed_version(h, c);
		break;
	case PART_LINE:
		feed_line(h, c);
		break;
	case PART_NAME:
		feed_name(h, c);
		break;
	case PART_VALUE:
		feed_value(h, c);
		break;
	case PART_VERSION_LF:
	case PART_VALUE_LF:
	case PART_END_LF:
		feed_lf(h, c);
		break;
	case PART_BODY:
	case PART_WRONG:
		break;
	}
}

void http_head_feed(struct http_head *h, const uint8_t *data, size_t len)
{
	size_t i = 0;

	while (i < len && h->part != PART_WRONG) {
		size_t rest = len - i;

		if (h->part != PART_BODY) {
			feed_byte(h, data[i++]);
			continue;
		}
		if (rest > h->length)
			rest = (size_t)h->length;
		i += rest;
		h->length -= rest;
		if (h->length == 0)
			begin(h);
	}
}

int http_head_next(struct http_head *h, const char **ret_why)
{
	if (h->n_asked < h->n_seen) {
		h->n_asked++;
		return 0;
	}
	/* evhttp took for a head what we have not seen the end of. */
	if (h->status == 0)
		wrong(h, 400, "head: malformed");
	*ret_why = h->why;
	return h->status;
}
