/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of the key socket. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "wire.h"

static uint8_t buf[WIRE_REQUEST_MAX + 16];

/* The first @size bytes of @buf, to be written. */
static struct room room(size_t size)
{
	return (struct room) { buf, size, 0 };
}

/* The first @len bytes of @buf, to be read. */
static struct view view(size_t len)
{
	return (struct view) { buf, len };
}

static size_t good_request(void)
{
	struct wire_request req = { .op = WIRE_SIGN,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
		.name = "idevid",
		.data = (const uint8_t *)"bytes",
		.data_len = 5 };
	struct room out = room(sizeof(buf));

	assert_rc(wire_encode_request(&req, &out, NULL), DEVID_OK);
	return out.len;
}

/* Decodes exactly @len bytes of @buf from memory of that size. */
static enum devid_err decode(size_t len, struct wire_request *ret)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum devid_err rc;

	memcpy(exact, buf, len);
	rc = wire_decode_request((struct view) { exact, len }, ret, NULL);
	free(exact);
	return rc;
}

static void request_round_trip_keeps_fields(void **state)
{
	struct wire_request out;
	size_t len = good_request();

	(void)state;
	assert_rc(wire_decode_request(view(len), &out, NULL), DEVID_OK);
	assert_int_equal(out.op, WIRE_SIGN);
	assert_int_equal(out.arg, SIG_ECDSA);
	assert_int_equal(out.hash, HASH_SHA256);
	assert_string_equal(out.name, "idevid");
	assert_int_equal(out.data_len, 5);
	assert_memory_equal(out.data, "bytes", 5);
}

static void request_without_name_and_data_round_trips(void **state)
{
	struct wire_request in = { .op = WIRE_STATUS }, out;
	struct room record = room(sizeof(buf));

	(void)state;
	assert_rc(wire_encode_request(&in, &record, NULL), DEVID_OK);
	assert_int_equal(record.len, WIRE_REQUEST_HEADER);
	assert_rc(wire_decode_request(view(record.len), &out, NULL), DEVID_OK);
	assert_string_equal(out.name, "");
	assert_int_equal(out.data_len, 0);
}

static void request_every_truncation_refused(void **state)
{
	struct wire_request out = { .op = 99 };
	size_t len = good_request();

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_rc(decode(n, &out), DEVID_ERR_PROTOCOL);
	assert_int_equal(out.op, 99); /* written on success only */
}

static void request_one_byte_more_refused(void **state)
{
	struct wire_request out;

	(void)state;
	assert_rc(decode(good_request() + 1, &out), DEVID_ERR_PROTOCOL);
}

static void request_other_version_refused(void **state)
{
	struct wire_request out;
	size_t len = good_request();

	(void)state;
	assert_int_equal(buf[0], 3);
	for (unsigned version = 0; version < 256; version++) {
		buf[0] = (uint8_t)version;
		assert_rc(decode(len, &out),
			version == 3 ? DEVID_OK : DEVID_ERR_PROTOCOL);
	}
}

static void request_reserved_bits_refused(void **state)
{
	struct wire_request out;

	(void)state;
	for (int byte = 6; byte < 8; byte++) {
		size_t len = good_request();

		buf[byte] = 1;
		assert_rc(decode(len, &out), DEVID_ERR_PROTOCOL);
	}
}

static void request_bad_name_refused(void **state)
{
	static const char bad[] = { '/', '.', 'A', '\0', '\n', ' ', '\x7f' };
	struct wire_request out;

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++) {
		size_t len = good_request();

		buf[WIRE_REQUEST_HEADER] = (uint8_t)bad[i];
		assert_rc(decode(len, &out), DEVID_ERR_PROTOCOL);
	}
}

