/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "der-write.h"
#include "der.h"
#include "pem-text.h"
#include "what-is.h"

#define LABEL_CHALLENGE "DEVID CHALLENGE"
#define LABEL_ANSWER    "DEVID ANSWER"

#define VERSION 1

/* Content of CHALLENGE_FILE_MAX characters at most. */
#define DER_MAX (CHALLENGE_FILE_MAX / 4 * 3)

/* ---- PEM ---- */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(struct view *v)
{
	while (v->len > 0 && is_space(v->data[0])) {
		v->data++;
		v->len--;
	}
	while (v->len > 0 && is_space(v->data[v->len - 1]))
		v->len--;
}

/* Takes "-----@word @label-----" off the front or the back of @v. */
static bool strip(
	struct view *v, const char *word, const char *label, bool front)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "-----%s %s-----", word, label);
	size_t len = (size_t)n;

	if (v->len < len || memcmp(front ? v->data : v->data + v->len - len,
				    line, len) != 0)
		return false;
	if (front)
		v->data += len;
	v->len -= len;
	return true;
}

/* The Base64 text without its line ends; 0 when something else is in it. */
static size_t join_lines(struct view in, char ret[CHALLENGE_FILE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		if (!is_space(in.data[i]))
			ret[n++] = (char)in.data[i];
	}
	return n % 4 == 0 ? n : 0;
}

/* The bytes of the Base64 @text; 0 when it is not their one encoding (RFC
 * 4648 3.5), which the decoder alone would not tell. */
static size_t decode(const char *text, size_t n, uint8_t der[DER_MAX])
{
	char again[CHALLENGE_FILE_MAX + 1];
	int len = EVP_DecodeBlock(der, (const uint8_t *)text, (int)n);
	bool same;

	if (len <= 0)
		return 0;
	if (text[n - 1] == '=')
		len -= text[n - 2] == '=' ? 2 : 1;
	same = EVP_EncodeBlock((uint8_t *)again, der, len) == (int)n &&
	       memcmp(again, text, n) == 0;
	OPENSSL_cleanse(again, sizeof(again));
	return same ? (size_t)len : 0;
}

/* What the one block @label in @pem holds, in @der. */
static enum devid_err pem_read(const char *label, struct view pem,
	uint8_t der[DER_MAX], size_t *ret_len, struct devid_error *err)
{
	char text[CHALLENGE_FILE_MAX], form[WHAT_IS_MAX];
	size_t n;

	if (pem.len > CHALLENGE_FILE_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: %zu bytes, at most %d are taken", label, pem.len,
			CHALLENGE_FILE_MAX);
	what_is(pem, form);
	trim(&pem);
	if (!strip(&pem, "BEGIN", label, true))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: does not begin with its PEM line: the file is %s",
			label, form);
	if (!strip(&pem, "END", label, false))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: does not end with its PEM line", label);
	n = join_lines(pem, text);
	*ret_len = n > 0 ? decode(text, n, der) : 0;
	OPENSSL_cleanse(text, sizeof(text));
	if (*ret_len == 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "%s: no Base64 in it", label);
	return DEVID_OK;
}

/* ---- writing DER ---- */

/* What is written, from its end; with room for all that the bounds allow. */
struct message {
	uint8_t data[2 * CHALLENGE_BLOB_MAX + CHALLENGE_TICKET_MAX + 256];
	struct der_out out;
};

static bool ticket_ok(const struct challenge_ticket *ticket)
{
	return ticket->len > 0 && ticket->len <= sizeof(ticket->data);
}

static void begin(struct message *m, const struct challenge_ticket *ticket)
{
	m->out = der_out_init(m->data, sizeof(m->data));
	der_out_element(&m->out, DER_OCTET_STRING, ticket->data, ticket->len);
}

static enum devid_err finish(const char *label, struct message *m, char *buf,
	size_t size, struct devid_error *err)
{
	enum devid_err rc;

	der_out_uint(&m->out, DER_INTEGER, VERSION);
	der_out_wrap(&m->out, DER_SEQUENCE, 0);
	rc = pem_text_write(label, der_out_view(&m->out), buf, size, err);
	OPENSSL_cleanse(m, sizeof(*m));
	return rc;
}

