/* SPDX-License-Identifier: Apache-2.0 */
#include "event.h"

#include <string.h>

#include "hex.h"

/* A piece of the line; never NUL-terminated. */
struct span {
	const char *p;
	size_t len;
};

static bool starts(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && memcmp(s.p, prefix, len) == 0;
}

static bool skip(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!starts(*s, prefix))
		return false;
	s->p += len;
	s->len -= len;
	return true;
}

static bool chop(struct span *s, const char *suffix)
{
	size_t len = strlen(suffix);

	if (s->len < len || memcmp(s->p + s->len - len, suffix, len) != 0)
		return false;
	s->len -= len;
	return true;
}

/* Up to nine digits; more is no number that is looked at. */
static bool take_number(struct span *s, int *ret)
{
	size_t i = 0;
	int n = 0;

	for (; i < s->len && i < 9 && s->p[i] >= '0' && s->p[i] <= '9'; i++)
		n = n * 10 + (s->p[i] - '0');
	if (i == 0 || (i < s->len && s->p[i] >= '0' && s->p[i] <= '9'))
		return false;
	s->p += i;
	s->len -= i;
	*ret = n;
	return true;
}

enum devid_err event_decode_hex(const char *hex, size_t hex_len, uint8_t *out,
	size_t out_len, size_t *ret_len)
{
	if (hex_len % 2)
		return DEVID_ERR_SYNTAX;
	if (hex_len / 2 > out_len)
		return DEVID_ERR_TOO_LARGE;
	if (!hex_decode(hex, out, hex_len / 2))
		return DEVID_ERR_SYNTAX;
	*ret_len = hex_len / 2;
	return DEVID_OK;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* Copies @s when it has only name characters, and blanks if @blanks. */
static bool copy_text(struct span s, bool blanks, char out[EVENT_TEXT_MAX])
{
	if (s.len == 0 || s.len >= EVENT_TEXT_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_name_char(s.p[i]) && !(blanks && s.p[i] == ' '))
			return false;
	}
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

static enum devid_err parse_depth(struct span *s, struct event *ev)
{
	if (!skip(s, "depth=") || !take_number(s, &ev->depth))
		return DEVID_ERR_SYNTAX;
	if (ev->depth > EVENT_DEPTH_MAX)
		return DEVID_ERR_TOO_LARGE;
	return skip(s, " ") ? DEVID_OK : DEVID_ERR_SYNTAX;
}

/* The run of hex digits that ends @s, cut off it. */
static struct span take_hex_tail(struct span *s)
{
	size_t n = 0;

	while (n < s->len && hex_digit(s->p[s->len - 1 - n]) >= 0)
		n++;
	s->len -= n;
	return (struct span) { s->p + s->len, n };
}

/*
 * depth=N subject='S' hash=H[ tod=1|2]  or  depth=N subject='S' cert=DER
 * S can hold any text, "' hash=" too; what follows its own closing quote
 * comes from wpa_supplicant alone, so the fields are taken from the end.
 */
static enum devid_err parse_peer_cert(struct span s, struct event *ev)
{
	enum devid_err rc = parse_depth(&s, ev);
	struct span hex;
	size_t len;

	if (rc != DEVID_OK)
		return rc;
	if (!skip(&s, "subject='"))
		return DEVID_ERR_SYNTAX;
	if (!chop(&s, " tod=1"))
		(void)chop(&s, " tod=2"); /* either or neither is there */
	hex = take_hex_tail(&s);
	if (chop(&s, "' hash=") && hex.len == 2 * EVENT_HASH_LEN) {
		ev->has_hash = true;
		return event_decode_hex(
			hex.p, hex.len, ev->hash, sizeof(ev->hash), &len);
	}
	if (!chop(&s, "' cert=") || hex.len == 0 || hex.len % 2)
		return DEVID_ERR_SYNTAX;
	if (hex.len / 2 > EVENT_CERT_MAX)
		return DEVID_ERR_TOO_LARGE;
	ev->cert_hex = hex.p;
	ev->cert_hex_len = hex.len;
	return DEVID_OK;
}

/* depth=N DNS:NAME; other kinds of name, and odd ones, are of no interest */
static enum devid_err parse_peer_alt(struct span s, struct event *ev)
{
	enum devid_err rc = parse_depth(&s, ev);

	if (rc != DEVID_OK)
		return rc;
	if (!skip(&s, "DNS:") || !copy_text(s, false, ev->text))
		ev->type = EVENT_OTHER;
	return DEVID_OK;
}

/* What stands between the last @mark in @s and its end. */
static bool cut_to_last(struct span *s, const char *mark)
{
	size_t len = strlen(mark);

	for (size_t n = s->len; n >= len; n--) {
		if (memcmp(s->p + n - len, mark, len) != 0)
			continue;
		s->p += n;
		s->len -= n;
		return true;
	}
	return false;
}

/*
 * reason=N depth=N subject='...' err='...': the subject is passed over, and
 * the text behind it is taken from the end. It is one of OpenSSL's or of
 * wpa_supplicant's own; one that does not look like that is left out.
 */
static enum devid_err parse_cert_error(struct span s, struct event *ev)
{
	enum devid_err rc;

	if (!skip(&s, "reason=") || !take_number(&s, &ev->reason) ||
		!skip(&s, " "))
		return DEVID_ERR_SYNTAX;
	rc = parse_depth(&s, ev);
	if (rc == DEVID_OK && chop(&s, "'") && cut_to_last(&s, "' err='"))
		(void)copy_text(s, true, ev->text); /* "" when it is odd */
	return rc;
}

/* vendor=N method=N, and " -> NAK" where it was refused */
static enum devid_err parse_method(struct span s, struct event *ev)
{
	int vendor;

	if (!skip(&s, "vendor=") || !take_number(&s, &vendor) ||
		!skip(&s, " method="))
		return DEVID_ERR_SYNTAX;
	ev->method = EVENT_METHOD_EXPANDED;
	if (vendor != 0)
		return DEVID_OK; /* its method may have ten digits */
	return take_number(&s, &ev->method) ? DEVID_OK : DEVID_ERR_SYNTAX;
}

static enum devid_err parse_alert(
	enum event_type type, struct span value, struct event *ev)
{
	ev->type = type;
	return copy_text(value, true, ev->text) ? DEVID_OK : DEVID_ERR_SYNTAX;
}

/* status='S' parameter='P'; S never holds foreign text */
static enum devid_err parse_eap_status(struct span s, struct event *ev)
{
	if (!skip(&s, "status='") || !chop(&s, "'"))
		return DEVID_ERR_SYNTAX;
	if (skip(&s, "local TLS alert' parameter='"))
		return parse_alert(EVENT_LOCAL_ALERT, s, ev);
	if (skip(&s, "remote TLS alert' parameter='"))
		return parse_alert(EVENT_REMOTE_ALERT, s, ev);
	if (skip(&s, "remote certificate verification' parameter='")) {
		if (s.len == 7 && starts(s, "success"))
			ev->type = EVENT_SERVER_VERIFIED;
		return DEVID_OK;
	}
	if (!skip(&s, "completion' parameter='"))
		return DEVID_OK;
	if (s.len == 7 && starts(s, "failure"))
		ev->type = EVENT_EAP_REJECTED;
	else if (s.len == 7 && starts(s, "success"))
		ev->type = EVENT_EAP_ACCEPTED;
	return DEVID_OK;
}

static enum devid_err parse_nothing(struct span s, struct event *ev)
{
	(void)s; /* the prefix says it all */
	(void)ev;
	return DEVID_OK;
}

static const struct {
	const char *prefix;
	enum event_type type;
	enum devid_err (*parse)(struct span s, struct event *ev);
} kinds[] = {
	{ "Associated with ", EVENT_ASSOCIATED, parse_nothing },
	{ "CTRL-EVENT-EAP-STARTED ", EVENT_EAP_STARTED, parse_nothing },
	{ "CTRL-EVENT-EAP-PROPOSED-METHOD ", EVENT_METHOD_PROPOSED,
		parse_method },
	{ "CTRL-EVENT-EAP-PEER-CERT ", EVENT_PEER_CERT, parse_peer_cert },
	{ "CTRL-EVENT-EAP-PEER-ALT ", EVENT_PEER_NAME, parse_peer_alt },
	{ "CTRL-EVENT-EAP-TLS-CERT-ERROR ", EVENT_CERT_ERROR,
		parse_cert_error },
	{ "CTRL-EVENT-EAP-STATUS ", EVENT_OTHER, parse_eap_status },
	{ "CTRL-EVENT-EAP-SUCCESS ", EVENT_EAP_SUCCESS, parse_nothing },
	{ "CTRL-EVENT-EAP-FAILURE ", EVENT_EAP_FAILURE, parse_nothing },
	{ "CTRL-REQ-PIN-", EVENT_KEY_REQUEST, parse_nothing },
	{ "CTRL-REQ-PASSPHRASE-", EVENT_KEY_REQUEST, parse_nothing },
	{ "CTRL-REQ-EXT_CERT_CHECK-", EVENT_CERT_CHECK, parse_nothing },
	{ "CTRL-EVENT-TERMINATING ", EVENT_TERMINATING, parse_nothing },
};

/* IFNAME=<port> */
static enum devid_err parse_port(struct span *s, struct event *ev)
{
	size_t n = 0;

	if (!skip(s, "IFNAME="))
		return DEVID_OK;
	while (n < s->len && s->p[n] > ' ' && s->p[n] != '/')
		n++;
	if (n == 0 || n >= sizeof(ev->port) || n == s->len || s->p[n] != ' ')
		return DEVID_ERR_SYNTAX;
	memcpy(ev->port, s->p, n);
	ev->port[n] = '\0';
	s->p += n + 1;
	s->len -= n + 1;
	return DEVID_OK;
}

enum devid_err event_parse(
	const char *line, size_t len, struct event *ret_event)
{
	struct event ev = { .type = EVENT_OTHER };
	struct span s = { line, len };
	enum devid_err rc;
	int level;

	if (len > EVENT_LINE_MAX)
		return DEVID_ERR_TOO_LARGE;
	if (memchr(line, '\0', len) || memchr(line, '\n', len))
		return DEVID_ERR_SYNTAX;
	rc = parse_port(&s, &ev);
	if (rc != DEVID_OK)
		return rc;
	if (!skip(&s, "<") || !take_number(&s, &level) || !skip(&s, ">"))
		return DEVID_ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!skip(&s, kinds[i].prefix))
			continue;
		ev.type = kinds[i].type;
		rc = kinds[i].parse(s, &ev);
		break;
	}
	if (rc == DEVID_OK)
		*ret_event = ev;
	return rc;
}

