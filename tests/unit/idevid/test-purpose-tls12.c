/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Purpose-bound signing in TLS 1.2. Handshakes are real ones, made here
 * between two ends of libssl; each case then spoils one thing.
 */
#include "cmocka-all.h"

#include <stdbool.h>

#include "purpose-fixture.h"

/* What was heard once for all cases. */
static struct {
	struct bytes tls12;         /* transcript up to ClientKeyExchange */
	struct bytes tls12_other;   /* the same of the other client */
	struct bytes tls12_tickets; /* with a session ticket extension */
	struct bytes ske_p256, ske_x25519;
} seen;

static int group_setup(void **state)
{
	struct purpose_keys *k = &purpose_keys;
	static struct bytes unused;

	(void)purpose_group_setup(state);
	handshake_tls12(&k->own, "P-256", false, &seen.tls12, &seen.ske_p256);
	handshake_tls12(
		&k->own, "P-384:P-256", true, &seen.tls12_tickets, NULL);
	handshake_tls12(&k->other, "P-256", false, &seen.tls12_other, NULL);
	handshake_tls12(
		&k->own, "X25519:P-256", false, &unused, &seen.ske_x25519);
	return 0;
}

/* covers: RFC5246-client */
static void tls12_real_transcripts_accepted(void **state)
{
	(void)state;
	assert_accepts(&seen.tls12, PURPOSE_TLS_CLIENT, 0x0303);
	assert_accepts(&seen.tls12_tickets, PURPOSE_TLS_CLIENT, 0x0303);
}

/* covers: RFC5246-client */
static void tls12_of_another_client_refused(void **state)
{
	(void)state;
	assert_refuses(&seen.tls12_other, "client certificate of another key");
}

/* Offset of the @n-th message. */
static size_t message_at(const struct bytes *b, unsigned n)
{
	size_t at = 0;

	while (n-- > 0)
		at += 4 + ((size_t)b->data[at + 1] << 16 |
				  (size_t)b->data[at + 2] << 8 |
				  b->data[at + 3]);
	return at;
}

/* covers: RFC5246-client */
static void tls12_every_truncation_refused(void **state)
{
	struct bytes b = seen.tls12;

	(void)state;
	for (b.len = 0; b.len < seen.tls12.len; b.len++) {
		struct purpose_verdict v;

		assert_rc(purpose_judge(b.data, b.len, &v, NULL),
			DEVID_ERR_PURPOSE);
	}
	b.len = message_at(&seen.tls12, 7);
	assert_refuses(&b, "ends early");
	b.len--;
	assert_refuses(&b, "cut short");
}

static void tls12_message_behind_refused(void **state)
{
	static const uint8_t finished[] = { 20, 0, 0, 0 };
	struct bytes b = seen.tls12;

	(void)state;
	bytes_put(&b, finished, sizeof(finished));
	assert_refuses(&b, "handshake message 20 out of order");
	b = seen.tls12;
	bytes_put(&b, "x", 1);
	assert_refuses(&b, "cut short");
}

/* Each of the eight messages left out, in turn.
 * covers: RFC5246-client */
static void tls12_message_left_out_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 8; n++) {
		size_t from = message_at(&seen.tls12, n);
		size_t to = message_at(&seen.tls12, n + 1);
		struct bytes b = { .len = 0 };

		bytes_put(&b, seen.tls12.data, from);
		bytes_put(&b, seen.tls12.data + to, seen.tls12.len - to);
		assert_refuses(&b, n == 7 ? "ends early" : "out of order");
	}
}

static void tls12_messages_swapped_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 7; n++) {
		size_t a = message_at(&seen.tls12, n);
		size_t b = message_at(&seen.tls12, n + 1);
		size_t c = message_at(&seen.tls12, n + 2);
		struct bytes t = { .len = 0 };

		bytes_put(&t, seen.tls12.data, a);
		bytes_put(&t, seen.tls12.data + b, c - b);
		bytes_put(&t, seen.tls12.data + a, b - a);
		bytes_put(&t, seen.tls12.data + c, seen.tls12.len - c);
		assert_refuses(&t, "out of order");
	}
}

