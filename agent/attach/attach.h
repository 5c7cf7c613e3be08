/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_ATTACH_H
#define DEVID_AGENT_ATTACH_H

/*
 * What is known about one try to attach a port, gathered from
 * wpa_supplicant's events, and the verdict drawn from it. A plain value
 * without pointers; it is kept as history.
 */

#include "event.h"
#include "flight.h"
#include "keyref.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define ATTACH_REASON_MAX 192
#define ATTACH_N_CLASSES  11
#define ATTACH_N_ENDS     6

enum attach_class {
	ATTACH_CLASS_NONE, /* attached, or no verdict yet */
	ATTACH_CLASS_NO_AUTHENTICATOR,
	ATTACH_CLASS_KEY_UNAVAILABLE,
	ATTACH_CLASS_SERVER_UNTRUSTED,
	ATTACH_CLASS_CERT_REJECTED,
	ATTACH_CLASS_AUTHZ_DENIED,
	ATTACH_CLASS_TIMEOUT,
	ATTACH_CLASS_TLS_FAILED,     /* no common protocol, or it was broken */
	ATTACH_CLASS_NO_EAP_TLS,     /* the server wants another EAP method */
	ATTACH_CLASS_OPEN_PORT,      /* let in without having been asked */
	ATTACH_CLASS_SERVER_CHANGED, /* not one of the site's document */
};

/* How the try came to its end. */
enum attach_end {
	ATTACH_END_OPEN,    /* not yet */
	ATTACH_END_SUCCESS, /* EAP-Success and port authorised */
	ATTACH_END_FAILURE, /* EAP said no */
	ATTACH_END_KEY,     /* the key could not be used */
	ATTACH_END_SILENCE, /* nobody answered in time */
	ATTACH_END_LOST,    /* carrier or wpa_supplicant went away */
};

struct attach {
	time_t start;      /* wall clock; shown, never computed with */
	uint64_t start_us; /* monotonic: carrier-up, or this try's start */
	int32_t start_ms;  /* milliseconds from start_us, or -1: */
	int32_t eap_ms;    /* - EAPOL-Start sent, first EAP request */
	int32_t asked_ms;  /* - latest time that EAP began, or 0 */
	int32_t server_ms; /* - server's certificate accepted */
	int32_t done_ms;   /* - the end */
	bool eap_started;
	bool tls_offered; /* as EAP method */
	int other_method; /* that was proposed, or 0 */
	bool server_verified;
	bool succeeded;  /* the EAP machine says so */
	bool rejected;   /* EAP-Failure frame seen */
	bool accepted;   /* EAP-Success frame seen */
	bool key_wanted; /* wpa_supplicant asked for a PIN or passphrase */
	bool refused;    /* the agent refused the server, or cannot judge it */
	bool resumed;
	bool remembered; /* it is held against a server that was seen before */
	bool site;       /* or against the site's document */
	int cert_error;  /* reason, or -1 */
	int cert_depth;  /* of it; 0: the server's own */
	enum flight_stage flight; /* how far our side of TLS came */
	uint32_t mtu;             /* of the interface, or 0 */
	char cert_text[EVENT_TEXT_MAX];
	char local_alert[EVENT_TEXT_MAX];
	char remote_alert[EVENT_TEXT_MAX];
	bool has_server;
	uint8_t server[EVENT_HASH_LEN];   /* SHA-256 of its certificate */
	char server_name[EVENT_TEXT_MAX]; /* first DNS name in it */
	char key[KEY_NAME_MAX + 1];       /* of the identity that is shown */
	char tls_version[EVENT_VERSION_MAX];
	enum attach_end end;
	enum attach_class class;
	char reason[ATTACH_REASON_MAX]; /* one line for a person */
};

/* Begins a record at @now_us. */
void attach_begin(struct attach *a, uint64_t now_us, time_t wall);

/* Adds what @ev tells. */
void attach_note(struct attach *a, const struct event *ev, uint64_t now_us);

/* Ends the record: sets done_ms, end, class and reason from what was
 * gathered. A reason that is set already is kept. */
void attach_finish(struct attach *a, enum attach_end end, uint64_t now_us);

/* Milliseconds from the record's start to @now_us. */
int32_t attach_ms(const struct attach *a, uint64_t now_us);

/* "SERVER_UNTRUSTED" etc.; "NONE" for ATTACH_CLASS_NONE. */
const char *attach_class_name(enum attach_class class);

/* "success", "failure" etc. */
const char *attach_end_name(enum attach_end end);

/* The class or end of that name, or the first one when there is none. */
enum attach_class attach_class_parse(const char *name);
enum attach_end attach_end_parse(const char *name);

#endif