/* Lengths that add up, of a name or data that is longer than allowed. */
static void request_oversize_name_or_data_refused(void **state)
{
	struct wire_request out;

	(void)state;
	(void)good_request();
	buf[2] = KEY_NAME_MAX + 1;
	memset(buf + 8, 0, 4);
	memset(buf + WIRE_REQUEST_HEADER, 'a', KEY_NAME_MAX + 1);
	assert_rc(decode(WIRE_REQUEST_HEADER + KEY_NAME_MAX + 1, &out),
		DEVID_ERR_PROTOCOL);
	buf[2] = 1;
	buf[8] = 0;
	buf[9] = 1;
	buf[10] = 0;
	buf[11] = 1; /* WIRE_DATA_MAX + 1 */
	assert_rc(decode(WIRE_REQUEST_HEADER + 1 + WIRE_DATA_MAX + 1, &out),
		DEVID_ERR_PROTOCOL);
	buf[11] = 0;
	assert_rc(decode(WIRE_REQUEST_HEADER + 1 + WIRE_DATA_MAX, &out),
		DEVID_OK);
}

static void request_length_that_wraps_refused(void **state)
{
	struct wire_request out;
	size_t len = good_request();

	(void)state;
	memset(buf + 8, 0xff, 4);
	assert_rc(decode(len, &out), DEVID_ERR_PROTOCOL);
}

static void encode_request_beyond_limits_refused(void **state)
{
	struct wire_request req = { .op = WIRE_SIGN, .name = "idevid" };
	struct room out = room(sizeof(buf));

	(void)state;
	req.data = buf;
	req.data_len = WIRE_DATA_MAX + 1;
	assert_rc(wire_encode_request(&req, &out, NULL), DEVID_ERR_TOO_LARGE);
	req.data_len = 0;
	for (size_t size = 0; size < WIRE_REQUEST_HEADER + 6; size++) {
		struct room small = room(size);

		assert_rc(wire_encode_request(&req, &small, NULL),
			DEVID_ERR_TOO_LARGE);
	}
	req.name[0] = 'X';
	assert_rc(wire_encode_request(&req, &out, NULL), DEVID_ERR_INVALID);
	memset(req.name, 'a', sizeof(req.name));
	assert_rc(wire_encode_request(&req, &out, NULL), DEVID_ERR_INVALID);
}

static size_t encode_answer(enum devid_err code)
{
	struct wire_answer ans = { WIRE_SIGN, code, (const uint8_t *)"sig", 3 };
	struct room out = room(sizeof(buf));

	assert_rc(wire_encode_answer(&ans, &out, NULL), DEVID_OK);
	return out.len;
}

/* covers: 802.1AR-7.2-err-distinct */
static void answer_round_trip_every_code(void **state)
{
	struct wire_answer out;

	(void)state;
	for (int code = DEVID_ERR_MIN; code <= 0; code++) {
		size_t len = encode_answer((enum devid_err)code);

		assert_rc(wire_decode_answer(view(len), &out, NULL), DEVID_OK);
		assert_int_equal(out.code, code);
		assert_int_equal(out.op, WIRE_SIGN);
		assert_int_equal(out.data_len, 3);
	}
}

static void answer_truncated_or_longer_refused(void **state)
{
	struct wire_answer out;
	size_t len = encode_answer(DEVID_OK);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_rc(wire_decode_answer(view(n), &out, NULL),
			DEVID_ERR_PROTOCOL);
	assert_rc(wire_decode_answer(view(len + 1), &out, NULL),
		DEVID_ERR_PROTOCOL);
}

static void answer_other_version_refused_and_named(void **state)
{
	struct wire_answer out;
	size_t len = encode_answer(DEVID_OK);

	(void)state;
	assert_int_equal(buf[0], 3);
	for (uint8_t version = 2; version <= 4; version += 2) {
		struct devid_error err = { DEVID_OK, "" };

		buf[0] = version;
		assert_rc(wire_decode_answer(view(len), &out, &err),
			DEVID_ERR_PROTOCOL);
		assert_cause(&err, version == 2 ? "answer of version 2, not 3"
						: "answer of version 4, not 3");
	}
}

static void answer_foreign_fields_refused(void **state)
{
	struct wire_answer out;
	size_t len = encode_answer(DEVID_OK);

	(void)state;
	buf[1] &= 0x7f; /* a request's */
	assert_rc(
		wire_decode_answer(view(len), &out, NULL), DEVID_ERR_PROTOCOL);
	len = encode_answer(DEVID_OK);
	buf[3] = -DEVID_ERR_MIN + 1;
	assert_rc(
		wire_decode_answer(view(len), &out, NULL), DEVID_ERR_PROTOCOL);
	buf[2] = 0x80;
	assert_rc(
		wire_decode_answer(view(len), &out, NULL), DEVID_ERR_PROTOCOL);
}

