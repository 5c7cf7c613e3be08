/* SPDX-License-Identifier: Apache-2.0 */
/* Challenge and answer: each member right, cut, too large, of another form. */
#include "cmocka-all.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "challenge.h"
#include "der.h"

/* DER under construction. */
struct der {
	uint8_t data[4096];
	size_t len;
};

static void add(struct der *d, uint8_t tag, const void *content, size_t len)
{
	d->data[d->len++] = tag;
	if (len >= 0x100) {
		d->data[d->len++] = 0x82;
		d->data[d->len++] = (uint8_t)(len >> 8);
	} else if (len >= 0x80) {
		d->data[d->len++] = 0x81;
	}
	d->data[d->len++] = (uint8_t)len;
	memcpy(d->data + d->len, content, len);
	d->len += len;
}

/* One member; of a message, in their order. */
struct member {
	uint8_t tag;
	const char *content;
	size_t len;
};

#define N_MEMBERS 7

/* More than any member takes. */
static const char blob[CHALLENGE_TICKET_MAX + 1] = "\0\1 blob";

static const struct member good[N_MEMBERS] = {
	{ 0x02, "\1", 1 },                  /* version */
	{ 0x04, "identity identit", 16 },   /* id */
	{ 0x02, "\x6a\x20\x00\x00", 4 },    /* deadline */
	{ 0x0c, "ACCC8E000001", 12 },       /* serial */
	{ 0x04, blob, 90 },                 /* idObject */
	{ 0x04, blob, CHALLENGE_BLOB_MAX }, /* encSecret */
	{ 0x04, "ticket", 6 },
};

static const char *const names[N_MEMBERS] = { "version", "id", "deadline",
	"serial", "idObject", "encSecret", "ticket" };

static const struct member good_answer[] = {
	{ 0x02, "\1", 1 },
	{ 0x04, "identity identit", 16 },
	{ 0x04, "secret secret secret secret secr", 32 },
	{ 0x04, "ticket", 6 },
};

/* The PEM of @der, with any label. */
static size_t armor(const char *label, const struct der *der, char *pem)
{
	int n = sprintf(pem, "-----BEGIN %s-----\n", label);

	for (size_t i = 0; i < der->len; i += 48) {
		size_t part = der->len - i < 48 ? der->len - i : 48;

		n += EVP_EncodeBlock(
			(uint8_t *)pem + n, der->data + i, (int)part);
		pem[n++] = '\n';
	}
	return (size_t)(n + sprintf(pem + n, "-----END %s-----\n", label));
}

static struct der sequence(const struct member *members, size_t n)
{
	struct der body = { .len = 0 }, whole = { .len = 0 };

	for (size_t i = 0; i < n; i++)
		add(&body, members[i].tag, members[i].content, members[i].len);
	add(&whole, 0x30, body.data, body.len);
	return whole;
}

static enum devid_err parse_text(
	const char *text, size_t len, struct devid_error *err)
{
	struct challenge out;
	uint8_t *copy = malloc(len ? len : 1);
	enum devid_err rc;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*err = (struct devid_error) { DEVID_OK, "" };
	rc = challenge_parse(copy, len, &out, err);
	free(copy);
	return rc;
}

static enum devid_err parse_der(const struct der *der, struct devid_error *err)
{
	char pem[8192];

	return parse_text(pem, armor("DEVID CHALLENGE", der, pem), err);
}

static enum devid_err parse_members(
	const struct member members[N_MEMBERS], struct devid_error *err)
{
	struct der der = sequence(members, N_MEMBERS);

	return parse_der(&der, err);
}

static struct challenge a_challenge(void)
{
	struct challenge c = { .id = "identity identi",
		.deadline = 1781000000,
		.serial = "ACCC8E000001",
		.id_object_len = 88,
		.enc_secret_len = 258,
		.ticket = { "ticket", 500 } };

	memset(c.id_object, 0xa5, c.id_object_len);
	memset(c.enc_secret, 0x5a, c.enc_secret_len);
	return c;
}

/* ---- round trips ---- */

/* covers: RFC7468-pem */
static void encode_challenge_parsed_back(void **state)
{
	static const int64_t times[] = { 0, 127, 128, 255, 256, 1781000000,
		0x7fffffff, 0x80000000, INT64_MAX };
	struct challenge in = a_challenge();

	(void)state;
	for (size_t i = 0; i < N_OF(times); i++) {
		struct challenge out;
		char pem[CHALLENGE_FILE_MAX];

		in.deadline = times[i];
		assert_rc(challenge_encode(&in, pem, sizeof(pem), NULL),
			DEVID_OK);
		assert_rc(challenge_parse((const uint8_t *)pem, strlen(pem),
				  &out, NULL),
			DEVID_OK);
		assert_memory_equal(&in, &out, sizeof(in));
	}
}