static void tls12_certificate_status_in_its_place_accepted(void **state)
{
	static const uint8_t status[] = { 22, 0, 0, 4, 1, 0, 0, 0 };
	size_t at = message_at(&seen.tls12, 3);
	struct bytes b = { .len = 0 };

	(void)state;
	bytes_put(&b, seen.tls12.data, at);
	bytes_put(&b, status, sizeof(status));
	bytes_put(&b, seen.tls12.data + at, seen.tls12.len - at);
	assert_accepts(&b, PURPOSE_TLS_CLIENT, 0x0303);
	bytes_put(&b, status, sizeof(status));
	assert_refuses(&b, "message 22 out of order");
}

static void tls12_hello_of_other_version_refused(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		for (int version = 0; version < 6; version++) {
			struct bytes b = seen.tls12;

			if (version == 3)
				continue;
			b.data[message_at(&b, n) + 5] = (uint8_t)version;
			assert_refuses(&b, "another version than TLS 1.2");
		}
	}
}

static void tls12_hello_shorter_than_its_random_refused(void **state)
{
	static const uint8_t hello[] = { 2, 0, 0, 2, 3, 3 };
	size_t at = message_at(&seen.tls12, 1);
	size_t behind = message_at(&seen.tls12, 2);
	struct bytes b = { .len = 0 };

	(void)state;
	bytes_put(&b, seen.tls12.data, at);
	bytes_put(&b, hello, sizeof(hello));
	bytes_put(&b, seen.tls12.data + behind, seen.tls12.len - behind);
	assert_refuses(&b, "another version than TLS 1.2");
}

/* An empty Certificate message, and one with bytes behind its list. */
static void tls12_client_certificate_malformed_refused(void **state)
{
	static const uint8_t empty[] = { 11, 0, 0, 3, 0, 0, 0 };
	size_t at = message_at(&seen.tls12, 6);
	size_t behind = message_at(&seen.tls12, 7);
	struct bytes b = { .len = 0 };

	(void)state;
	assert_int_equal(seen.tls12.data[at], 11);
	bytes_put(&b, seen.tls12.data, at);
	bytes_put(&b, empty, sizeof(empty));
	bytes_put(&b, seen.tls12.data + behind, seen.tls12.len - behind);
	assert_refuses(&b, "client certificate of another key");
	b = seen.tls12;
	b.data[at + 6]--; /* of the list's length */
	assert_refuses(&b, "client certificate of another key");
}

/* The server's certificate is ours, the client's is not. */
static void tls12_own_certificate_as_server_only_refused(void **state)
{
	struct bytes b = { .len = 0 };
	size_t s = message_at(&seen.tls12_other, 2);
	size_t s2 = message_at(&seen.tls12_other, 3);
	size_t c = message_at(&seen.tls12, 6);
	size_t c2 = message_at(&seen.tls12, 7);

	(void)state;
	bytes_put(&b, seen.tls12_other.data, s);
	bytes_put(&b, seen.tls12.data + c, c2 - c);
	bytes_put(&b, seen.tls12_other.data + s2, seen.tls12_other.len - s2);
	assert_refuses(&b, "client certificate of another key");
}

/* covers: RFC8422-server */
static void tls12_key_exchange_real_accepted(void **state)
{
	(void)state;
	assert_int_equal(seen.ske_p256.len, 64 + 4 + 65);
	assert_int_equal(seen.ske_x25519.len, 64 + 4 + 32);
	assert_accepts(&seen.ske_p256, PURPOSE_TLS_SERVER, 0x0303);
	assert_accepts(&seen.ske_x25519, PURPOSE_TLS_SERVER, 0x0303);
}

#define OTHER_POINT "key exchange on another curve or point"

