/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-route.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "challenge.h"
#include "hex.h"
#include "http-target.h"
#include "reason.h"
#include "tcg-csr.h"

#define JSON_MAX 4096 /* bytes of a JSON body; a limit of ours */

/* Base64 of the longest OCSP request. */
#define OCSP_BASE64_MAX ((OCSP_REQUEST_MAX + 2) / 3 * 4)

static const struct row {
	const char *path; /* with '/' at its end: what begins so */
	const char *type; /* of the body; NULL: none */
	size_t body_max;
	enum http_side side;
	enum serve_method method;
	enum serve_action action;
	unsigned role;
} rows[] = {
	{ "/v1/challenge", "application/octet-stream", TCG_CSR_MAX,
		HTTP_STATIONS, SERVE_POST, SERVE_CHALLENGE, CA_ROLE_ISSUE },
	{ "/v1/issue", "application/x-pem-file", CHALLENGE_FILE_MAX,
		HTTP_STATIONS, SERVE_POST, SERVE_ISSUE, CA_ROLE_ISSUE },
	{ "/v1/revoke", "application/json", JSON_MAX, HTTP_STATIONS, SERVE_POST,
		SERVE_REVOKE, CA_ROLE_REVOKE },
	{ "/v1/device/", NULL, 0, HTTP_STATIONS, SERVE_GET, SERVE_SHOW,
		CA_ROLE_READ },
	{ "/metrics", NULL, 0, HTTP_STATIONS, SERVE_GET, SERVE_METRICS,
		CA_ROLE_READ },
	/* RFC 6960 A.1 */
	{ "/ocsp", "application/ocsp-request", OCSP_REQUEST_MAX, HTTP_PUBLIC,
		SERVE_POST, SERVE_OCSP, 0 },
	{ "/ocsp/", NULL, 0, HTTP_PUBLIC, SERVE_GET, SERVE_OCSP, 0 },
	{ "/healthz", NULL, 0, HTTP_PUBLIC, SERVE_GET, SERVE_HEALTH, 0 },
};

static const struct {
	const char *format; /* of the name, from the CA's */
	const char *type;
} files[SERVE_N_FILES] = {
	/* RFC 2585 4, RFC 5280 4.2.1.13 */
	[SERVE_FILE_CRL] = { "%s.crl", "application/pkix-crl" },
	[SERVE_FILE_DELTA] = { "%s-delta.crl", "application/pkix-crl" },
	[SERVE_FILE_ISSUER] = { "%s.cer", "application/pkix-cert" },
	[SERVE_FILE_ROOT] = { "root.cer%.0s", "application/pkix-cert" },
	[SERVE_FILE_CHAIN] = { "%s-chain.pem", "application/x-pem-file" },
};

void serve_file_name(
	enum serve_file file, const char *ca_name, char *buf, size_t size)
{
	/* Formats of our own table; the compiler cannot see them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(buf, size, files[file].format, ca_name);
#pragma GCC diagnostic pop
}

const char *serve_file_type(enum serve_file file)
{
	return files[file].type;
}

static void refuse(struct serve_route *r, int status, enum devid_err code,
	const char *text)
{
	r->action = SERVE_REFUSE;
	r->status = status;
	(void)devid_fail(&r->error, code, "%s", text);
}

/* How long @path is without a query, for which nothing here asks. */
static size_t path_len(const char *path)
{
	return strcspn(path, "?");
}

static bool path_is(const char *path, const char *want)
{
	return path_len(path) == strlen(want) &&
	       strncmp(path, want, strlen(want)) == 0;
}

/* Undoes percent-encoding (RFC 3986 2.1) of a path's end into @buf of @size,
 * with a NUL. A decoded control character is refused. */
static bool decode_percent(const char *in, char *buf, size_t size)
{
	size_t n = 0;

	for (; *in && *in != '?'; in++) {
		uint8_t c = (uint8_t)*in;

		if (c == '%') {
			if (!hex_decode(in + 1, &c, 1))
				return false;
			in += 2;
		}
		if (c < 0x20 || c == 0x7f || n + 1 >= size)
			return false;
		buf[n++] = (char)c;
	}
	buf[n] = '\0';
	return true;
}

/* RFC 6960 A.1: the base64 of the request, percent-encoded. */
static bool decode_ocsp(const char *in, struct serve_route *r)
{
	char text[OCSP_BASE64_MAX + 1];
	uint8_t der[OCSP_BASE64_MAX];
	size_t len, pad;
	int n;

	/* A request is a SEQUENCE, whose base64 begins with no slash. */
	in += strspn(in, "/");
	if (!decode_percent(in, text, sizeof(text)))
		return false;
	len = strlen(text);
	/* OpenSSL passes over blanks and takes no notice of a '=' too many. */
	pad = len - strcspn(text, "=");
	if (len == 0 || len % 4 != 0 || strchr(text, ' ') || pad > 2 ||
		strspn(text + len - pad, "=") != pad)
		return false;
	n = EVP_DecodeBlock(
		der, (const unsigned char *)text, (int)len); /* with the pad */
	if (n < (int)pad || (size_t)n - pad > sizeof(r->ocsp))
		return false;
	r->input_len = (size_t)n - pad;
	memcpy(r->ocsp, der, r->input_len);
	r->input = r->ocsp;
	return true;
}

/* No device has another serial number, and to PostgreSQL bytes that are not
 * UTF-8 are a failure of the statement. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

static bool copy_serial(struct serve_route *r, const char *serial)
{
	size_t len = strlen(serial);

	if (len == 0 || len >= sizeof(r->serial))
		return false;
	memcpy(r->serial, serial, len + 1);
	return true;
}

static void refuse_reason(struct serve_route *r)
{
	char text[DEVID_ERROR_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "reason: not one of %s",
		reason_names()); /* fits */
	refuse(r, 400, DEVID_ERR_SYNTAX, text);
}