/* The largest challenge fits in the file that its reader takes. */
static void encode_largest_parsed_back(void **state)
{
	struct challenge in = a_challenge(), out;
	char pem[CHALLENGE_FILE_MAX];

	(void)state;
	in.deadline = INT64_MAX;
	in.id_object_len = in.enc_secret_len = CHALLENGE_BLOB_MAX;
	in.ticket.len = CHALLENGE_TICKET_MAX;
	memset(in.serial, 'S', CHALLENGE_SERIAL_MAX);
	assert_rc(challenge_encode(&in, pem, sizeof(pem), NULL), DEVID_OK);
	assert_rc(
		challenge_parse((const uint8_t *)pem, strlen(pem), &out, NULL),
		DEVID_OK);
	assert_memory_equal(&in, &out, sizeof(in));
}

/* One of the largest.
 * covers: RFC7468-pem */
static void encode_answer_parsed_back(void **state)
{
	struct challenge_answer in, out;
	char pem[CHALLENGE_FILE_MAX];

	(void)state;
	memset(&in, 0x3c, sizeof(in));
	in.ticket.len = CHALLENGE_TICKET_MAX;
	assert_rc(
		challenge_answer_encode(&in, pem, sizeof(pem), NULL), DEVID_OK);
	assert_non_null(strstr(pem, "-----BEGIN DEVID ANSWER-----\n"));
	assert_rc(challenge_answer_parse(
			  (const uint8_t *)pem, strlen(pem), &out, NULL),
		DEVID_OK);
	assert_memory_equal(&in, &out, sizeof(in));
}

/* What OpenSSL makes of it is the documented DER. */
static void encode_challenge_is_documented_der(void **state)
{
	struct der want = sequence(good, N_MEMBERS);
	struct challenge out;
	char pem[8192], again[CHALLENGE_FILE_MAX];
	size_t len = armor("DEVID CHALLENGE", &want, pem);

	(void)state;
	assert_rc(challenge_parse((const uint8_t *)pem, len, &out, NULL),
		DEVID_OK);
	assert_memory_equal(out.id, "identity identit", 16);
	assert_int_equal(out.deadline, 0x6a200000);
	assert_string_equal(out.serial, "ACCC8E000001");
	assert_int_equal(out.id_object_len, 90);
	assert_int_equal(out.enc_secret_len, CHALLENGE_BLOB_MAX);
	assert_int_equal(out.ticket.len, 6);
	assert_memory_equal(out.ticket.data, "ticket", 6);
	assert_rc(challenge_encode(&out, again, sizeof(again), NULL), DEVID_OK);
	assert_string_equal(pem, again);
}

/* ---- members ---- */

