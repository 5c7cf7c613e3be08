/* SPDX-License-Identifier: Apache-2.0 */
#include "attach.h"

#include <stdio.h>
#include <string.h>

/* RFC 3748 3.1 asks for 1020 octets; the EAPOL header has four. */
#define EAPOL_MTU_MIN 1024

/* An EAP-Failure after this long without a sign of the RADIUS server is the
 * switch giving up on it, not the server's verdict. */
#define SILENT_SERVER_MS 5000

static const char *const class_names[ATTACH_N_CLASSES] = {
	[ATTACH_CLASS_NONE] = "NONE",
	[ATTACH_CLASS_NO_AUTHENTICATOR] = "NO_AUTHENTICATOR",
	[ATTACH_CLASS_KEY_UNAVAILABLE] = "KEY_UNAVAILABLE",
	[ATTACH_CLASS_SERVER_UNTRUSTED] = "SERVER_UNTRUSTED",
	[ATTACH_CLASS_CERT_REJECTED] = "CERT_REJECTED",
	[ATTACH_CLASS_AUTHZ_DENIED] = "AUTHZ_DENIED",
	[ATTACH_CLASS_TIMEOUT] = "TIMEOUT",
	[ATTACH_CLASS_TLS_FAILED] = "TLS_FAILED",
	[ATTACH_CLASS_NO_EAP_TLS] = "NO_EAP_TLS",
	[ATTACH_CLASS_OPEN_PORT] = "OPEN_PORT",
	[ATTACH_CLASS_SERVER_CHANGED] = "SERVER_CHANGED",
};

static const char *const end_names[ATTACH_N_ENDS] = {
	[ATTACH_END_OPEN] = "open",
	[ATTACH_END_SUCCESS] = "success",
	[ATTACH_END_FAILURE] = "failure",
	[ATTACH_END_KEY] = "key",
	[ATTACH_END_SILENCE] = "silence",
	[ATTACH_END_LOST] = "lost",
};

const char *attach_class_name(enum attach_class class)
{
	return class < ATTACH_N_CLASSES ? class_names[class] : "NONE";
}

const char *attach_end_name(enum attach_end end)
{
	return end < ATTACH_N_ENDS ? end_names[end] : "open";
}

enum attach_class attach_class_parse(const char *name)
{
	for (int i = 0; i < ATTACH_N_CLASSES; i++) {
		if (strcmp(name, class_names[i]) == 0)
			return (enum attach_class)i;
	}
	return ATTACH_CLASS_NONE;
}

enum attach_end attach_end_parse(const char *name)
{
	for (int i = 0; i < ATTACH_N_ENDS; i++) {
		if (strcmp(name, end_names[i]) == 0)
			return (enum attach_end)i;
	}
	return ATTACH_END_OPEN;
}

void attach_begin(struct attach *a, uint64_t now_us, time_t wall)
{
	memset(a, 0, sizeof(*a));
	a->start = wall;
	a->start_us = now_us;
	a->start_ms = -1;
	a->eap_ms = -1;
	a->server_ms = -1;
	a->done_ms = -1;
	a->cert_error = -1;
}

