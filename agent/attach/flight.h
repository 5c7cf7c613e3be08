/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_FLIGHT_H
#define DEVID_AGENT_FLIGHT_H

/*
 * How far EAP-TLS came, read from the frames that wpa_supplicant sent. It
 * answers every request of the server exactly once, so what it said last tells
 * where the server stopped: behind our certificate, or later. Lengths of
 * certificates are not asked for, so it is the same with compressed ones
 * (RFC 8879). Frames that come in are never looked at. Pure functions.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLIGHT_FRAME_MAX 32 /* bytes of a frame that are looked at */

enum flight_stage {
	FLIGHT_UNSEEN,   /* no EAP-TLS of ours */
	FLIGHT_HELLO,    /* ClientHello sent, and nothing since */
	FLIGHT_HEARD,    /* the server's answer to it comes in */
	FLIGHT_BEGUN,    /* part of certificate, signature and Finished sent */
	FLIGHT_WHOLE,    /* all of them sent, and nothing since */
	FLIGHT_ANSWERED, /* the server had more to say then */
};
#define FLIGHT_N_STAGES 6

struct flight {
	enum flight_stage stage;
	bool more; /* a message of ours is not sent to its end */
	int last;  /* EAP identifier of the last response, or -1 */
};

void flight_begin(struct flight *flight);

/* Adds a frame that was sent: its bytes from the EAPOL header on, at least the
 * first FLIGHT_FRAME_MAX of them. What is no EAP response is passed over. */
void flight_note(struct flight *flight, const uint8_t *frame, size_t len);

#endif