static void answer_too_large_for_buffer_refused(void **state)
{
	struct wire_answer ans = { WIRE_CHAIN, DEVID_OK, buf, 100 };
	uint8_t small[WIRE_ANSWER_HEADER + 99];
	struct room out = { small, sizeof(small), 0 };

	(void)state;
	assert_rc(wire_encode_answer(&ans, &out, NULL), DEVID_ERR_TOO_LARGE);
}

static struct wire_status *good_status(void)
{
	static struct wire_status st;

	memset(&st, 0, sizeof(st));
	st.module = DEVID_ERR_TPM_LOCKOUT;
	strcpy(st.module_text, "tpm: state: in lockout");
	st.tries = (struct wire_tries) { 0x05060708, 0x090a0b0c };
	st.signatures = 0x01020304;
	st.refused = 0xfffefdfc;
	st.n_keys = 2;
	for (size_t i = 0; i < 2; i++) {
		struct wire_key *k = &st.keys[i];

		strcpy(k->name, i ? "iak" : "idevid");
		k->alg = KEY_ALG_P384;
		k->present = 1;
		k->enabled = (uint8_t)i;
		k->tls13 = i ? WIRE_TLS13_NO : WIRE_TLS13_YES;
		strcpy(k->place, i ? "0x81020001" : "pkcs11:object=a%20b");
		k->spki.len = i ? 0 : 120;
		memset(k->spki.data, 0x42, k->spki.len);
		k->n_certs = 3;
		k->n_stored = (uint8_t)(2 + i);
		strcpy(k->why, i ? "" : "derived at each start: no room");
	}
	return &st;
}

static void status_round_trip_keeps_fields(void **state)
{
	static struct wire_status out;
	struct wire_status *in = good_status();
	struct room data = room(WIRE_CHAIN_MAX);

	(void)state;
	in->erasure.pending = 1;
	strcpy(in->erasure.why, "the TPM is absent");
	assert_rc(wire_encode_status(in, &data, NULL), DEVID_OK);
	assert_rc(wire_decode_status(view(data.len), &out, NULL), DEVID_OK);
	assert_memory_equal(&out, in, sizeof(out));
}

static void status_largest_fits_an_answer(void **state)
{
	struct wire_status *in = good_status();
	static struct wire_status out;
	struct room data = room(WIRE_CHAIN_MAX);

	(void)state;
	memset(in->module_text, 'x', sizeof(in->module_text) - 1);
	for (int i = 0; i < 2; i++) {
		memset(in->keys[i].name, 'n', KEY_NAME_MAX);
		memset(in->keys[i].place, 'p', WIRE_PLACE_MAX);
		in->keys[i].spki.len = KEY_SPKI_MAX;
		memset(in->keys[i].why, 'w', sizeof(in->keys[i].why) - 1);
	}
	assert_rc(wire_encode_status(in, &data, NULL), DEVID_OK);
	assert_rc(wire_decode_status(view(data.len), &out, NULL), DEVID_OK);
}

static void status_every_truncation_refused(void **state)
{
	static struct wire_status out;
	struct room data = room(sizeof(buf));

	(void)state;
	assert_rc(wire_encode_status(good_status(), &data, NULL), DEVID_OK);
	for (size_t n = 0; n < data.len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, buf, n);
		assert_rc(wire_decode_status(
				  (struct view) { exact, n }, &out, NULL),
			DEVID_ERR_PROTOCOL);
		free(exact);
	}
	assert_rc(wire_decode_status(view(data.len + 1), &out, NULL),
		DEVID_ERR_PROTOCOL);
}

static void status_more_stored_than_there_are_refused(void **state)
{
	static struct wire_status out;
	struct wire_status *in = good_status();
	struct room data = room(sizeof(buf));

	(void)state;
	in->keys[1].n_stored = 4;
	assert_rc(wire_encode_status(in, &data, NULL), DEVID_OK);
	assert_rc(wire_decode_status(view(data.len), &out, NULL),
		DEVID_ERR_PROTOCOL);
}

