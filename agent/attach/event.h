/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_EVENT_H
#define DEVID_AGENT_EVENT_H

/*
 * Events and answers of wpa_supplicant's control interface, read as hostile
 * text: subjects of certificates are quoted without escaping, so a peer can
 * write what looks like a field into them. Only fields before a subject, or
 * anchored at the end of the line behind it, are taken. Pure functions: no
 * state, no input or output. What is deliberately not checked here: whether
 * an event makes sense at that moment (states.h decides).
 */

#include <devid/error.h>

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_LINE_MAX    32768 /* bytes; a certificate of 8 KiB in hex fits */
#define EVENT_TEXT_MAX    128   /* bytes of an alert or DNS name kept */
#define EVENT_DEPTH_MAX   9     /* longest chain that is followed */
#define EVENT_HASH_LEN    32    /* SHA-256 */
#define EVENT_CERT_MAX    8192  /* bytes of one DER certificate */
#define EVENT_VERSION_MAX 8     /* "TLSv1.3" */

#define EVENT_METHOD_TLS      13  /* RFC 5216 */
#define EVENT_METHOD_EXPANDED 254 /* RFC 3748 5.7: of some vendor */

enum event_type {
	EVENT_OTHER, /* well-formed, of no interest */
	EVENT_ASSOCIATED,
	EVENT_EAP_STARTED,
	EVENT_METHOD_PROPOSED, /* method */
	EVENT_PEER_CERT,       /* depth, and hash or cert */
	EVENT_PEER_NAME,       /* depth, text = one DNS name */
	EVENT_SERVER_VERIFIED, /* wpa_supplicant's own checks passed */
	EVENT_CERT_CHECK,      /* it asks for our verdict too */
	EVENT_CERT_ERROR,      /* reason, depth, text = OpenSSL's, or "" */
	EVENT_LOCAL_ALERT,     /* text = alert */
	EVENT_REMOTE_ALERT,    /* text = alert */
	EVENT_KEY_REQUEST,     /* it wants a PIN or passphrase */
	EVENT_EAP_REJECTED,    /* an EAP-Failure came in, believed or not */
	EVENT_EAP_ACCEPTED,    /* an EAP-Success came in, believed or not */
	EVENT_EAP_FAILURE,     /* the EAP machine gave up */
	EVENT_EAP_SUCCESS,
	EVENT_TERMINATING,
};

struct event {
	enum event_type type;
	char port[IFNAMSIZ]; /* "" when the event names none */
	int depth;           /* 0 = the server's own certificate */
	int reason;          /* enum tls_fail_reason of wpa_supplicant */
	int method;          /* EAP type */
	bool has_hash;
	uint8_t hash[EVENT_HASH_LEN]; /* SHA-256 of the DER certificate */
	const char *cert_hex;         /* borrowed from the line, or NULL */
	size_t cert_hex_len;          /* even */
	char text[EVENT_TEXT_MAX];
};

struct event_status {
	bool authorized; /* suppPortStatus=Authorized */
	bool resumed;    /* tls_session_reused=1 */
	char tls_version[EVENT_VERSION_MAX];
};

/*
 * Parses one datagram of @len bytes into *@ret_event, whose cert_hex points
 * into @line. Errors: SYNTAX (a known event that is not of its form),
 * TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err event_parse(
	const char *line, size_t len, struct event *ret_event);

/* Parses the answer to STATUS. Error: SYNTAX (no suppPortStatus in it). */
DEVID_MUST_CHECK enum devid_err event_parse_status(
	const char *text, size_t len, struct event_status *ret_status);

/* Decodes @hex of even @hex_len into @out of @out_len bytes. Errors: SYNTAX,
 * TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err event_decode_hex(const char *hex,
	size_t hex_len, uint8_t *out, size_t out_len, size_t *ret_len);

/* English words for the reason of a CTRL-EVENT-EAP-TLS-CERT-ERROR. */
const char *event_reason_text(int reason);

#endif