int32_t attach_ms(const struct attach *a, uint64_t now_us)
{
	uint64_t ms;

	if (now_us < a->start_us)
		return 0;
	ms = (now_us - a->start_us) / 1000;
	return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

static void forget_server(struct attach *a)
{
	a->server_verified = false;
	a->has_server = false;
	a->server_name[0] = '\0';
}

static void note_started(struct attach *a, uint64_t now_us)
{
	a->eap_started = true;
	/* A switch that begins again leaves the old findings void. */
	a->tls_offered = false;
	a->other_method = 0;
	a->rejected = false;
	a->accepted = false;
	a->succeeded = false;
	forget_server(a);
	a->asked_ms = attach_ms(a, now_us);
	if (a->eap_ms < 0)
		a->eap_ms = a->asked_ms;
}

static void note_cert(struct attach *a, const struct event *ev)
{
	if (ev->depth != 0 || !ev->has_hash)
		return;
	a->has_server = true;
	memcpy(a->server, ev->hash, sizeof(a->server));
}

static void note_method(struct attach *a, int method)
{
	if (method == EVENT_METHOD_TLS) {
		forget_server(a); /* its certificate comes now */
		a->tls_offered = true;
	} else {
		a->other_method = method;
	}
}

/* The first one is the cause; others can follow from it. */
static void note_cert_error(struct attach *a, const struct event *ev)
{
	if (a->cert_error >= 0)
		return;
	a->cert_error = ev->reason;
	a->cert_depth = ev->depth;
	memcpy(a->cert_text, ev->text, sizeof(ev->text));
}

void attach_note(struct attach *a, const struct event *ev, uint64_t now_us)
{
	switch (ev->type) {
	case EVENT_EAP_STARTED:
		note_started(a, now_us);
		return;
	case EVENT_METHOD_PROPOSED:
		note_method(a, ev->method);
		return;
	case EVENT_PEER_CERT:
		note_cert(a, ev);
		return;
	case EVENT_PEER_NAME:
		if (ev->depth == 0 && !a->server_name[0])
			memcpy(a->server_name, ev->text, sizeof(ev->text));
		return;
	case EVENT_SERVER_VERIFIED:
		a->server_verified = true;
		a->server_ms = attach_ms(a, now_us);
		return;
	case EVENT_CERT_ERROR:
		note_cert_error(a, ev);
		return;
	case EVENT_LOCAL_ALERT:
		memcpy(a->local_alert, ev->text, sizeof(ev->text));
		return;
	case EVENT_REMOTE_ALERT:
		memcpy(a->remote_alert, ev->text, sizeof(ev->text));
		return;
	case EVENT_KEY_REQUEST:
		a->key_wanted = true;
		return;
	case EVENT_EAP_REJECTED:
		a->rejected = true;
		return;
	case EVENT_EAP_ACCEPTED:
		a->accepted = true;
		return;
	case EVENT_EAP_SUCCESS:
		a->succeeded = true;
		return;
	case EVENT_OTHER:
	case EVENT_ASSOCIATED:
	case EVENT_CERT_CHECK:
	case EVENT_EAP_FAILURE:
	case EVENT_TERMINATING:
		return;
	}
}

static void conclude(struct attach *a, enum attach_class class,
	const char *what, const char *detail)
{
	a->class = class;
	if (!a->reason[0])
		(void)snprintf(a->reason, sizeof(a->reason), "%s%s%s", what,
			*detail ? ": " : "", detail);
}

/* Alerts of RFC 8446 6.2 and RFC 5246 7.2.2 that judge the certificate, in
 * the words of SSL_alert_desc_string_long(). */
static bool is_cert_alert(const char *alert)
{
	static const char *const alerts[] = {
		"bad certificate",
		"unsupported certificate",
		"certificate revoked",
		"certificate expired",
		"certificate unknown",
		"unknown CA",
		"access denied",
		"decrypt error",
		"certificate required",
		"no certificate",
		"bad certificate status response",
		"handshake failure",
	};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (strcmp(alert, alerts[i]) == 0)
			return true;
	}
	return false;
}

static void classify_alert(struct attach *a)
{
	/* One that came before our certificate was sent is not about it; and
	 * that is sent when the server's was accepted, never before. */
	bool sent = a->flight == FLIGHT_UNSEEN ? a->server_verified
					       : a->flight >= FLIGHT_BEGUN;
	bool about_cert = sent && is_cert_alert(a->remote_alert);

	if (about_cert)
		conclude(a, ATTACH_CLASS_CERT_REJECTED,
			"server rejected our certificate", a->remote_alert);
	else if (a->remote_alert[0])
		conclude(a, ATTACH_CLASS_TLS_FAILED, "server ended TLS",
			a->remote_alert);
	else if (a->server_verified &&
		 strcmp(a->local_alert, "internal error") == 0)
		/* the one step of ours after the server's is to sign */
		conclude(a, ATTACH_CLASS_KEY_UNAVAILABLE,
			"signing with the device key failed", "");
	else
		conclude(a, ATTACH_CLASS_TLS_FAILED, "we ended TLS",
			a->local_alert);
}

/* What OpenSSL says of a certificate with another extended key usage. */
static bool is_purpose_error(const char *text)
{
	return strcmp(text, "unsuitable certificate purpose") == 0 ||
	       strcmp(text, "unsupported certificate purpose") == 0;
}

