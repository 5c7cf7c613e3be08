/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of requests, as RFC 9112 has them. */
#include "cmocka-all.h"

#include <stdio.h>

#include "head.h"

#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

static struct http_head head;

/* Feeds @text in pieces of @step; what the first request is answered. */
static int status_of(const char *text, size_t step)
{
	size_t len = strlen(text);
	const char *why = NULL;
	int status;

	http_head_init(&head);
	for (size_t i = 0; i < len; i += step)
		http_head_feed(&head, (const uint8_t *)text + i,
			len - i < step ? len - i : step);
	status = http_head_next(&head, &why);
	assert_int_equal(status != 0, why != NULL);
	return status;
}

/* covers: RFC9112-heads */
static void next_right_heads_pass(void **state)
{
	static const char *const texts[] = {
		GET HOST "\r\n",
		"GET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.9\r\nHost:\r\n\r\n",
		"GET http://a:80/x?y HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
		"M-SEARCH * HTTP/1.1\r\n" HOST "\r\n",
		GET HOST "X:\r\nY:  a b\t \r\nZ: \xc3\xa4\r\n\r\n",
		GET HOST "Content-Length: 0\r\n\r\n",
		POST HOST "content-length:\t 4 \r\n\r\nabcd",
		POST HOST "Content-Length: 004\r\n\r\nabcd",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		assert_int_equal(status_of(texts[i], 1000), 0);
		assert_int_equal(status_of(texts[i], 1), 0);
	}
}

static const struct {
	const char *text;
	int status;
	const char *why;
} wrong[] = {
	/* 2.2 */
	{ "\r\n" GET HOST "\r\n", 400, "malformed method" },
	{ "GET / HTTP/1.1\n" HOST "\r\n", 400, "version or end" },
	{ GET "Host: a\n\r\n", 400, "bare line feed" },
	{ GET HOST "\n", 400, "bare line feed" },
	{ GET "Host: a\rb\r\n\r\n", 400, "carriage return" },
	{ GET HOST "\rX", 400, "carriage return" },
	{ "GET / HTTP/1.1\rX", 400, "carriage return" },
	/* 2.3 */
	{ "GET / HTTP/2.0\r\n" HOST "\r\n", 505, "HTTP/1.1" },
	{ "GET / http/1.1\r\n" HOST "\r\n", 400, "version" },
	{ "GET / HTTP/1.x\r\n" HOST "\r\n", 400, "version" },
	{ "GET / HTTP/1.11\r\n" HOST "\r\n", 400, "version" },
	/* 3 */
	{ "GET  / HTTP/1.1\r\n" HOST "\r\n", 400, "target" },
	{ "GET /\t HTTP/1.1\r\n" HOST "\r\n", 400, "target" },
	{ "GET / HTTP/1.1 \r\n" HOST "\r\n", 400, "version" },
	{ "G(T / HTTP/1.1\r\n" HOST "\r\n", 400, "method" },
	{ " GET / HTTP/1.1\r\n" HOST "\r\n", 400, "method" },
	/* 3.2 */
	{ GET "\r\n", 400, "Host: wanted" },
	{ GET HOST HOST "\r\n", 400, "Host: twice" },
	{ GET "Host: a b\r\n\r\n", 400, "Host: malformed" },
	{ GET "Host: a/b\r\n\r\n", 400, "Host: malformed" },
	/* 5.1, 5.2 */
	{ GET "Host : a\r\n\r\n", 400, "name of a field" },
	{ GET HOST "X\r\n\r\n", 400, "name of a field" },
	{ GET HOST ": x\r\n\r\n", 400, "malformed name" },
	{ GET HOST " X: y\r\n\r\n", 400, "folded" },
	{ GET " X: y\r\n" HOST "\r\n", 400, "folded" },
	{ GET HOST "X: \x01\r\n\r\n", 400, "control" },
	{ GET HOST "X: \x7f\r\n\r\n", 400, "control" },
	/* 6.1 */
	{ POST HOST "Transfer-Encoding: chunked\r\n"
		    "Content-Length: 4\r\n\r\n",
		400, "not with this" },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
		"not with this" },
	{ POST HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501,
		"not this one" },
	{ POST HOST "Transfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n",
		501, "not this one" },
	{ POST HOST "Transfer-Encoding: Chunked\r\n\r\n", 411, "wanted" },
	/* 6.2, 6.3 */
	{ POST HOST "Content-Length: 4\r\nContent-Length: 4\r\n\r\n", 400,
		"twice" },
	{ POST HOST "Content-Length: +4\r\n\r\n", 400, "number" },
	{ POST HOST "Content-Length: -4\r\n\r\n", 400, "number" },
	{ POST HOST "Content-Length: 4, 4\r\n\r\n", 400, "number" },
	{ POST HOST "Content-Length: 0x4\r\n\r\n", 400, "number" },
	{ POST HOST "Content-Length:\r\n\r\n", 400, "empty" },
	{ POST HOST "Content-Length : 4\r\n\r\n", 400, "name" },
	{ GET HOST "Content-Length: 4\r\n\r\n", 400, "this method" },
	{ "POSTS / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n", 400,
		"this method" },
	/* what evhttp should not have taken for a head */
	{ GET HOST, 400, "head: malformed" },
};

