/* SPDX-License-Identifier: Apache-2.0 */
#include "flight.h"

#include <string.h>

#define EAPOL_HEADER  4 /* IEEE 802.1X-2020 11.3: version, type, length */
#define EAP_RESPONSE  2 /* RFC 3748 4.1 */
#define EAP_IDENTITY  1
#define EAP_TLS       13
#define TLS_OFFSET    6    /* of the data: EAP header, type, flags */
#define FLAG_LENGTH   0x80 /* RFC 5216 3.1: four bytes of length come first */
#define FLAG_MORE     0x40
#define RECORD_HEADER 5 /* RFC 8446 5.1 */
#define CIPHER_CHANGE 20
#define HANDSHAKE     22
#define CLIENT_HELLO  1

/* A piece of the frame, as far as it was kept. */
struct piece {
	const uint8_t *p;
	size_t len;
};

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void drop(struct piece *s, size_t n)
{
	n = n < s->len ? n : s->len;
	s->p += n;
	s->len -= n;
}

/*
 * A record that is a ClientHello and nothing else. The length is compared
 * because an encrypted record can begin with any byte.
 */
static bool is_hello(struct piece s)
{
	/* RFC 8446 D.4: one may come before the second ClientHello */
	if (s.len > RECORD_HEADER && s.p[0] == CIPHER_CHANGE)
		drop(&s, RECORD_HEADER + 1);
	return s.len >= RECORD_HEADER + 4 && s.p[0] == HANDSHAKE &&
	       s.p[5] == CLIENT_HELLO && s.p[6] == 0 &&
	       be16(s.p + 7) + 4 == be16(s.p + 3);
}

/* An empty response: the server's fragment was taken. */
static void note_ack(struct flight *f)
{
	if (f->stage == FLIGHT_HELLO)
		f->stage = FLIGHT_HEARD;
	else if (f->stage == FLIGHT_WHOLE)
		f->stage = FLIGHT_ANSWERED;
}

static void note_data(struct flight *f, struct piece data, bool more)
{
	bool begins = !f->more;

	f->more = more;
	if (f->stage == FLIGHT_WHOLE || f->stage == FLIGHT_ANSWERED)
		f->stage = FLIGHT_ANSWERED;
	else if (begins && is_hello(data))
		f->stage = FLIGHT_HELLO;
	else if (begins || f->stage == FLIGHT_BEGUN)
		f->stage = more ? FLIGHT_BEGUN : FLIGHT_WHOLE;
}

/* @s: an EAP-TLS response from its EAP header on; @len: as it was sent. */
static void note_tls(struct flight *f, struct piece s, size_t len)
{
	size_t offset = TLS_OFFSET;
	uint8_t flags = s.p[5];

	if (flags & FLAG_LENGTH)
		offset += 4;
	if (len <= offset) {
		note_ack(f);
		return;
	}
	drop(&s, offset);
	note_data(f, s, flags & FLAG_MORE);
}

void flight_begin(struct flight *f)
{
	*f = (struct flight) { FLIGHT_UNSEEN, false, -1 };
}

void flight_note(struct flight *f, const uint8_t *frame, size_t len)
{
	struct piece s = { frame, len };
	size_t eap_len;

	if (len < EAPOL_HEADER + 5 || frame[1] != 0)
		return; /* RFC 3748 4.1: not even a type */
	drop(&s, EAPOL_HEADER);
	eap_len = be16(s.p + 2);
	if (s.p[0] != EAP_RESPONSE || eap_len < 5)
		return;
	if (s.p[4] == EAP_IDENTITY)
		flight_begin(f); /* another conversation */
	else if (s.p[1] == f->last)
		return; /* sent again, as the request was */
	f->last = s.p[1];
	if (s.p[4] == EAP_TLS && eap_len >= TLS_OFFSET && s.len >= TLS_OFFSET)
		note_tls(f, s, eap_len);
}
