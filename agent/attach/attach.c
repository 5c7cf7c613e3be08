/* SPDX-License-Identifier: Apache-2.0 */
#include "attach.h"

#include <stdio.h>
#include <string.h>

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

static void note_started(struct attach *a, uint64_t now_us)
{
	a->eap_started = true;
	/* A switch that begins again leaves the old findings void. */
	a->method_seen = false;
	a->server_verified = false;
	a->frames_verified = 0;
	a->frames_failed = 0;
	a->rejected = false;
	a->succeeded = false;
	a->has_server = false;
	a->server_name[0] = '\0';
	if (a->eap_ms < 0)
		a->eap_ms = attach_ms(a, now_us);
}

static void note_cert(struct attach *a, const struct event *ev)
{
	if (ev->depth != 0 || !ev->has_hash)
		return;
	a->has_server = true;
	memcpy(a->server, ev->hash, sizeof(a->server));
}

void attach_note(struct attach *a, const struct event *ev, uint64_t now_us)
{
	switch (ev->type) {
	case EVENT_EAP_STARTED:
		note_started(a, now_us);
		return;
	case EVENT_METHOD_PROPOSED:
		a->method_seen = true;
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
		a->cert_error = ev->reason;
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
	if (a->remote_alert[0] && is_cert_alert(a->remote_alert))
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

/*
 * FreeRADIUS 3.2 and hostapd 2.10 refuse a certificate with a bare
 * EAP-Failure, without the TLS alert. Then it comes at once after our last
 * fragment; a server that refuses after TLS has sent its own last message
 * (Finished of TLS 1.2, the commitment of RFC 9190 2.1.1) in between.
 */
static bool stopped_at_certificate(const struct attach *a)
{
	if (!a->server_verified || !a->frames_verified || !a->frames_failed ||
		!a->frames_flight)
		return false;
	return a->frames_failed - a->frames_verified <= a->frames_flight;
}

static void classify_failure(struct attach *a)
{
	if (a->refused)
		conclude(a, ATTACH_CLASS_SERVER_UNTRUSTED,
			"server is not the one remembered", "");
	else if (a->key_wanted)
		conclude(a, ATTACH_CLASS_KEY_UNAVAILABLE,
			"the device key could not be loaded", "");
	else if (a->cert_error >= 0)
		conclude(a, ATTACH_CLASS_SERVER_UNTRUSTED, "server certificate",
			event_reason_text(a->cert_error));
	else if (a->remote_alert[0] || a->local_alert[0])
		classify_alert(a);
	else if (stopped_at_certificate(a))
		conclude(a, ATTACH_CLASS_CERT_REJECTED,
			"server rejected our certificate", "no alert given");
	else if (!a->method_seen && a->done_ms >= SILENT_SERVER_MS)
		conclude(a, ATTACH_CLASS_TIMEOUT,
			"the switch got no answer from its RADIUS server", "");
	else if (!a->method_seen)
		conclude(a, ATTACH_CLASS_AUTHZ_DENIED,
			"rejected before TLS began", "");
	else
		conclude(a, ATTACH_CLASS_AUTHZ_DENIED,
			"authenticated, but not admitted", "");
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
		return;
	case ATTACH_END_SILENCE:
		if (a->key_wanted)
			classify_failure(a);
		else if (a->eap_started)
			conclude(a, ATTACH_CLASS_TIMEOUT,
				"authentication stopped half-way", "");
		else
			conclude(a, ATTACH_CLASS_NO_AUTHENTICATOR,
				"nothing answers EAPOL-Start", "");
		return;
	case ATTACH_END_LOST:
		conclude(a, ATTACH_CLASS_TIMEOUT, "interrupted", "");
		return;
	}
}