/* {"serial": S, "reason": R} and nothing else. */
static void read_revoke(const struct serve_call *call, struct serve_route *r)
{
	const char *serial = NULL, *reason = NULL;
	json_t *json = json_loadb((const char *)call->body, call->body_len,
		JSON_REJECT_DUPLICATES, NULL);
	bool ok = json && json_unpack(json, "{s:s, s:s!}", "serial", &serial,
				  "reason", &reason) == 0;

	if (!ok || !copy_serial(r, serial))
		refuse(r, 400, DEVID_ERR_SYNTAX,
			"body: not {\"serial\": text, \"reason\": name of RFC "
			"5280}");
	else {
		r->reason = reason_by_name(reason);
		if (r->reason < 0)
			refuse_reason(r);
	}
	json_decref(json);
}

static void read_input(
	const struct serve_call *call, const char *rest, struct serve_route *r)
{
	bool ok = true;

	r->input = call->body;
	r->input_len = call->body_len;
	switch (r->action) {
	case SERVE_REVOKE:
		read_revoke(call, r);
		return;
	case SERVE_SHOW:
		ok = decode_percent(rest, r->serial, sizeof(r->serial)) &&
		     r->serial[0] && is_printable(r->serial);
		break;
	case SERVE_OCSP:
		ok = call->method == SERVE_POST || decode_ocsp(rest, r);
		break;
	case SERVE_CHALLENGE:
	case SERVE_ISSUE:
	case SERVE_REFUSE:
	case SERVE_FILE:
	case SERVE_HEALTH:
	case SERVE_METRICS:
		break;
	}
	if (!ok)
		refuse(r, 400, DEVID_ERR_SYNTAX, "target: malformed");
}

static void apply(const struct row *row, const struct serve_call *call,
	const char *path, struct serve_route *r)
{
	if (call->method != row->method) {
		r->allow = row->method == SERVE_GET ? "GET, HEAD" : "POST";
		refuse(r, 405, DEVID_ERR_UNSUPPORTED, "method: not this one");
		return;
	}
	if (call->body_len > row->body_max) {
		refuse(r, 413, DEVID_ERR_TOO_LARGE, "body: too large");
		return;
	}
	if (row->type && !http_type_is(call->type, row->type)) {
		refuse(r, 415, DEVID_ERR_UNSUPPORTED,
			"Content-Type: not what belongs here");
		return;
	}
	r->action = row->action;
	r->role = row->role;
	read_input(call, path + strlen(row->path), r);
}

static bool row_fits(
	const struct row *row, enum http_side side, const char *path)
{
	size_t len = strlen(row->path);

	if (row->side != side)
		return false;
	if (row->path[len - 1] == '/')
		return strncmp(path, row->path, len) == 0;
	return path_is(path, row->path);
}

static bool find_file(
	const char *path, const char *ca_name, enum serve_file *ret)
{
	char name[256];

	for (int i = 0; i < SERVE_N_FILES; i++) {
		serve_file_name(
			(enum serve_file)i, ca_name, name, sizeof(name));
		if (path_is(path + 1, name)) {
			*ret = (enum serve_file)i;
			return true;
		}
	}
	return false;
}

void serve_route(const struct serve_call *call, const char *ca_name,
	struct serve_route *ret)
{
	static const struct row file_row = { "/", NULL, 0, HTTP_PUBLIC,
		SERVE_GET, SERVE_FILE, 0 };
	const char *path = http_target_path(call->target);

	memset(ret, 0, offsetof(struct serve_route, ocsp));
	if (!path) {
		refuse(ret, 400, DEVID_ERR_SYNTAX, "target: not a path");
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (row_fits(&rows[i], call->side, path)) {
			apply(&rows[i], call, path, ret);
			return;
		}
	}
	if (call->side == HTTP_PUBLIC && find_file(path, ca_name, &ret->file)) {
		apply(&file_row, call, path, ret);
		return;
	}
	refuse(ret, 404, DEVID_ERR_NOT_FOUND, "target: nothing is here");
}