/* covers: RFC9112-heads RFC9112-empty-line RFC9112-chunked */
static void next_each_wrong_head_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++) {
		assert_int_equal(
			status_of(wrong[i].text, 1000), wrong[i].status);
		assert_non_null(strstr(head.why, wrong[i].why));
		assert_int_equal(status_of(wrong[i].text, 1), wrong[i].status);
	}
}

static void next_nul_in_a_head_refused(void **state)
{
	static const char text[] = GET HOST "X: a\0b\r\n\r\n";
	const char *why = NULL;

	(void)state;
	http_head_init(&head);
	http_head_feed(&head, (const uint8_t *)text, sizeof(text) - 1);
	assert_int_equal(http_head_next(&head, &why), 400);
}

static void next_long_values_that_matter_refused(void **state)
{
	char text[2 * HTTP_HEAD_VALUE_MAX + 64];
	char name[HTTP_HEAD_VALUE_MAX + 8];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(text, sizeof(text), GET "Host: %s\r\n\r\n", name);
	assert_int_equal(status_of(text, 1000), 400);
	(void)snprintf(text, sizeof(text), GET HOST "X: %s\r\n\r\n", name);
	assert_int_equal(status_of(text, 1000), 0);
	(void)snprintf(text, sizeof(text), GET HOST "%s: x\r\n\r\n", name);
	assert_int_equal(status_of(text, 1000), 0);
}

/* The body is not read as a head, and what stands behind it is. */
static void next_requests_in_a_row_told_apart(void **state)
{
	static const char text[] =
		POST HOST "Content-Length: 9\r\n\r\nGET\n\r\n  \n" GET HOST
			  "\r\n" POST HOST "Content-Length: +1\r\n\r\nx";
	const char *why = NULL;

	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		assert_int_equal(status_of(text, step), 0);
		assert_int_equal(http_head_next(&head, &why), 0);
		assert_int_equal(http_head_next(&head, &why), 400);
		assert_int_equal(http_head_next(&head, &why), 400);
	}
}

/* A head that is right does not heal the connection. */
static void next_after_a_wrong_head_nothing_is_right(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_int_equal(status_of(GET "\r\n" GET HOST "\r\n", 1000), 400);
	http_head_feed(&head, (const uint8_t *)GET HOST "\r\n",
		strlen(GET HOST "\r\n"));
	assert_int_equal(http_head_next(&head, &why), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_right_heads_pass),
		cmocka_unit_test(next_each_wrong_head_answered),
		cmocka_unit_test(next_nul_in_a_head_refused),
		cmocka_unit_test(next_long_values_that_matter_refused),
		cmocka_unit_test(next_requests_in_a_row_told_apart),
		cmocka_unit_test(next_after_a_wrong_head_nothing_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
