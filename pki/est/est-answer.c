/* SPDX-License-Identifier: Apache-2.0 */
#include "est-answer.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "der.h"
#include "est-body.h"

/* Seconds after which to come back when nothing better is known. */
#define RETRY_SECONDS 5

/* What a nonce is in base64url without '=', RFC 4648 5, with a NUL. */
#define NONCE_TEXT_MAX ((REGISTRAR_NONCE_LEN + 2) / 3 * 4 + 1)

static const struct {
	const char *name, *type;
} ops[] = {
	[EST_CACERTS] = { "cacerts", "application/pkcs7-mime" },
	[EST_CSRATTRS] = { "csrattrs", "application/csrattrs" },
	[EST_NONCE] = { "nonce", "application/est-attestation-freshness+json" },
	[EST_ENROL] = { "simpleenroll",
		"application/pkcs7-mime; smime-type=certs-only" },
	[EST_REENROL] = { "simplereenroll",
		"application/pkcs7-mime; smime-type=certs-only" },
	[EST_ONBOARDING] = { "onboarding", "application/json" },
};

const char *est_op_name(enum est_op op)
{
	return ops[op].name;
}

void est_answer_clear(struct est_answer *answer)
{
	blob_done(&answer->body);
}

static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
	}
}

void est_answer_refuse(
	struct est_answer *ret, int status, const char *rule, const char *text)
{
	char line[2 * REGISTRAR_TEXT_MAX];

	*ret = (struct est_answer) { .status = status };
	if (status == 503)
		ret->retry_after = RETRY_SECONDS;
	/* What is longer is cut, to leave room for the line's end. */
	if (snprintf(line, sizeof(line) - 1, "%s%s%s", rule,
		    rule[0] && text[0] ? ": " : "", text) < 0)
		line[0] = '\0';
	make_printable(line);
	memcpy(line + strlen(line), "\n", 2);
	ret->body.data = (uint8_t *)strdup(line);
	if (!ret->body.data)
		return; /* the status says enough */
	ret->body.len = strlen(line);
	ret->type = "text/plain";
}

/* ---- what was asked for ---- */

/* Base64 of @der. */
static bool write_base64(struct view der, struct est_answer *ret)
{
	ret->base64 = true;
	return est_base64_write(der, &ret->body, NULL) == DEVID_OK;
}

/* @ders, certificates one after the other, in a certs-only message. */
static bool write_certs(struct view ders, struct est_answer *ret)
{
	struct view certs[EST_CERTS_MAX];
	struct blob cms = { NULL, 0 };
	struct view content;
	size_t n = 0;
	uint8_t tag;
	bool ok;

	while (ders.len > 0) {
		if (n == EST_CERTS_MAX ||
			!der_take(&ders, &tag, &content, &certs[n++]))
			return false;
	}
	ok = est_certs_write(certs, n, &cms, NULL) == DEVID_OK &&
	     write_base64(blob_view(&cms), ret);
	blob_done(&cms);
	return ok;
}

static bool write_nonce(struct view nonce, struct est_answer *ret)
{
	unsigned char text[NONCE_TEXT_MAX];
	int n;

	if (nonce.len == 0 || nonce.len > REGISTRAR_NONCE_LEN)
		return false;
	n = EVP_EncodeBlock(text, nonce.data, (int)nonce.len);
	while (n > 0 && text[n - 1] == '=')
		text[--n] = '\0';
	for (int i = 0; i < n; i++) {
		if (text[i] == '+')
			text[i] = '-';
		else if (text[i] == '/')
			text[i] = '_';
	}
	n = asprintf((char **)&ret->body.data,
		"{\"nonce\":\"%s\",\"expiry\":%d}\n", (const char *)text,
		REGISTRAR_NONCE_SECONDS);
	if (n < 0) {
		ret->body.data = NULL;
		return false;
	}
	ret->body.len = (size_t)n;
	return true;
}

static bool write_copy(struct view data, struct est_answer *ret)
{
	ret->body.data = malloc(data.len);
	if (!ret->body.data)
		return false;
	memcpy(ret->body.data, data.data, data.len);
	ret->body.len = data.len;
	return true;
}

static bool write_content(
	enum est_op op, struct view body, struct est_answer *ret)
{
	if (body.len == 0)
		return false;
	switch (op) {
	case EST_CACERTS:
	case EST_ENROL:
	case EST_REENROL:
		return write_certs(body, ret);
	case EST_CSRATTRS:
		return write_base64(body, ret);
	case EST_NONCE:
		return write_nonce(body, ret);
	case EST_ONBOARDING:
		break;
	}
	return write_copy(body, ret);
}

static int status_of(enum registrar_status status)
{
	switch (status) {
	case REGISTRAR_DONE:
		return 200;
	case REGISTRAR_PENDING:
		return 202;
	case REGISTRAR_REFUSED:
		return 403;
	case REGISTRAR_NONCE_GONE:
		return 409;
	case REGISTRAR_ABSENT:
		return 404;
	case REGISTRAR_TROUBLE:
		break;
	}
	return 503;
}

void est_answer_make(struct est_answer *ret, enum est_op op,
	const struct registrar_answer *from)
{
	if (from->status != REGISTRAR_DONE) {
		est_answer_refuse(
			ret, status_of(from->status), from->rule, from->text);
		if (from->retry_after > 0)
			ret->retry_after = from->retry_after;
		/* Some clients wait for nothing else (RFC 7030 4.2.3). */
		if (ret->status == 202 && ret->retry_after == 0)
			ret->retry_after = RETRY_SECONDS;
		return;
	}
	*ret = (struct est_answer) { .status = 200, .type = ops[op].type };
	if (write_content(op, blob_view(&from->body), ret))
		return;
	est_answer_clear(ret);
	est_answer_refuse(ret, 503, "answer", "cannot be written now");
}