/* ---- reading DER ---- */

static enum devid_err take_integer(struct view *in, const char *name,
	int64_t *ret, struct devid_error *err)
{
	struct view v;

	if (!der_take_tag(in, DER_INTEGER, &v) || v.len == 0 || v.len > 8 ||
		(v.data[0] & 0x80) ||
		(v.len > 1 && v.data[0] == 0 && !(v.data[1] & 0x80)))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no INTEGER from 0 to 2^63 - 1", name);
	*ret = (int64_t)bytes_load(v.data, v.len);
	return DEVID_OK;
}

/* An element of @tag with @min to @max bytes, copied to @ret. */
struct bytes {
	uint8_t tag;
	size_t min, max;
	void *ret;
};

static enum devid_err take_bytes(struct view *in, const char *name,
	const struct bytes *want, size_t *ret_len, struct devid_error *err)
{
	struct view v;

	if (!der_take_tag(in, want->tag, &v))
		return devid_fail(err, DEVID_ERR_SYNTAX, "%s: no %s", name,
			want->tag == DER_UTF8_STRING ? "UTF8String"
						     : "OCTET STRING");
	if (v.len < want->min || v.len > want->max)
		return devid_fail(err,
			v.len > want->max ? DEVID_ERR_TOO_LARGE
					  : DEVID_ERR_SYNTAX,
			"%s: %zu bytes", name, v.len);
	memcpy(want->ret, v.data, v.len);
	if (ret_len)
		*ret_len = v.len;
	return DEVID_OK;
}

/* The members of the one SEQUENCE in @der, behind version and id. */
static enum devid_err open_message(const char *what, struct view der,
	uint8_t id[CHALLENGE_ID_LEN], struct view *ret, struct devid_error *err)
{
	const struct bytes id_form = { DER_OCTET_STRING, CHALLENGE_ID_LEN,
		CHALLENGE_ID_LEN, id };
	int64_t version = 0;
	enum devid_err rc;

	if (!der_take_tag(&der, DER_SEQUENCE, ret) || der.len > 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not one DER SEQUENCE", what);
	rc = take_integer(ret, "version", &version, err);
	if (rc == DEVID_OK && version != VERSION)
		rc = devid_fail(err, DEVID_ERR_UNSUPPORTED, "%s: version: %lld",
			what, (long long)version);
	if (rc == DEVID_OK)
		rc = take_bytes(ret, "id", &id_form, NULL, err);
	return rc;
}

/* The last member, with nothing behind it. */
static enum devid_err close_message(const char *what, struct view *rest,
	struct challenge_ticket *ret, struct devid_error *err)
{
	const struct bytes form = { DER_OCTET_STRING, 1, CHALLENGE_TICKET_MAX,
		ret->data };
	enum devid_err rc = take_bytes(rest, "ticket", &form, &ret->len, err);

	if (rc == DEVID_OK && rest->len > 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: %zu bytes behind its last member", what,
			rest->len);
	return rc;
}

/* ---- challenge ---- */

/* Printable ASCII: it is shown, and compared with a certificate's. */
static bool serial_ok(const char *serial, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (serial[i] < 0x20 || serial[i] > 0x7e)
			return false;
	}
	return len > 0;
}

enum devid_err challenge_encode(const struct challenge *in, char *buf,
	size_t size, struct devid_error *err)
{
	size_t serial_len = strnlen(in->serial, sizeof(in->serial));
	struct message m;

	if (in->deadline < 0 || serial_len > CHALLENGE_SERIAL_MAX ||
		!serial_ok(in->serial, serial_len) || in->id_object_len == 0 ||
		in->id_object_len > sizeof(in->id_object) ||
		in->enc_secret_len == 0 ||
		in->enc_secret_len > sizeof(in->enc_secret) ||
		!ticket_ok(&in->ticket))
		return devid_fail(err, DEVID_ERR_INVALID,
			"challenge: a member that cannot be written");
	begin(&m, &in->ticket);
	der_out_element(
		&m.out, DER_OCTET_STRING, in->enc_secret, in->enc_secret_len);
	der_out_element(
		&m.out, DER_OCTET_STRING, in->id_object, in->id_object_len);
	der_out_element(&m.out, DER_UTF8_STRING, in->serial, serial_len);
	der_out_uint(&m.out, DER_INTEGER, (uint64_t)in->deadline);
	der_out_element(&m.out, DER_OCTET_STRING, in->id, sizeof(in->id));
	return finish(LABEL_CHALLENGE, &m, buf, size, err);
}

