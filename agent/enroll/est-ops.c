/* SPDX-License-Identifier: Apache-2.0 */
#include "est-ops.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cleanup-json.h"
#include "est-body.h"
#include "site-document.h"

#define PKCS7 "application/pkcs7-mime"

/* An operation, and what is told of it. */
struct op {
	const char *name; /* last part of the path */
	const char *type; /* media type of its answer */
	const char *tree; /* below /.well-known/ */
	size_t max;
};

static const struct op cacerts = { "cacerts", PKCS7, "est", EST_BODY_MAX };
static const struct op csrattrs = { "csrattrs", "application/csrattrs", "est",
	EST_BODY_MAX };
static const struct op nonce = { "nonce",
	"application/est-attestation-freshness+json", "est", 4096 };
static const struct op simpleenroll = { "simpleenroll", PKCS7, "est",
	EST_BODY_MAX };
static const struct op document = { "onboarding", "application/json", "devid",
	SITE_DOCUMENT_MAX };

/* ---- statuses ---- */

static unsigned clamp(long seconds)
{
	if (seconds <= 0)
		return EST_RETRY_DEFAULT;
	if (seconds < EST_RETRY_MIN)
		return EST_RETRY_MIN;
	return seconds > ENROLL_RETRY_MAX_SECONDS ? ENROLL_RETRY_MAX_SECONDS
						  : (unsigned)seconds;
}

#define LINE_MAX_SHOWN 120

/* The first line of a refusal that is text, as it may be shown. */
static void first_line(const struct est_answer *a, char out[LINE_MAX_SHOWN])
{
	size_t n = 0;

	if (strncasecmp(a->type, "text/plain", 10) == 0) {
		for (; n < a->body.len && n < LINE_MAX_SHOWN - 1; n++) {
			uint8_t c = a->body.data[n];

			if (c == '\n' || c == '\r')
				break;
			out[n] = c >= ' ' && c <= '~' ? (char)c : '?';
		}
	}
	out[n] = '\0';
}

/* An answer that is neither a success nor an operation's own case. */
static enum enroll_class refused(struct est_server *server, const struct op *op,
	const struct est_answer *a, struct devid_error *err)
{
	char line[LINE_MAX_SHOWN];

	first_line(a, line);
	if (a->status >= 300 && a->status < 400) {
		(void)devid_fail(err, DEVID_ERR_DENIED,
			"%s: the server sends elsewhere, which is not "
			"followed: %.160s",
			op->name, a->location);
		return ENROLL_EST_REDIRECT;
	}
	if (a->status >= 500) {
		server->retry_after = clamp(a->retry_after);
		(void)devid_fail(err, DEVID_ERR_UNREACHABLE,
			"%s: the server has trouble: HTTP status %ld%s%s",
			op->name, a->status, line[0] ? ": " : "", line);
		return ENROLL_EST_SERVER;
	}
	if (a->status >= 400) {
		(void)devid_fail(err, DEVID_ERR_DENIED,
			"%s: refused with HTTP status %ld%s%s", op->name,
			a->status, line[0] ? ": " : "", line);
		return ENROLL_EST_REFUSED;
	}
	(void)devid_fail(err, DEVID_ERR_SYNTAX,
		"%s: HTTP status %ld, which means nothing here", op->name,
		a->status);
	return ENROLL_EST_MALFORMED;
}

/* ---- types ---- */

/* Whether the media type @is, which may have parameters, is @want. */
static bool is_type(const char *is, const char *want)
{
	size_t n = strlen(want);

	return strncasecmp(is, want, n) == 0 &&
	       (is[n] == '\0' || is[n] == ';' || is[n] == ' ');
}

static enum enroll_class malformed(const struct op *op,
	const struct devid_error *why, struct devid_error *err)
{
	(void)devid_fail(err, DEVID_ERR_SYNTAX, "%s: %s", op->name,
		devid_error_text(why));
	return why->code == DEVID_ERR_TOO_LARGE ? ENROLL_EST_TOO_LARGE
	       : why->code == DEVID_ERR_NOMEM   ? ENROLL_LOCAL
						: ENROLL_EST_MALFORMED;
}

/* Asks for @op. NONE is an answer of any status. */
static enum enroll_class ask(struct est_server *server, const struct op *op,
	struct view body, struct est_answer *ret, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	struct est_ask what = { .accept = op->type,
		.post_type = body.len > 0 ? "application/pkcs10" : NULL,
		.body = body,
		.max = op->max };
	char path[ENROLL_REASON_MAX];
	enum enroll_class class;

	(void)snprintf(path, sizeof(path), "/.well-known/%s/%.64s%s%s",
		op->tree, server->label ? server->label : "",
		server->label ? "/" : "", op->name); /* fits */
	what.path = path;
	server->retry_after = 0;
	class = est_link_ask(server->link, &what, ret, &why);
	if (class != ENROLL_CLASS_NONE)
		(void)devid_fail(err, why.code, "%s: %s", op->name,
			devid_error_text(&why));
	return class;
}

/* A success is of the operation's type. */
static enum enroll_class check(struct est_server *server, const struct op *op,
	const struct est_answer *a, struct devid_error *err)
{
	if (a->status != 200)
		return refused(server, op, a, err);
	if (!is_type(a->type, op->type)) {
		(void)devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: Content-Type is '%.60s', not %s", op->name,
			a->type, op->type);
		return ENROLL_EST_MALFORMED;
	}
	return ENROLL_CLASS_NONE;
}

/* ---- operations ---- */