static void status_without_a_place_refused(void **state)
{
	static struct wire_status out;
	struct wire_status *in = good_status();
	struct room data = room(sizeof(buf));

	(void)state;
	in->keys[1].place[0] = '\0';
	assert_rc(wire_encode_status(in, &data, NULL), DEVID_OK);
	assert_rc(wire_decode_status(view(data.len), &out, NULL),
		DEVID_ERR_PROTOCOL);
}

/* Fields by their place in the message of good_status(). */
static void status_bad_fields_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 1, -DEVID_ERR_MIN + 1 }, /* code */
		{ 2, 0x01 },               /* text of 256 + 22 bytes */
		{ 80, WIRE_ERASED_NOT_HERE + 1 }, { 92, N_KEYS + 1 }, /* keys */
		{ 93, KEY_NAME_MAX + 1 },                             /* name */
		{ 93, 0 },                  /* no name */
		{ 94, 'X' },                /* not a name */
		{ 107, WIRE_TLS13_NO + 1 }, /* TLS 1.3 */
		{ 109, ' ' },               /* place: not visible */
		{ 110, '\0' },              /* place: not visible */
		{ 127, 0x7f },              /* place: not visible */
		{ 128, 0xff },              /* public key */
	};
	static struct wire_status out;

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct room data = room(sizeof(buf));

		memset(buf, 0, sizeof(buf));
		assert_rc(wire_encode_status(good_status(), &data, NULL),
			DEVID_OK);
		assert_int_equal(buf[92], 2);
		assert_int_equal(buf[129], 120);
		buf[bad[i].at] = bad[i].value;
		assert_rc(wire_decode_status(view(data.len), &out, NULL),
			DEVID_ERR_PROTOCOL);
	}
}

/* ---- attestation and credential ---- */

static struct wire_attest *some_attest(void)
{
	static struct wire_attest a;

	memset(&a, 0, sizeof(a));
	a.ek_cert.len = 900;
	memset(a.ek_cert.data, 1, a.ek_cert.len);
	a.iak_pub.len = 120;
	memset(a.iak_pub.data, 2, a.iak_pub.len);
	a.idevid_pub.len = 121;
	memset(a.idevid_pub.data, 3, a.idevid_pub.len);
	a.certify.len = 145;
	memset(a.certify.data, 4, a.certify.len);
	a.certify_sig.len = 72;
	memset(a.certify_sig.data, 5, a.certify_sig.len);
	a.ek_chain.len = 1600;
	memset(a.ek_chain.data, 6, a.ek_chain.len);
	return &a;
}

static size_t encode_attest(const struct wire_attest *a)
{
	struct room out = room(sizeof(buf));

	memset(buf, 0, sizeof(buf));
	assert_rc(wire_encode_attest(a, &out, NULL), DEVID_OK);
	return out.len;
}

/* Decodes exactly @len bytes of @buf from memory of that size. */
static enum devid_err decode_attest(size_t len, struct wire_attest *ret)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum devid_err rc;

	memcpy(exact, buf, len);
	rc = wire_decode_attest((struct view) { exact, len }, ret, NULL);
	free(exact);
	return rc;
}

static void attest_round_trip_keeps_every_blob(void **state)
{
	static struct wire_attest out;
	struct wire_attest *in = some_attest();

	(void)state;
	assert_rc(decode_attest(encode_attest(in), &out), DEVID_OK);
	assert_true(key_blob_equal(&in->ek_cert, &out.ek_cert));
	assert_true(key_blob_equal(&in->iak_pub, &out.iak_pub));
	assert_true(key_blob_equal(&in->idevid_pub, &out.idevid_pub));
	assert_true(key_blob_equal(&in->certify, &out.certify));
	assert_true(key_blob_equal(&in->certify_sig, &out.certify_sig));
	assert_int_equal(out.ek_chain.len, in->ek_chain.len);
	assert_memory_equal(
		out.ek_chain.data, in->ek_chain.data, in->ek_chain.len);
	in->ek_chain.len = 0; /* most TPMs have none */
	assert_rc(decode_attest(encode_attest(in), &out), DEVID_OK);
	assert_int_equal(out.ek_chain.len, 0);
}