static void parse_each_member_of_other_tag_named(void **state)
{
	struct devid_error err;

	(void)state;
	assert_rc(parse_members(good, &err), DEVID_OK);
	for (size_t i = 0; i < N_MEMBERS; i++) {
		struct member m[N_MEMBERS];

		memcpy(m, good, sizeof(m));
		m[i].tag = 0x13; /* PrintableString */
		assert_rc(parse_members(m, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, names[i]);
	}
}

static void parse_each_missing_member_named(void **state)
{
	struct devid_error err;

	(void)state;
	for (size_t n = 0; n < N_MEMBERS; n++) {
		struct der der = sequence(good, n);

		assert_rc(parse_der(&der, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, names[n]);
	}
}

static void parse_bad_member_refused(void **state)
{
	static const struct {
		size_t member;
		const char *content;
		size_t len;
		enum devid_err rc;
	} cases[] = {
		{ 0, "", 0, DEVID_ERR_SYNTAX },
		{ 0, "\0", 1, DEVID_ERR_UNSUPPORTED },
		{ 0, "\2", 1, DEVID_ERR_UNSUPPORTED },
		{ 0, "\xff", 1, DEVID_ERR_SYNTAX },
		{ 1, "identity identi", 15, DEVID_ERR_SYNTAX },
		{ 1, "identity identity", 17, DEVID_ERR_TOO_LARGE },
		{ 1, "", 0, DEVID_ERR_SYNTAX },
		{ 2, "", 0, DEVID_ERR_SYNTAX },
		{ 2, "\x80", 1, DEVID_ERR_SYNTAX },   /* negative */
		{ 2, "\0\x7f", 2, DEVID_ERR_SYNTAX }, /* not minimal */
		{ 2, "\0\x80\0\0\0\0\0\0\0", 9, DEVID_ERR_SYNTAX }, /* 2^63 */
		{ 3, "", 0, DEVID_ERR_SYNTAX },
		{ 3, "A\0B", 3, DEVID_ERR_SYNTAX },
		{ 3, "A\nB", 3, DEVID_ERR_SYNTAX },
		{ 3, "A\x7f", 2, DEVID_ERR_SYNTAX },
		{ 3, "\xc3\xa5", 2, DEVID_ERR_SYNTAX }, /* not ASCII */
		{ 3, blob, CHALLENGE_SERIAL_MAX + 1, DEVID_ERR_TOO_LARGE },
		{ 4, "", 0, DEVID_ERR_SYNTAX },
		{ 4, blob, CHALLENGE_BLOB_MAX + 1, DEVID_ERR_TOO_LARGE },
		{ 5, "", 0, DEVID_ERR_SYNTAX },
		{ 5, blob, CHALLENGE_BLOB_MAX + 1, DEVID_ERR_TOO_LARGE },
		{ 6, "", 0, DEVID_ERR_SYNTAX },
		{ 6, blob, CHALLENGE_TICKET_MAX + 1, DEVID_ERR_TOO_LARGE },
	};
	struct devid_error err;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct member m[N_MEMBERS];

		memcpy(m, good, sizeof(m));
		m[cases[i].member].content = cases[i].content;
		m[cases[i].member].len = cases[i].len;
		assert_rc(parse_members(m, &err), cases[i].rc);
		assert_cause(&err, names[cases[i].member]);
	}
}

/* A SEQUENCE that is cut, or has something in or behind it. */
static void parse_bad_frame_refused(void **state)
{
	struct member more[N_MEMBERS + 1];
	struct der der = sequence(good, N_MEMBERS);
	struct devid_error err;

	(void)state;
	for (size_t len = 1; len < der.len; len++) {
		struct der cut = der;

		cut.len = len;
		assert_rc(parse_der(&cut, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "SEQUENCE");
	}
	der.data[der.len++] = 0;
	assert_rc(parse_der(&der, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "SEQUENCE");
	memcpy(more, good, sizeof(good));
	more[N_MEMBERS] = good[0];
	der = sequence(more, N_MEMBERS + 1);
	assert_rc(parse_der(&der, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "behind its last member");
	der = sequence(good, N_MEMBERS);
	der.data[0] = 0x31;
	assert_rc(parse_der(&der, &err), DEVID_ERR_SYNTAX);
}

static void parse_bad_answer_refused(void **state)
{
	static const struct {
		size_t member;
		struct member with;
		const char *cause;
		enum devid_err rc;
	} cases[] = {
		{ 0, { 0x02, "\0", 1 }, "version", DEVID_ERR_UNSUPPORTED },
		{ 1, { 0x04, blob, 15 }, "id", DEVID_ERR_SYNTAX },
		{ 2, { 0x04, blob, 31 }, "secret", DEVID_ERR_SYNTAX },
		{ 2, { 0x04, blob, 33 }, "secret", DEVID_ERR_TOO_LARGE },
		{ 2, { 0x0c, blob, 32 }, "secret", DEVID_ERR_SYNTAX },
		{ 3, { 0x04, blob, 0 }, "ticket", DEVID_ERR_SYNTAX },
		{ 3, { 0x04, blob, CHALLENGE_TICKET_MAX + 1 }, "ticket",
			DEVID_ERR_TOO_LARGE },
		{ 3, { 0x0c, blob, 32 }, "ticket", DEVID_ERR_SYNTAX },
	};
	struct challenge_answer out;
	char pem[8192];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct member m[N_OF(good_answer) + 1];
		struct der der;
		size_t len;

		memcpy(m, good_answer, sizeof(good_answer));
		m[cases[i].member] = cases[i].with;
		der = sequence(m, N_OF(good_answer));
		len = armor("DEVID ANSWER", &der, pem);
		assert_rc(challenge_answer_parse(
				  (const uint8_t *)pem, len, &out, &err),
			cases[i].rc);
		assert_cause(&err, cases[i].cause);
	}
}

static void parse_answer_with_less_names_member(void **state)
{
	static const char *const members[] = { "version", "id", "secret",
		"ticket" };
	struct challenge_answer out;
	char pem[8192];

	(void)state;
	for (size_t n = 0; n < N_OF(good_answer); n++) {
		struct devid_error err = { DEVID_OK, "" };
		struct der der = sequence(good_answer, n);
		size_t len = armor("DEVID ANSWER", &der, pem);

		assert_rc(challenge_answer_parse(
				  (const uint8_t *)pem, len, &out, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, members[n]);
	}
}

static void parse_answer_with_more_refused(void **state)
{
	struct member m[N_OF(good_answer) + 1];
	struct devid_error err = { DEVID_OK, "" };
	struct challenge_answer out;
	struct der der = sequence(good_answer, N_OF(good_answer));
	char pem[8192];
	size_t len = armor("DEVID ANSWER", &der, pem);

	(void)state;
	assert_rc(challenge_answer_parse((const uint8_t *)pem, len, &out, NULL),
		DEVID_OK);
	assert_memory_equal(out.secret, "secret secret secret secret secr", 32);
	assert_int_equal(out.ticket.len, 6);
	assert_memory_equal(out.ticket.data, "ticket", 6);
	memcpy(m, good_answer, sizeof(good_answer));
	m[N_OF(good_answer)] = good_answer[0];
	der = sequence(m, N_OF(m));
	len = armor("DEVID ANSWER", &der, pem);
	assert_rc(challenge_answer_parse((const uint8_t *)pem, len, &out, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "behind its last member");
}

/* ---- PEM ---- */

/* covers: RFC7468-pem */
static void parse_white_space_and_crlf_accepted(void **state)
{
	struct der der = sequence(good, N_MEMBERS);
	char pem[8192], crlf[8192];
	size_t len = armor("DEVID CHALLENGE", &der, pem), n = 0;
	struct devid_error err;

	(void)state;
	n += (size_t)sprintf(crlf, "\r\n \t\n");
	for (size_t i = 0; i < len; i++) {
		if (pem[i] == '\n')
			crlf[n++] = '\r';
		crlf[n++] = pem[i];
	}
	n += (size_t)sprintf(crlf + n, "\r\n \n");
	assert_rc(parse_text(crlf, n, &err), DEVID_OK);
}

/* covers: RFC7468-pem */
static void parse_bad_pem_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"-----BEGIN DEVID CHALLENGE-----\n",
		"-----BEGIN DEVID CHALLENGE-----\n-----END DEVID CHALLENGE-----",
		"-----BEGIN DEVID ANSWER-----\nMAA=\n"
		"-----END DEVID ANSWER-----\n",
		"-----BEGIN DEVID CHALLENGE-----\nMAA=\n"
		"-----END DEVID ANSWER-----\n",
		/* not a multiple of four; padding inside; stray characters;
		 * bits behind the last octet */
		"-----BEGIN DEVID CHALLENGE-----\nMAA\n"
		"-----END DEVID CHALLENGE-----\n",
		"-----BEGIN DEVID CHALLENGE-----\nMA==MAA=\n"
		"-----END DEVID CHALLENGE-----\n",
		"-----BEGIN DEVID CHALLENGE-----\nM!A=\n"
		"-----END DEVID CHALLENGE-----\n",
		"-----BEGIN DEVID CHALLENGE-----\n====\n"
		"-----END DEVID CHALLENGE-----\n",
		"-----BEGIN DEVID CHALLENGE-----\nMAB=\n"
		"-----END DEVID CHALLENGE-----\n",
		"-----BEGIN DEVID CHALLENGE-----\nA: b\n\nMAA=\n"
		"-----END DEVID CHALLENGE-----\n",
	};
	struct devid_error err;

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		assert_rc(parse_text(texts[i], strlen(texts[i]), &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "DEVID CHALLENGE: ");
	}
}

static void parse_text_around_refused(void **state)
{
	struct der der = sequence(good, N_MEMBERS);
	char pem[8192], text[2 * sizeof(pem)];
	struct devid_error err;

	(void)state;
	(void)armor("DEVID CHALLENGE", &der, pem);
	(void)snprintf(text, sizeof(text), "x\n%s", pem);
	assert_rc(parse_text(text, strlen(text), &err), DEVID_ERR_SYNTAX);
	(void)snprintf(text, sizeof(text), "%sx\n", pem);
	assert_rc(parse_text(text, strlen(text), &err), DEVID_ERR_SYNTAX);
	/* twice: what lies between the first and the last line is no Base64 */
	(void)snprintf(text, sizeof(text), "%s%s", pem, pem);
	assert_rc(parse_text(text, strlen(text), &err), DEVID_ERR_SYNTAX);
}

static void parse_every_cut_file_refused(void **state)
{
	struct challenge in = a_challenge();
	char pem[CHALLENGE_FILE_MAX];
	struct devid_error err;
	size_t len;

	(void)state;
	assert_rc(challenge_encode(&in, pem, sizeof(pem), NULL), DEVID_OK);
	len = strlen(pem) - 1; /* the last line end may be missing */
	assert_rc(parse_text(pem, len, &err), DEVID_OK);
	while (len-- > 0)
		assert_rc(parse_text(pem, len, &err), DEVID_ERR_SYNTAX);
}

static void parse_too_large_file_refused(void **state)
{
	char text[CHALLENGE_FILE_MAX + 1];
	struct devid_error err;

	(void)state;
	memset(text, ' ', sizeof(text));
	assert_rc(parse_text(text, sizeof(text) - 1, &err), DEVID_ERR_SYNTAX);
	assert_rc(parse_text(text, sizeof(text), &err), DEVID_ERR_TOO_LARGE);
}

/* ---- writing ---- */

static void encode_small_buffer_refused(void **state)
{
	struct challenge in = a_challenge();
	struct challenge_answer answer = { .ticket = { "ticket", 6 } };
	char pem[CHALLENGE_FILE_MAX];
	size_t len;

	(void)state;
	assert_rc(challenge_encode(&in, pem, sizeof(pem), NULL), DEVID_OK);
	len = strlen(pem);
	assert_rc(challenge_encode(&in, pem, len + 1, NULL), DEVID_OK);
	assert_rc(challenge_encode(&in, pem, len, NULL), DEVID_ERR_TOO_LARGE);
	assert_rc(challenge_answer_encode(&answer, pem, sizeof(pem), NULL),
		DEVID_OK);
	len = strlen(pem);
	assert_rc(
		challenge_answer_encode(&answer, pem, len + 1, NULL), DEVID_OK);
	assert_rc(challenge_answer_encode(&answer, pem, len, NULL),
		DEVID_ERR_TOO_LARGE);
}

static void encode_bad_member_refused(void **state)
{
	struct challenge_answer answer = { .ticket = { "", 0 } };
	struct challenge bad[10];
	char pem[CHALLENGE_FILE_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		bad[i] = a_challenge();
	bad[0].deadline = -1;
	bad[1].serial[0] = '\0';
	bad[2].serial[3] = '\n';
	memset(bad[3].serial, 'S', sizeof(bad[3].serial));
	bad[4].id_object_len = 0;
	bad[5].id_object_len = CHALLENGE_BLOB_MAX + 1;
	bad[6].enc_secret_len = 0;
	bad[7].enc_secret_len = CHALLENGE_BLOB_MAX + 1;
	bad[8].ticket.len = 0;
	bad[9].ticket.len = CHALLENGE_TICKET_MAX + 1;
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_rc(challenge_encode(&bad[i], pem, sizeof(pem), NULL),
			DEVID_ERR_INVALID);
	assert_rc(challenge_answer_encode(&answer, pem, sizeof(pem), NULL),
		DEVID_ERR_INVALID);
	answer.ticket.len = CHALLENGE_TICKET_MAX + 1;
	assert_rc(challenge_answer_encode(&answer, pem, sizeof(pem), NULL),
		DEVID_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_challenge_parsed_back),
		cmocka_unit_test(encode_largest_parsed_back),
		cmocka_unit_test(encode_answer_parsed_back),
		cmocka_unit_test(encode_challenge_is_documented_der),
		cmocka_unit_test(parse_each_member_of_other_tag_named),
		cmocka_unit_test(parse_each_missing_member_named),
		cmocka_unit_test(parse_bad_member_refused),
		cmocka_unit_test(parse_bad_frame_refused),
		cmocka_unit_test(parse_bad_answer_refused),
		cmocka_unit_test(parse_answer_with_less_names_member),
		cmocka_unit_test(parse_answer_with_more_refused),
		cmocka_unit_test(parse_white_space_and_crlf_accepted),
		cmocka_unit_test(parse_bad_pem_refused),
		cmocka_unit_test(parse_text_around_refused),
		cmocka_unit_test(parse_every_cut_file_refused),
		cmocka_unit_test(parse_too_large_file_refused),
		cmocka_unit_test(encode_small_buffer_refused),
		cmocka_unit_test(encode_bad_member_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
