/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of OCSP requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include "publish.h"
#include "ocsp.h"

#define OCTETS_20 "0414 0101010101010101010101010101010101010101"
#define NONCE     "0609 2b0601050507300102"
#define OTHER     "0603 2a0304"

/* A request in parts, as hex of complete elements; NULL: as it should be. */
struct parts {
	enum devid_err want;
	const char *before; /* the requestList */
	const char *alg, *name, *key, *serial;
	const char *single; /* behind the CertID */
	const char *more;   /* behind the Request */
	const char *ext;    /* contents of Extension, in requestExtensions */
	const char *after;  /* the extensions, in TBSRequest */
	const char *tail;   /* behind TBSRequest */
	const char *behind; /* all */
};

static void add(struct certs_buf *buf, const char *hex, const char *instead)
{
	struct certs_buf more = certs_hex(hex ? hex : instead);

	certs_append(buf, more.data, more.len);
}

/* @buf wrapped in @tag, and @hex behind it. */
static void wrap(struct certs_buf *buf, uint8_t tag, const char *hex)
{
	*buf = certs_tlv(tag, buf);
	add(buf, hex, "");
}

static struct certs_buf request_of(const struct parts *p)
{
	struct certs_buf buf = { .len = 0 }, all = { .len = 0 }, ext;

	add(&buf, p->alg, "3009 06052b0e03021a 0500");
	add(&buf, p->name, OCTETS_20);
	add(&buf, p->key, OCTETS_20);
	add(&buf, p->serial, "020105");
	wrap(&buf, 0x30, p->single); /* CertID */
	wrap(&buf, 0x30, p->more);   /* Request */
	wrap(&buf, 0x30, NULL);      /* requestList */
	add(&all, p->before, "");
	certs_append(&all, buf.data, buf.len);
	if (p->ext) {
		ext = certs_hex(p->ext);
		wrap(&ext, 0x30, NULL); /* Extension */
		wrap(&ext, 0x30, NULL);
		wrap(&ext, 0xa2, NULL);
		certs_append(&all, ext.data, ext.len);
	}
	add(&all, p->after, "");
	wrap(&all, 0x30, p->tail); /* TBSRequest */
	wrap(&all, 0x30, p->behind);
	return all;
}

#define BAD  .want = DEVID_ERR_SYNTAX
#define CANT .want = DEVID_ERR_UNSUPPORTED

static const struct parts requests[] = {
	{ .want = DEVID_OK },
	{ .before = "a003020100" },            /* v1 written out */
	{ .before = "a104 8202 6161" },        /* requestorName */
	{ .alg = "3007 06052b0e03021a" },      /* no parameters */
	{ .ext = NONCE "0403 040107" },        /* one octet */
	{ .ext = NONCE "0101ff 0403 040107" }, /* critical */
	{ .ext = OTHER "0400" },               /* unknown */
	{ .ext = OTHER "010100 0400" },        /* critical FALSE */
	{ .single = "a00b 3009 3007" OTHER "0400" },
	{ .tail = "a002 3000" }, /* signed: not looked into */
	{ BAD, .behind = "00" },
	{ BAD, .tail = "0500" },
	{ BAD, .tail = "a002 3000 0500" },
	{ BAD, .after = "0500" },
	{ BAD, .single = "0500" },
	{ BAD, .ext = "" },              /* empty Extension */
	{ BAD, .before = "a003020101" }, /* v2 */
	{ BAD, .before = "0500" },
	{ BAD, .alg = "0500" },
	{ BAD, .alg = "3000" },
	{ BAD, .alg = "300a 06052b0e03021a 020100" },
	{ BAD, .alg = "3009 06052b0e03021a 0501 00" },
	{ BAD, .alg = "300d 0609608648016503040201 0500" }, /* of 20 octets */
	{ BAD, .name = "0413 01010101010101010101010101010101010101" },
	{ BAD, .key = "0413 01010101010101010101010101010101010101" },
	{ BAD, .name = "0c14 0101010101010101010101010101010101010101" },
	{ BAD, .serial = "0200" },
	{ BAD, .serial = "02020005" }, /* not minimal */
	{ BAD, .serial = "0202ff85" },
	{ BAD, .serial = "040105" },
	{ BAD, .serial = "020105 0500" },
	{ BAD, .ext = NONCE "0402 0400" }, /* RFC 9654 2.1: empty */
	{ BAD, .ext = NONCE "0403 020107" },
	{ BAD, .ext = NONCE "0404 040107 00" },
	{ BAD, .ext = NONCE },
	{ BAD, .ext = NONCE "0102ffff 0403 040107" },
	{ BAD, .ext = OTHER "0400 0500" },
	{ BAD, .ext = "0601 80 0400" },
	{ BAD, .after = "a202 3000 0500" },
	{ BAD, .after = "a204 3000 0500" },
	{ CANT, .alg = "300c 0608 2a864886f70d0205 0500" }, /* MD5 */
	{ CANT, .more = "3000" },                           /* two requests */
	{ CANT, .ext = OTHER "0101ff 0400" },
	{ CANT, .single = "a00e 300c 300a" OTHER "0101ff 0400" },
};