static void attest_every_truncation_and_extension_refused(void **state)
{
	static struct wire_attest out;
	size_t len = encode_attest(some_attest());

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_rc(decode_attest(n, &out), DEVID_ERR_PROTOCOL);
	assert_rc(decode_attest(len + 1, &out), DEVID_ERR_PROTOCOL);
}

static void attest_empty_or_oversize_blob_refused(void **state)
{
	static struct wire_attest out;
	struct wire_attest *in = some_attest();

	(void)state;
	in->certify.len = 0;
	assert_rc(decode_attest(encode_attest(in), &out), DEVID_ERR_PROTOCOL);
	memset(buf, 0, sizeof(buf));
	buf[0] = (KEY_CERT_MAX + 1) >> 8;
	buf[1] = (KEY_CERT_MAX + 1) & 0xff;
	assert_rc(decode_attest(sizeof(buf), &out), DEVID_ERR_PROTOCOL);
}

static void attest_largest_fits_an_answer(void **state)
{
	struct wire_attest *in = some_attest();

	(void)state;
	in->ek_cert.len = in->iak_pub.len = in->idevid_pub.len =
		in->certify.len = in->certify_sig.len = KEY_CERT_MAX;
	in->ek_chain.len = WIRE_EK_CHAIN_MAX;
	assert_true(encode_attest(in) <= WIRE_CHAIN_MAX);
}

static struct wire_certify *some_certify(void)
{
	static struct wire_certify in;

	in = (struct wire_certify) { .attest = { 3, { 1, 2, 3 } },
		.signature = { 2, { 4, 5 } },
		.public = { 1, { 6 } } };
	return &in;
}

static size_t encode_certify(const struct wire_certify *in)
{
	struct room out = room(sizeof(buf));

	assert_rc(wire_encode_certify(in, &out, NULL), DEVID_OK);
	return out.len;
}

static enum devid_err decode_certify(size_t len, struct wire_certify *ret)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum devid_err rc;

	memcpy(exact, buf, len);
	rc = wire_decode_certify((struct view) { exact, len }, ret, NULL);
	free(exact);
	return rc;
}

static void certify_round_trip_keeps_every_blob(void **state)
{
	static struct wire_certify out;
	struct wire_certify *in = some_certify();
	size_t len = encode_certify(in);

	(void)state;
	assert_rc(decode_certify(len, &out), DEVID_OK);
	assert_true(key_blob_equal(&out.attest, &in->attest));
	assert_true(key_blob_equal(&out.signature, &in->signature));
	assert_true(key_blob_equal(&out.public, &in->public));
	for (size_t n = 0; n < len; n++)
		assert_rc(decode_certify(n, &out), DEVID_ERR_PROTOCOL);
	assert_rc(decode_certify(len + 1, &out), DEVID_ERR_PROTOCOL);
}

static void certify_empty_blob_refused(void **state)
{
	static struct wire_certify out;
	struct key_blob *const blobs[] = { &some_certify()->attest,
		&some_certify()->signature, &some_certify()->public };

	(void)state;
	for (size_t i = 0; i < N_OF(blobs); i++) {
		struct wire_certify *in = some_certify();

		blobs[i]->len = 0;
		assert_rc(decode_certify(encode_certify(in), &out),
			DEVID_ERR_PROTOCOL);
	}
}

static void certify_that_does_not_fit_is_too_large(void **state)
{
	struct room out = room(3 * 2 + 5);

	(void)state;
	assert_rc(wire_encode_certify(some_certify(), &out, NULL),
		DEVID_ERR_TOO_LARGE);
}

static size_t encode_credential(size_t object_len, size_t secret_len)
{
	static const uint8_t data[WIRE_CREDENTIAL_PART_MAX] = { 7, 8, 9 };
	struct wire_credential what = { data, object_len, data, secret_len };
	struct room out = room(WIRE_CREDENTIAL_MAX);

	assert_rc(wire_encode_credential(&what, &out, NULL), DEVID_OK);
	return out.len;
}

static enum devid_err decode_credential(size_t len, struct wire_credential *ret)
{
	static uint8_t *exact; /* the views point into it */