/* covers: RFC8422-server */
static void tls12_key_exchange_each_group_has_its_length(void **state)
{
	static const struct {
		unsigned group;
		uint8_t len;
	} good[] = { { 23, 65 }, { 24, 97 }, { 25, 133 }, { 29, 32 },
		{ 30, 56 } };

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++) {
		struct bytes b = make_key_exchange(good[i].group, good[i].len);

		assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
		b = make_key_exchange(good[i].group, good[i].len + 1);
		assert_refuses(&b, OTHER_POINT);
		b = make_key_exchange(good[i].group, good[i].len - 1);
		assert_refuses(&b, OTHER_POINT);
		b = make_key_exchange(good[i].group, good[i].len);
		b.len--;
		assert_refuses(&b, "neither a TLS handshake nor");
		b.len += 2;
		assert_refuses(&b, "neither a TLS handshake nor");
	}
}

/* covers: RFC8422-server */
static void tls12_key_exchange_point_off_curve_refused(void **state)
{
	static const uint8_t lens[] = { 65, 97, 133 };

	(void)state;
	for (unsigned i = 0; i < N_OF(lens); i++) {
		struct bytes b = make_key_exchange(23 + i, lens[i]);

		assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
		b.data[b.len - 1] ^= 1;
		assert_refuses(&b, OTHER_POINT);
	}
}

/* covers: RFC8422-server */
static void tls12_key_exchange_other_group_or_form_refused(void **state)
{
	struct bytes b = make_key_exchange(22, 65); /* secp256k1 */

	(void)state;
	assert_refuses(&b, OTHER_POINT);
	b = make_key_exchange(256, 65); /* ffdhe2048 */
	assert_refuses(&b, OTHER_POINT);
	b = make_key_exchange(23, 65);
	b.data[68] = 2; /* compressed */
	assert_refuses(&b, OTHER_POINT);
	b = make_key_exchange(23, 65);
	b.data[64] = 4; /* no curve type */
	assert_refuses(&b, "neither a TLS handshake nor");
	b = make_key_exchange(23, 65);
	b.len = 67;
	assert_refuses(&b, "neither a TLS handshake nor");
}

/* The shortest that is still taken for a transcript of a client with this key:
 * 213 bytes for P-256, with the server's random where the parameters of a key
 * exchange would be. */
static struct bytes shortest_transcript(void)
{
	static const uint8_t hello[34] = { 3, 3 };
	static const uint8_t between[] = { 11, 0, 0, 0, 12, 0, 0, 0, 13, 0, 0,
		0, 14, 0, 0, 0 };
	struct view spki = { purpose_keys.spki, purpose_keys.spki_len };
	uint8_t len = (uint8_t)spki.len;
	/* version, serial number, four empty sequences, the key */
	const uint8_t cert[] = { 11, 0, 0, len + 22, 0, 0, len + 19, 0, 0,
		len + 16, 0x30, len + 14, 0x30, len + 12, 0xa0, 0, 2, 0, 0x30,
		0, 0x30, 0, 0x30, 0, 0x30, 0 };
	struct bytes b = { .len = 0 };

	bytes_put(&b, (const uint8_t[]) { 1, 0, 0, sizeof(hello) }, 4);
	bytes_put(&b, hello, sizeof(hello));
	bytes_put(&b, (const uint8_t[]) { 2, 0, 0, sizeof(hello) }, 4);
	bytes_put(&b, hello, sizeof(hello));
	bytes_put(&b, between, sizeof(between));
	bytes_put(&b, cert, sizeof(cert));
	bytes_put(&b, spki.data, spki.len);
	bytes_put(&b, (const uint8_t[]) { 16, 0, 0, 0 }, 4);
	return b;
}

/*
 * A program that may only be a client asks for a transcript with a random of
 * its own choice, which another client, whose random begins as this ClientHello
 * does, would take for a server's key exchange.
 */