static enum devid_err parse_members(
	struct view der, struct challenge *ret, struct devid_error *err)
{
	const struct bytes serial = { DER_UTF8_STRING, 1, CHALLENGE_SERIAL_MAX,
		ret->serial };
	const struct bytes id_object = { DER_OCTET_STRING, 1,
		CHALLENGE_BLOB_MAX, ret->id_object };
	const struct bytes enc_secret = { DER_OCTET_STRING, 1,
		CHALLENGE_BLOB_MAX, ret->enc_secret };
	struct view in;
	size_t serial_len = 0;
	enum devid_err rc = open_message("challenge", der, ret->id, &in, err);

	if (rc == DEVID_OK)
		rc = take_integer(&in, "deadline", &ret->deadline, err);
	if (rc == DEVID_OK)
		rc = take_bytes(&in, "serial", &serial, &serial_len, err);
	if (rc == DEVID_OK && !serial_ok(ret->serial, serial_len))
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"serial: characters that are not printable ASCII");
	if (rc == DEVID_OK)
		rc = take_bytes(
			&in, "idObject", &id_object, &ret->id_object_len, err);
	if (rc == DEVID_OK)
		rc = take_bytes(&in, "encSecret", &enc_secret,
			&ret->enc_secret_len, err);
	return rc == DEVID_OK
		       ? close_message("challenge", &in, &ret->ticket, err)
		       : rc;
}

enum devid_err challenge_parse(const uint8_t *pem, size_t len,
	struct challenge *ret, struct devid_error *err)
{
	struct challenge challenge = { .deadline = 0 };
	uint8_t der[DER_MAX];
	size_t der_len = 0;
	enum devid_err rc = pem_read(LABEL_CHALLENGE,
		(struct view) { pem, len }, der, &der_len, err);

	if (rc == DEVID_OK)
		rc = parse_members(
			(struct view) { der, der_len }, &challenge, err);
	if (rc == DEVID_OK)
		*ret = challenge;
	return rc;
}

/* ---- answer ---- */

enum devid_err challenge_answer_encode(const struct challenge_answer *in,
	char *buf, size_t size, struct devid_error *err)
{
	struct message m;

	if (!ticket_ok(&in->ticket))
		return devid_fail(err, DEVID_ERR_INVALID,
			"answer: a ticket that cannot be written");
	begin(&m, &in->ticket);
	der_out_element(
		&m.out, DER_OCTET_STRING, in->secret, sizeof(in->secret));
	der_out_element(&m.out, DER_OCTET_STRING, in->id, sizeof(in->id));
	return finish(LABEL_ANSWER, &m, buf, size, err);
}

enum devid_err challenge_answer_parse(const uint8_t *pem, size_t len,
	struct challenge_answer *ret, struct devid_error *err)
{
	struct challenge_answer answer = { .id = { 0 } };
	const struct bytes secret = { DER_OCTET_STRING, CHALLENGE_SECRET_LEN,
		CHALLENGE_SECRET_LEN, answer.secret };
	struct view in;
	uint8_t der[DER_MAX];
	size_t der_len = 0;
	enum devid_err rc = pem_read(
		LABEL_ANSWER, (struct view) { pem, len }, der, &der_len, err);

	if (rc == DEVID_OK)
		rc = open_message("answer", (struct view) { der, der_len },
			answer.id, &in, err);
	if (rc == DEVID_OK)
		rc = take_bytes(&in, "secret", &secret, NULL, err);
	if (rc == DEVID_OK)
		rc = close_message("answer", &in, &answer.ticket, err);
	if (rc == DEVID_OK)
		*ret = answer;
	OPENSSL_cleanse(der, sizeof(der));
	OPENSSL_cleanse(&answer, sizeof(answer));
	return rc;
}