	free(exact);
	exact = malloc(len ? len : 1);
	memcpy(exact, buf, len);
	return wire_decode_credential((struct view) { exact, len }, ret, NULL);
}

static void credential_round_trip_keeps_both_parts(void **state)
{
	struct wire_credential out;

	(void)state;
	assert_rc(
		decode_credential(encode_credential(66, 258), &out), DEVID_OK);
	assert_int_equal(out.id_object_len, 66);
	assert_memory_equal(out.id_object, buf + 2, 66);
	assert_int_equal(out.enc_secret_len, 258);
	assert_memory_equal(out.enc_secret, buf + 2 + 66 + 2, 258);
	assert_rc(decode_credential(encode_credential(WIRE_CREDENTIAL_PART_MAX,
					    WIRE_CREDENTIAL_PART_MAX),
			  &out),
		DEVID_OK);
}

static void credential_every_truncation_and_extension_refused(void **state)
{
	struct wire_credential out;
	size_t len = encode_credential(66, 258);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_rc(decode_credential(n, &out), DEVID_ERR_PROTOCOL);
	assert_rc(decode_credential(len + 1, &out), DEVID_ERR_PROTOCOL);
}

static void credential_empty_or_oversize_part_refused(void **state)
{
	static const uint8_t data[WIRE_CREDENTIAL_PART_MAX + 1];
	static const size_t bad[] = { 0, WIRE_CREDENTIAL_PART_MAX + 1 };
	struct wire_credential out;
	struct room record = room(sizeof(buf));

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(bad); i++) {
		size_t a = i % 2 ? bad[i / 2] : 10, b = i % 2 ? 10 : bad[i / 2];
		struct wire_credential in = { data, a, data, b };

		assert_rc(wire_encode_credential(&in, &record, NULL),
			DEVID_ERR_INVALID);
		memset(buf, 0, sizeof(buf));
		buf[0] = (uint8_t)(a >> 8);
		buf[1] = (uint8_t)a;
		buf[2 + a] = (uint8_t)(b >> 8);
		buf[3 + a] = (uint8_t)b;
		assert_rc(
			decode_credential(4 + a + b, &out), DEVID_ERR_PROTOCOL);
	}
	(void)decode_credential(0, &out); /* frees */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_round_trip_keeps_fields),
		cmocka_unit_test(request_without_name_and_data_round_trips),
		cmocka_unit_test(request_every_truncation_refused),
		cmocka_unit_test(request_one_byte_more_refused),
		cmocka_unit_test(request_other_version_refused),
		cmocka_unit_test(request_reserved_bits_refused),
		cmocka_unit_test(request_bad_name_refused),
		cmocka_unit_test(request_oversize_name_or_data_refused),
		cmocka_unit_test(request_length_that_wraps_refused),
		cmocka_unit_test(encode_request_beyond_limits_refused),
		cmocka_unit_test(answer_round_trip_every_code),
		cmocka_unit_test(answer_truncated_or_longer_refused),
		cmocka_unit_test(answer_other_version_refused_and_named),
		cmocka_unit_test(answer_foreign_fields_refused),
		cmocka_unit_test(answer_too_large_for_buffer_refused),
		cmocka_unit_test(status_round_trip_keeps_fields),
		cmocka_unit_test(status_largest_fits_an_answer),
		cmocka_unit_test(status_every_truncation_refused),
		cmocka_unit_test(status_more_stored_than_there_are_refused),
		cmocka_unit_test(status_without_a_place_refused),
		cmocka_unit_test(status_bad_fields_refused),
		cmocka_unit_test(attest_round_trip_keeps_every_blob),
		cmocka_unit_test(attest_every_truncation_and_extension_refused),
		cmocka_unit_test(attest_empty_or_oversize_blob_refused),
		cmocka_unit_test(attest_largest_fits_an_answer),
		cmocka_unit_test(certify_round_trip_keeps_every_blob),
		cmocka_unit_test(certify_empty_blob_refused),
		cmocka_unit_test(certify_that_does_not_fit_is_too_large),
		cmocka_unit_test(credential_round_trip_keeps_both_parts),
		cmocka_unit_test(
			credential_every_truncation_and_extension_refused),
		cmocka_unit_test(credential_empty_or_oversize_part_refused),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