/* One "name=value" line of STATUS. */
static void note_status(struct span s, struct event_status *st, bool *seen_port)
{
	if (skip(&s, "suppPortStatus=")) {
		*seen_port = true;
		st->authorized = s.len == 10 && starts(s, "Authorized");
	} else if (skip(&s, "tls_session_reused=")) {
		st->resumed = s.len == 1 && s.p[0] == '1';
	} else if (skip(&s, "eap_tls_version=")) {
		char text[EVENT_TEXT_MAX];

		if (s.len < sizeof(st->tls_version) &&
			copy_text(s, false, text))
			memcpy(st->tls_version, text, s.len + 1);
	}
}

enum devid_err event_parse_status(
	const char *text, size_t len, struct event_status *ret_status)
{
	struct event_status st = { false, false, "" };
	bool seen_port = false;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		note_status((struct span) { text, n }, &st, &seen_port);
		n += end ? 1 : 0;
		text += n;
		len -= n;
	}
	if (!seen_port)
		return DEVID_ERR_SYNTAX;
	*ret_status = st;
	return DEVID_OK;
}

const char *event_reason_text(int reason)
{
	/* enum tls_fail_reason, src/crypto/tls.h of wpa_supplicant 2.10 */
	static const char *const texts[] = {
		"not trusted",
		"neither below the trusted CA nor the one remembered",
		"revoked",
		"not yet valid",
		"expired",
		"wrong subject",
		"wrong alternative name",
		"bad certificate",
		"probe only",
		"wrong name suffix",
		"wrong server name",
		"key too short",
		"wrong distinguished name",
	};

	if (reason < 0 || (size_t)reason >= sizeof(texts) / sizeof(texts[0]))
		return texts[0];
	return texts[reason];
}