static void classify_cert_error(struct attach *a)
{
	const char *detail = event_reason_text(a->cert_error);

	if (a->cert_depth == 0 && is_purpose_error(a->cert_text))
		detail = "not made for a server (extended key usage)";
	else if (a->cert_error == 0 && a->cert_text[0])
		detail = a->cert_text; /* no reason of its own */
	if (a->remembered && !a->reason[0])
		(void)snprintf(a->reason, sizeof(a->reason),
			"server is not the one remembered: %s%s",
			a->cert_depth ? "its issuer: " : "", detail);
	conclude(a, ATTACH_CLASS_SERVER_UNTRUSTED,
		a->cert_depth ? "issuer of the server's certificate"
			      : "server certificate",
		detail);
}

static void classify_other_method(struct attach *a)
{
	static const struct {
		int type;
		const char *name;
	} names[] = { { 4, "MD5" }, { 21, "TTLS" }, { 25, "PEAP" },
		{ 26, "MSCHAPv2" }, { 43, "FAST" }, { 55, "TEAP" } };
	const char *name = "another one";
	char detail[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].type == a->other_method)
			name = names[i].name;
	}
	(void)snprintf(detail, sizeof(detail), "EAP method %d (%s)",
		a->other_method, name); /* fits */
	conclude(a, ATTACH_CLASS_NO_EAP_TLS,
		"RADIUS server does not offer EAP-TLS", detail);
}

/* EAP failed before a method: whether at once or not is all there is. */
static void classify_no_method(struct attach *a)
{
	if (a->done_ms - a->asked_ms >= SILENT_SERVER_MS)
		conclude(a, ATTACH_CLASS_TIMEOUT,
			"the switch gave up after a while, probably without "
			"an answer from its RADIUS server",
			"");
	else
		conclude(a, ATTACH_CLASS_AUTHZ_DENIED,
			"rejected before TLS began, probably for the EAP "
			"identity",
			"");
}

struct verdict {
	enum attach_class class;
	const char *what;
};

/*
 * FreeRADIUS 3.2 and hostapd 2.10 refuse a certificate with a bare
 * EAP-Failure, without the TLS alert. Then it comes at once after our last
 * fragment; a server that refuses after TLS has sent its own last message
 * (Finished of TLS 1.2, the commitment of RFC 9190 2.1.1) in between, which we
 * answered.
 */
static const struct verdict verified_ends[FLIGHT_N_STAGES] = {
	[FLIGHT_UNSEEN] = { ATTACH_CLASS_AUTHZ_DENIED,
		"rejected, probably after authentication" },
	[FLIGHT_HELLO] = { ATTACH_CLASS_TLS_FAILED,
		"server ended TLS after its certificate" },
	[FLIGHT_HEARD] = { ATTACH_CLASS_TLS_FAILED,
		"server ended TLS after its certificate" },
	[FLIGHT_BEGUN] = { ATTACH_CLASS_TLS_FAILED,
		"server ended TLS amid our certificate, probably too long" },
	[FLIGHT_WHOLE] = { ATTACH_CLASS_CERT_REJECTED,
		"server rejected our certificate: no alert given" },
	[FLIGHT_ANSWERED] = { ATTACH_CLASS_AUTHZ_DENIED,
		"authenticated, but not admitted" },
};

/* The server showed no certificate: it resumed a session, or came not so far.
 */
static const struct verdict unverified_ends[FLIGHT_N_STAGES] = {
	[FLIGHT_UNSEEN] = { ATTACH_CLASS_TLS_FAILED, "server ended TLS" },
	[FLIGHT_HELLO] = { ATTACH_CLASS_TLS_FAILED,
		"server ended TLS at its beginning, probably no common "
		"version or cipher" },
	[FLIGHT_HEARD] = { ATTACH_CLASS_TLS_FAILED,
		"server ended TLS amid its own part" },
	[FLIGHT_BEGUN] = { ATTACH_CLASS_TLS_FAILED, "server ended TLS" },
	[FLIGHT_WHOLE] = { ATTACH_CLASS_AUTHZ_DENIED,
		"session resumed, but not admitted" },
	[FLIGHT_ANSWERED] = { ATTACH_CLASS_AUTHZ_DENIED,
		"session resumed, but not admitted" },
};