static enum enroll_class take_certs(const struct op *op,
	const struct est_answer *a, STACK_OF(X509) * *ret,
	struct devid_error *err)
{
	CLEANUP(blob_done) struct blob cms = { NULL, 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = est_base64_read(blob_view(&a->body), &cms, &why);

	if (rc == DEVID_OK)
		rc = est_certs_read(blob_view(&cms), ret, &why);
	return rc == DEVID_OK ? ENROLL_CLASS_NONE : malformed(op, &why, err);
}

enum enroll_class est_cacerts(struct est_server *server, STACK_OF(X509) * *ret,
	struct devid_error *err)
{
	CLEANUP(est_answer_done) struct est_answer a = { 0 };
	enum enroll_class class =
		ask(server, &cacerts, (struct view) { NULL, 0 }, &a, err);

	if (class == ENROLL_CLASS_NONE)
		class = check(server, &cacerts, &a, err);
	return class == ENROLL_CLASS_NONE ? take_certs(&cacerts, &a, ret, err)
					  : class;
}

enum enroll_class est_csrattrs(struct est_server *server, struct blob *ret_der,
	struct csrattrs *ret, struct devid_error *err)
{
	CLEANUP(est_answer_done) struct est_answer a = { 0 };
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum enroll_class class =
		ask(server, &csrattrs, (struct view) { NULL, 0 }, &a, err);
	enum devid_err rc;

	if (class != ENROLL_CLASS_NONE)
		return class;
	*ret = (struct csrattrs) { 0 };
	if (a.status == 204 || a.status == 404)
		return ENROLL_CLASS_NONE;
	class = check(server, &csrattrs, &a, err);
	if (class != ENROLL_CLASS_NONE)
		return class;
	rc = est_base64_read(blob_view(&a.body), &der, &why);
	if (rc == DEVID_OK)
		rc = csrattrs_read(blob_view(&der), ret, &why);
	if (rc != DEVID_OK)
		return malformed(&csrattrs, &why, err);
	*ret_der = blob_take(&der);
	return ENROLL_CLASS_NONE;
}

/* Base64url without '=' (RFC 4648 5) to what est_base64_read() takes. */
static bool read_nonce(const char *text, struct est_nonce *ret)
{
	CLEANUP(blob_done) struct blob out = { NULL, 0 };
	char plain[96];
	size_t n = strlen(text);

	if (n == 0 || n > 90)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '+' || text[i] == '/')
			return false;
		plain[i] = text[i] == '-'   ? '+'
			   : text[i] == '_' ? '/'
					    : text[i];
	}
	while (n % 4 != 0)
		plain[n++] = '=';
	if (est_base64_read((struct view) { (uint8_t *)plain, n }, &out,
		    NULL) != DEVID_OK ||
		out.len < WIRE_NONCE_MIN || out.len > sizeof(ret->data))
		return false;
	memcpy(ret->data, out.data, out.len);
	ret->len = out.len;
	return true;
}

enum devid_err est_nonce_parse(
	struct view json, struct est_nonce *ret, struct devid_error *err)
{
	CLEANUP(cleanup_json)
	json_t *root = json_loadb((const char *)json.data, json.len,
		JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(root, "nonce"));

	if (!text || !read_nonce(text, ret))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"no JSON with a nonce of %d to %d bytes",
			WIRE_NONCE_MIN, WIRE_NONCE_MAX);
	return DEVID_OK;
}

enum enroll_class est_nonce(struct est_server *server, struct est_nonce *ret,
	struct devid_error *err)
{
	CLEANUP(est_answer_done) struct est_answer a = { 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum enroll_class class =
		ask(server, &nonce, (struct view) { NULL, 0 }, &a, err);

	if (class != ENROLL_CLASS_NONE)
		return class;
	ret->len = 0;
	if (a.status == 404)
		return ENROLL_CLASS_NONE;
	class = check(server, &nonce, &a, err);
	if (class != ENROLL_CLASS_NONE)
		return class;
	return est_nonce_parse(blob_view(&a.body), ret, &why) == DEVID_OK
		       ? ENROLL_CLASS_NONE
		       : malformed(&nonce, &why, err);
}

enum enroll_class est_enroll(struct est_server *server, struct view csr,
	enum est_enrolled *ret, STACK_OF(X509) * *ret_certs,
	struct devid_error *err)
{
	CLEANUP(est_answer_done) struct est_answer a = { 0 };
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	enum enroll_class class;

	if (est_base64_write(csr, &text, err) != DEVID_OK)
		return ENROLL_LOCAL;
	class = ask(server, &simpleenroll, blob_view(&text), &a, err);
	if (class != ENROLL_CLASS_NONE)
		return class;
	if (a.status == 202) {
		server->retry_after = clamp(a.retry_after);
		*ret = EST_PENDING;
		return ENROLL_CLASS_NONE;
	}
	if (a.status == 409) {
		*ret = EST_STALE;
		return ENROLL_CLASS_NONE;
	}
	class = check(server, &simpleenroll, &a, err);
	if (class != ENROLL_CLASS_NONE)
		return class;
	*ret = EST_ISSUED;
	return take_certs(&simpleenroll, &a, ret_certs, err);
}

enum enroll_class est_document(
	struct est_server *server, struct blob *ret, struct devid_error *err)
{
	CLEANUP(est_answer_done) struct est_answer a = { 0 };
	enum enroll_class class =
		ask(server, &document, (struct view) { NULL, 0 }, &a, err);

	if (class != ENROLL_CLASS_NONE)
		return class;
	if (a.status == 404) {
		(void)devid_fail(err, DEVID_ERR_NOT_FOUND,
			"onboarding: the registrar has no document for this "
			"device");
		return ENROLL_DOCUMENT;
	}
	class = check(server, &document, &a, err);
	if (class == ENROLL_CLASS_NONE)
		*ret = blob_take(&a.body);
	return class;
}