static struct view view_of(const struct certs_buf *buf)
{
	return (struct view) { buf->data, buf->len };
}

/* covers: RFC6960-ocsp */
static void parse_each_request_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct certs_buf der = request_of(&requests[i]);
		struct devid_error err = { DEVID_OK, "" };
		struct ocsp_request req;
		enum devid_err rc = ocsp_parse(view_of(&der), &req, &err);

		if (rc != requests[i].want)
			fail_msg("%zu: %d: %s", i, rc, devid_error_text(&err));
		if (rc == DEVID_OK)
			assert_memory_equal(req.serial.data, "\x05", 1);
	}
}

/* Two nonces in one list: which one would be echoed? */
static void parse_second_nonce_malformed(void **state)
{
	static const struct parts parts = { .after = "a228 3026 3011" NONCE
						     "0404 04020708"
						     "3011" NONCE
						     "0404 04020708" };
	struct certs_buf der = request_of(&parts);
	struct devid_error err = { DEVID_OK, "" };
	struct ocsp_request req;

	(void)state;
	assert_int_equal(
		ocsp_parse(view_of(&der), &req, &err), DEVID_ERR_SYNTAX);
	assert_non_null(strstr(err.text, "second nonce"));
}

/* Every shorter prefix of a good request is malformed. */
static void parse_truncated_malformed(void **state)
{
	static const struct parts parts = { .ext = NONCE "0403 040107" };
	struct certs_buf der = request_of(&parts);
	struct ocsp_request req;

	(void)state;
	for (size_t len = 0; len < der.len; len++)
		assert_int_equal(
			ocsp_parse((struct view) { der.data, len }, &req, NULL),
			DEVID_ERR_SYNTAX);
}

static void parse_too_large_malformed(void **state)
{
	static uint8_t der[OCSP_REQUEST_MAX + 1];
	struct ocsp_request req;
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_int_equal(
		ocsp_parse((struct view) { der, sizeof(der) }, &req, &err),
		DEVID_ERR_SYNTAX);
	assert_non_null(strstr(err.text, "larger than 2048"));
}

static void parse_extension_flood_unsupported(void **state)
{
	char hex[17 * 32 + 32] = "a281 9c 3081 99";
	const struct parts parts = { .after = hex };
	struct certs_buf der;
	struct devid_error err = { DEVID_OK, "" };
	struct ocsp_request req;

	(void)state;
	for (int i = 0; i < 17; i++)
		(void)strcat(hex, "3007" OTHER "0400");
	der = request_of(&parts);
	assert_int_equal(
		ocsp_parse(view_of(&der), &req, &err), DEVID_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "more than 16 extensions"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_each_request_judged),
		cmocka_unit_test(parse_second_nonce_malformed),
		cmocka_unit_test(parse_truncated_malformed),
		cmocka_unit_test(parse_too_large_malformed),
		cmocka_unit_test(parse_extension_flood_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