static void tls12_transcript_as_long_as_key_exchange_refused(void **state)
{
	static const struct {
		uint8_t params[12];
		size_t len; /* then the length of the last vector, the rest */
		size_t counter;
		const char *what;
	} cases[] = {
		{ { 3, 0, 14 }, 3, 1, OTHER_POINT }, /* sect571r1 */
		{ { 3, 0xfe, 0xfe }, 3, 1, OTHER_POINT },
		{ { 1, 0, 0, 0, 0, 0, 0 }, 7, 1, OTHER_POINT },
		{ { 2, 0, 1, 1, 0, 0, 0, 0, 0, 0 }, 10, 1, OTHER_POINT },
		{ { 0, 0, 0, 0 }, 4, 2, "in a finite field" },
		{ { 0, 1, 7, 0, 1, 7, 1, 7 }, 8, 2, "with SRP" },
		{ { 0, 1, 7 }, 3, 2, "with a temporary RSA key" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct bytes b = shortest_transcript();
		size_t rest = 64 + cases[i].len + cases[i].counter;

		assert_int_equal(b.len, 213);
		assert_accepts(&b, PURPOSE_TLS_CLIENT, 0x0303);
		memcpy(b.data + 64, cases[i].params, cases[i].len);
		b.data[rest - 1] = (uint8_t)(b.len - rest);
		assert_refuses(&b, cases[i].what);
		b.data[rest - 1]++; /* and it is the length that says so */
		assert_accepts(&b, PURPOSE_TLS_CLIENT, 0x0303);
	}
}

/*
 * A program that may only be a client asks for a transcript that is, to a
 * TLS client with a random that begins like a ClientHello, a finite-field
 * ServerKeyExchange with the transcript in its dh_p.
 */
static void tls12_transcript_inside_key_exchange_refused(void **state)
{
	const struct bytes *t = &seen.tls12;
	size_t rest = message_at(t, 1);
	struct bytes b = { .len = 0 };
	uint8_t hello[200] = { 1, 0, 0, 196, 3, 3 };
	size_t p_len, end;

	(void)state;
	/* ClientHello: both randoms, and dh_p begins behind them. */
	memset(hello + 6, 0x5a, sizeof(hello) - 6);
	bytes_put(&b, hello, sizeof(hello));
	bytes_put(&b, t->data + rest, t->len - rest);
	assert_accepts(&b, PURPOSE_TLS_CLIENT, 0x0303); /* no lengths set yet */
	/* dh_g of one byte and dh_Ys go into the end of ClientKeyExchange. */
	end = b.len - 40;
	p_len = end - 66;
	b.data[64] = (uint8_t)(p_len >> 8);
	b.data[65] = (uint8_t)p_len;
	memcpy(b.data + end, (const uint8_t[]) { 0, 1, 2, 0, 35 }, 5);
	assert_refuses(&b, "key exchange in a finite field");
}

#define CASE(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tls12_real_transcripts_accepted),
		CASE(tls12_of_another_client_refused),
		CASE(tls12_every_truncation_refused),
		CASE(tls12_message_behind_refused),
		CASE(tls12_message_left_out_refused),
		CASE(tls12_messages_swapped_refused),
		CASE(tls12_certificate_status_in_its_place_accepted),
		CASE(tls12_hello_of_other_version_refused),
		CASE(tls12_hello_shorter_than_its_random_refused),
		CASE(tls12_client_certificate_malformed_refused),
		CASE(tls12_own_certificate_as_server_only_refused),
		CASE(tls12_key_exchange_real_accepted),
		CASE(tls12_key_exchange_each_group_has_its_length),
		CASE(tls12_key_exchange_point_off_curve_refused),
		CASE(tls12_key_exchange_other_group_or_form_refused),
		CASE(tls12_transcript_as_long_as_key_exchange_refused),
		CASE(tls12_transcript_inside_key_exchange_refused),
	};

	return cmocka_run_group_tests_name(
		"purpose-tls12", tests, group_setup, purpose_group_teardown);
}
