/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flights of wpa_supplicant 2.10 at a port, recorded on its interface: the
 * first 32 bytes of every EAPOL frame that it sent, in their order.
 */
#include "cmocka-all.h"

#include "flight.h"
#include "hex.h"

#define START "02010000"
#define IDENTITY                                                               \
	"0200001c0244001c01616e6f6e796d6f75734064657669642e696e76616c6964"
#define HELLO_12                                                               \
	"020000ba024500ba0d0016030100af010000ab03038ca7b5a6b67b4fd523c19c"
#define ACK "02000006024800060d00"

static enum flight_stage stage_of(const char *const *frames, size_t n)
{
	struct flight f;

	flight_begin(&f);
	for (size_t i = 0; i < n; i++) {
		uint8_t frame[FLIGHT_FRAME_MAX];
		size_t len = strlen(frames[i]) / 2;

		assert_true(len <= sizeof(frame));
		assert_true(hex_decode(frames[i], frame, len));
		flight_note(&f, frame, len);
	}
	return f.stage;
}

#define STAGE_OF(...)                                                          \
	stage_of((const char *const[]) { __VA_ARGS__ },                        \
		sizeof((const char *const[]) { __VA_ARGS__ }) /                \
			sizeof(const char *))

/* OpenSSL 3.0, chain in two fragments. The server has refused by its policy. */
static void tls12_refused_after_its_finished_was_answered(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(START, IDENTITY, HELLO_12,
			"020004fc024604fc0dc000000507160303042f0b00042b0004280002"
			"01308201",
			"0200001b0247001b0d007ba36ea5b8a7ea8df4f301ffcfee8213609a"
			"5cb99e",
			ACK),
		FLIGHT_ANSWERED);
}

static void tls13_refused_after_its_commitment_was_answered(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY,
			"020000d6022100d60d0016030100cb010000c703032a29c1274ee4c9"
			"55a58eff",
			"020004fc022204fc0dc0000004f917030304452ffe590c1da3289f2e"
			"e19858da",
			"0200000d0223000d0d005d3719ef8fcc35",
			"02000006022400060d00"),
		FLIGHT_ANSWERED);
}

/* The certificate was expired: EAP-Failure came in place of an answer. */
static void tls13_refused_at_our_certificate(void **state)
{
	static const char *const frames[] = { IDENTITY,
		"0200011a0262011a0d00160301010f0100010b0303a611d683c33945d33f125e",
		"020004fc026304fc0dc0000004f61703030442b0ab7522ebcecf6b3042d47b68",
		"0200000a0264000a0d003408570e" };
	static const enum flight_stage stages[] = { FLIGHT_UNSEEN, FLIGHT_HELLO,
		FLIGHT_BEGUN, FLIGHT_WHOLE };

	(void)state;
	for (size_t n = 1; n <= N_OF(frames); n++)
		assert_int_equal(stage_of(frames, n), stages[n - 1]);
}

/* Certificate and Finished are not sent: ChangeCipherSpec comes first, and an
 * encrypted record behind it. */
static void tls12_resumed_and_refused(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY,
			"020000da027e00da0d0016030100cf010000cb0303c713634705267d"
			"a32500dc",
			"02000039027f00390d00140303000101160303002851f633c09d0268"
			"c3b65df3"),
		FLIGHT_WHOLE);
}

/* An encrypted record may begin as a ClientHello does, but not be as long. */
static void encrypted_record_is_no_hello(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12,
			"02000039024700390d001403030001011603030028010000250268c3"
			"b65df3aa"),
		FLIGHT_WHOLE);
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12,
			"02000039024700390d001403030001011603030028010000240268c3"
			"b65df3aa"),
		FLIGHT_HELLO);
}

/* RFC 8446 4.1.4: a second ClientHello, as it is or behind D.4's record. */
static void second_hello_is_no_certificate(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12,
			"020000c0024700c00d0014030300010116030300af010000ab03038c"
			"a7b5a6b6"),
		FLIGHT_HELLO);
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12,
			"020000ba024600ba0d0016030300af010000ab03038ca7b5a6b67b4f"
			"d523c19c"),
		FLIGHT_HELLO);
}

static void answer_to_the_hello_is_heard(void **state)
{
	(void)state;
	assert_int_equal(STAGE_OF(IDENTITY, HELLO_12, "02000006024600060d00",
				 "02000006024700060d00"),
		FLIGHT_HEARD);
}

/* The switch repeated its request, and the same was sent again. */
static void repeated_response_is_one(void **state)
{
	static const char last[] = "0200000a0264000a0d003408570e";

	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12,
			"020004fc026304fc0dc0000004f61703030442b0ab7522ebcecf6b30"
			"42d47b68",
			last, last, last),
		FLIGHT_WHOLE);
}

/* Another conversation makes the old findings void. */
static void identity_begins_anew(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12, "0200000a0264000a0d003408570e",
			ACK, START,
			"0200001c0244001c01616e6f6e796d6f7573406465766964"
			"2e696e76616c6964"),
		FLIGHT_UNSEEN);
}

static void other_frames_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(
		STAGE_OF(IDENTITY, HELLO_12, START, "", "02", "020000060246",
			"0200000402460004",     /* a response without type */
			"0200000601460006030d", /* a request */
			"0200000602460006030d", /* NAK */
			"0201000602460006"
			"0d00",                /* EAPOL of another type */
			"02000005024700050d"), /* TLS without flags */
		FLIGHT_HELLO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls12_refused_after_its_finished_was_answered),
		cmocka_unit_test(
			tls13_refused_after_its_commitment_was_answered),
		cmocka_unit_test(tls13_refused_at_our_certificate),
		cmocka_unit_test(tls12_resumed_and_refused),
		cmocka_unit_test(encrypted_record_is_no_hello),
		cmocka_unit_test(second_hello_is_no_certificate),
		cmocka_unit_test(answer_to_the_hello_is_heard),
		cmocka_unit_test(repeated_response_is_one),
		cmocka_unit_test(identity_begins_anew),
		cmocka_unit_test(other_frames_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