/* A critical or open port (802.1X-2020 12.5): EAP-Success, for nothing. */
static bool let_in(const struct attach *a)
{
	return a->accepted && !a->rejected && !a->succeeded;
}

static void classify_failure(struct attach *a)
{
	enum flight_stage f = a->flight;

	if (a->refused)
		conclude(a, ATTACH_CLASS_SERVER_UNTRUSTED,
			"server is not the one remembered", "");
	else if (a->key_wanted)
		conclude(a, ATTACH_CLASS_KEY_UNAVAILABLE,
			"the device key could not be loaded", "");
	else if (a->cert_error >= 0)
		classify_cert_error(a);
	else if (a->remote_alert[0] || a->local_alert[0])
		classify_alert(a);
	else if (let_in(a))
		conclude(a, ATTACH_CLASS_OPEN_PORT,
			"the port opened without authentication", "");
	else if (!a->tls_offered && a->other_method)
		classify_other_method(a);
	else if (!a->tls_offered)
		classify_no_method(a);
	else if (a->server_verified)
		conclude(a, verified_ends[f].class, verified_ends[f].what, "");
	else
		conclude(a, unverified_ends[f].class, unverified_ends[f].what,
			"");
}

/* Nothing came any more. What was sent last tells what was not answered. */
static const char *const unanswered[FLIGHT_N_STAGES] = {
	[FLIGHT_UNSEEN] = "authentication stopped half-way",
	[FLIGHT_HELLO] = "stopped half-way: no answer to our first TLS message",
	[FLIGHT_HEARD] = "stopped half-way, amid the server's part of TLS",
	[FLIGHT_BEGUN] = ("stopped half-way: no answer to a long frame of "
			  "ours, probably an MTU on the way is too small"),
	[FLIGHT_WHOLE] = "stopped half-way: no answer to our certificate",
	[FLIGHT_ANSWERED] = "stopped half-way, after TLS",
};

static void classify_silence(struct attach *a)
{
	char detail[64] = "";

	if (a->key_wanted || let_in(a)) {
		classify_failure(a);
		return;
	}
	if (a->mtu && a->mtu < EAPOL_MTU_MIN)
		(void)snprintf(detail, sizeof(detail),
			"the interface's MTU is %u, EAP needs %d", a->mtu,
			EAPOL_MTU_MIN); /* fits */
	if (!a->eap_started)
		conclude(a, ATTACH_CLASS_NO_AUTHENTICATOR,
			"nothing answers EAPOL-Start", "");
	else if (!a->tls_offered && !a->other_method)
		conclude(a, ATTACH_CLASS_TIMEOUT,
			"stopped half-way: no answer to our identity, probably "
			"no RADIUS server",
			"");
	else
		conclude(a, ATTACH_CLASS_TIMEOUT,
			detail[0] ? "stopped half-way" : unanswered[a->flight],
			detail);
}

/* A site that names its servers has none but those. */
static void name_change(struct attach *a)
{
	char was[ATTACH_REASON_MAX];

	if (!a->site || a->class != ATTACH_CLASS_SERVER_UNTRUSTED)
		return;
	a->class = ATTACH_CLASS_SERVER_CHANGED;
	memcpy(was, a->reason, sizeof(was));
	if (snprintf(a->reason, sizeof(a->reason),
		    "not a server of the site's document: %s",
		    was) >= (int)sizeof(a->reason))
		a->reason[sizeof(a->reason) - 1] = '\0';
}

void attach_finish(struct attach *a, enum attach_end end, uint64_t now_us)
{
	a->done_ms = attach_ms(a, now_us);
	a->end = end;
	switch (end) {
	case ATTACH_END_OPEN:
	case ATTACH_END_SUCCESS:
		a->class = ATTACH_CLASS_NONE;
		return;
	case ATTACH_END_FAILURE:
	case ATTACH_END_KEY:
		classify_failure(a);
		name_change(a);
		return;
	case ATTACH_END_SILENCE:
		classify_silence(a);
		return;
	case ATTACH_END_LOST:
		conclude(a, ATTACH_CLASS_TIMEOUT, "interrupted", "");
		return;
	}
}
