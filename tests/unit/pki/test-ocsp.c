/* SPDX-License-Identifier: Apache-2.0 */
/* The OCSP responder, asked and verified by OpenSSL's client side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "publish-fixture.h"
#include "rate.h"
#include "publish.h"
#include "ocsp-answer.h"
#include "publish-ocsp.h"

struct world {
	struct publish_fixture f;
	uint8_t numbers[N_MAKER_ROLES][SERIAL_LEN]; /* of device "A1" */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	publish_fixture_init(&w->f, NULL);
	publish_fixture_device(&w->f, "A1", w->numbers);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	publish_fixture_done(&w->f);
	free(w);
	return 0;
}

/* What a client keeps of its question, and the answer. */
struct talk {
	OCSP_REQUEST *req;       /* owned */
	OCSP_CERTID *id;         /* borrowed from req */
	OCSP_RESPONSE *resp;     /* owned */
	OCSP_BASICRESP *basic;   /* owned; NULL: not successful */
	struct ocsp_reply reply; /* owned: the answer */
};

static OCSP_CERTID *id_of(
	X509 *issuer, const EVP_MD *md, const uint8_t *serial, int serial_len)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	OCSP_CERTID *id;

	assert_int_equal(ASN1_STRING_set(number, serial, serial_len), 1);
	id = OCSP_cert_id_new(md, X509_get_subject_name(issuer),
		X509_get0_pubkey_bitstr(issuer), number);
	ASN1_INTEGER_free(number);
	assert_non_null(id);
	return id;
}

static void ask_der(struct world *w, struct view der, struct talk *t)
{
	const struct blob *answer = &t->reply.der;
	const unsigned char *p;

	assert_int_equal(
		ocsp_answer(&w->f.ca, der, NULL, &t->reply, NULL), DEVID_OK);
	p = answer->data;
	t->resp = d2i_OCSP_RESPONSE(NULL, &p, (long)answer->len);
	assert_non_null(t->resp);
	assert_ptr_equal(p, answer->data + answer->len);
	t->basic = OCSP_response_get1_basic(t->resp);
}

static void ask(struct world *w, struct talk *t)
{
	unsigned char *der = NULL;
	int len = i2d_OCSP_REQUEST(t->req, &der);

	assert_true(len > 0);
	ask_der(w, (struct view) { der, (size_t)len }, t);
	OPENSSL_free(der);
}

static struct talk talk_about(OCSP_CERTID *id)
{
	struct talk t = { .req = OCSP_REQUEST_new() };

	assert_non_null(OCSP_request_add0_id(t.req, id));
	t.id = id;
	return t;
}

static void talk_done(struct talk *t)
{
	OCSP_REQUEST_free(t->req);
	OCSP_RESPONSE_free(t->resp);
	OCSP_BASICRESP_free(t->basic);
	blob_done(&t->reply.der);
}

/* The status that a careful client takes from the answer. */
static int status_of(struct world *w, struct talk *t, int *ret_reason)
{
	ASN1_GENERALIZEDTIME *when, *this, *next;
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	int status, reason = -1;

	assert_non_null(t->basic);
	assert_int_equal(X509_STORE_add_cert(store, w->f.build.root), 1);
	assert_true(sk_X509_push(chain, w->f.build.ca) > 0);
	assert_int_equal(OCSP_basic_verify(t->basic, chain, store, 0), 1);
	assert_int_equal(OCSP_resp_find_status(t->basic, t->id, &status,
				 &reason, &when, &this, &next),
		1);
	assert_int_equal(OCSP_check_validity(this, next, 5, -1), 1);
	assert_int_equal(OCSP_resp_count(t->basic), 1); /* RFC 5019 2.2.1 */
	sk_X509_free(chain);
	X509_STORE_free(store);
	if (ret_reason)
		*ret_reason = reason;
	return status;
}

static struct talk asked(
	struct world *w, const EVP_MD *md, const uint8_t *serial, int len)
{
	struct talk t = talk_about(id_of(w->f.build.ca, md, serial, len));

	ask(w, &t);
	return t;
}

/* covers: RFC5019-large-volume RFC6960-ocsp */
static void answer_live_both_hashes_good(void **state)
{
	struct world *w = *state;
	const EVP_MD *mds[] = { EVP_sha1(), EVP_sha256() };

	for (size_t i = 0; i < 2; i++) {
		struct talk t = asked(w, mds[i], w->numbers[0], SERIAL_LEN);

		assert_int_equal(
			status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
		assert_in_range(t.reply.expires, time(NULL) + 72 * 3600 - 60,
			time(NULL) + 72 * 3600);
		talk_done(&t);
	}
}

/* covers: RFC6960-ocsp */
static void answer_revoked_reason_and_time(void **state)
{
	struct world *w = *state;
	struct talk t;
	int reason;

	publish_fixture_revoke(&w->f, w->numbers[1], FIXTURE_NOW + 5, 1);
	t = asked(w, EVP_sha1(), w->numbers[1], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, &reason), V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
	talk_done(&t);
	/* the device's other certificate is another one */
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
	talk_done(&t);
}

static void answer_unspecified_reason_left_out(void **state)
{
	struct world *w = *state;
	struct talk t;
	int reason;

	publish_fixture_revoke(&w->f, w->numbers[1], FIXTURE_NOW + 5, 0);
	t = asked(w, EVP_sha1(), w->numbers[1], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, &reason), V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, -1);
	talk_done(&t);
}

/* covers: RFC6960-ocsp */
static void answer_unknown_serial_unknown_and_short_lived(void **state)
{
	static const uint8_t long_number[24] = { 0x41 };
	static const uint8_t high[] = { 0xff };
	struct world *w = *state;
	struct talk t;

	t = asked(w, EVP_sha1(), (const uint8_t *)"\x41\x42", 2);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_UNKNOWN);
	assert_true(t.reply.expires <= time(NULL) + 60);
	talk_done(&t);
	t = asked(w, EVP_sha256(), long_number, sizeof(long_number));
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_UNKNOWN);
	talk_done(&t);
	t = asked(w, EVP_sha1(), high, 1); /* encoded with a sign octet */
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_UNKNOWN);
	talk_done(&t);
}

/* covers: RFC9654-nonce */
static void answer_nonce_each_size_echoed(void **state)
{
	static const int sizes[] = { 1, 16, 32, OCSP_NONCE_MAX };
	struct world *w = *state;
	uint8_t nonce[OCSP_NONCE_MAX];

	memset(nonce, 0xa5, sizeof(nonce));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct talk t = talk_about(id_of(
			w->f.build.ca, EVP_sha1(), w->numbers[0], SERIAL_LEN));

		assert_int_equal(
			OCSP_request_add1_nonce(t.req, nonce, sizes[i]), 1);
		ask(w, &t);
		assert_int_equal(
			status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
		assert_int_equal(OCSP_check_nonce(t.req, t.basic), 1);
		assert_int_equal(t.reply.expires, 0); /* for nobody else */
		talk_done(&t);
	}
}

/* covers: RFC9654-nonce */
static void answer_nonce_too_long_malformed(void **state)
{
	struct world *w = *state;
	uint8_t nonce[OCSP_NONCE_MAX + 1] = { 1 };
	struct talk t = talk_about(
		id_of(w->f.build.ca, EVP_sha1(), w->numbers[0], SERIAL_LEN));

	assert_int_equal(
		OCSP_request_add1_nonce(t.req, nonce, sizeof(nonce)), 1);
	ask(w, &t);
	assert_int_equal(OCSP_response_status(t.resp),
		OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
	talk_done(&t);
}

/* covers: RFC6960-ocsp */
static void answer_other_issuer_unauthorized(void **state)
{
	struct world *w = *state;
	struct talk t = talk_about(
		id_of(w->f.build.root, EVP_sha1(), w->numbers[0], SERIAL_LEN));

	ask(w, &t);
	assert_int_equal(OCSP_response_status(t.resp),
		OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	talk_done(&t);
}

/* The right name with another key, and the other way round. */
static void answer_half_right_issuer_unauthorized(void **state)
{
	struct world *w = *state;
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509 *ca = w->f.build.ca, *root = w->f.build.root;

	assert_int_equal(ASN1_STRING_set(number, w->numbers[0], SERIAL_LEN), 1);
	for (int i = 0; i < 2; i++) {
		struct talk t = talk_about(OCSP_cert_id_new(EVP_sha256(),
			X509_get_subject_name(i ? root : ca),
			X509_get0_pubkey_bitstr(i ? ca : root), number));

		ask(w, &t);
		assert_int_equal(OCSP_response_status(t.resp),
			OCSP_RESPONSE_STATUS_UNAUTHORIZED);
		talk_done(&t);
	}
	ASN1_INTEGER_free(number);
}

/* covers: RFC5019-large-volume */
static void answer_two_certificates_unauthorized(void **state)
{
	struct world *w = *state;
	struct talk t = talk_about(
		id_of(w->f.build.ca, EVP_sha1(), w->numbers[0], SERIAL_LEN));

	assert_non_null(OCSP_request_add0_id(t.req,
		id_of(w->f.build.ca, EVP_sha1(), w->numbers[1], SERIAL_LEN)));
	ask(w, &t);
	assert_int_equal(OCSP_response_status(t.resp),
		OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	talk_done(&t);
}

static void answer_other_hash_unauthorized(void **state)
{
	struct world *w = *state;
	struct talk t = talk_about(
		id_of(w->f.build.ca, EVP_sha384(), w->numbers[0], SERIAL_LEN));

	ask(w, &t);
	assert_int_equal(OCSP_response_status(t.resp),
		OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	talk_done(&t);
}

/* covers: RFC6960-signer */
static void answer_delegated_verified_and_certificate_in_it(void **state)
{
	struct world *w = *state;
	struct talk t;

	publish_fixture_delegate(&w->f, time(NULL) + 3600);
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(sk_X509_num(OCSP_resp_get0_certs(t.basic)), 1);
	assert_int_equal(memory_signer_count(w->f.ca.ocsp_signer), 1);
	/* no answer outlives the certificate of who signed it */
	assert_true(t.reply.expires <= time(NULL) + 3600);
	talk_done(&t);
}

static void answer_expired_responder_try_later(void **state)
{
	struct world *w = *state;
	struct talk t;

	publish_fixture_delegate(&w->f, FIXTURE_NOW + 60);
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(
		OCSP_response_status(t.resp), OCSP_RESPONSE_STATUS_TRYLATER);
	talk_done(&t);
}

/* covers: RFC5019-large-volume */
static void answer_stored_no_signature_until_revoked(void **state)
{
	struct world *w = *state;
	struct signer *key = w->f.build.ca_key;
	unsigned before;
	struct talk t;
	int64_t n;

	assert_int_equal(publish_ocsp(&w->f.ca, 100, &n, NULL), DEVID_OK);
	assert_int_equal(n, 2);
	before = memory_signer_count(key);
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(memory_signer_count(key), before);
	assert_true(t.reply.expires > time(NULL));
	talk_done(&t);
	/* a stored "good" must not outlive the revocation */
	publish_fixture_revoke(&w->f, w->numbers[0], time(NULL), 1);
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(memory_signer_count(key), before + 1);
	talk_done(&t);
}

static void answer_stored_expired_signed_again(void **state)
{
	struct world *w = *state;
	struct db *db = register_db(w->f.ca.reg);
	unsigned before;
	struct talk t;
	int64_t n;

	assert_int_equal(publish_ocsp(&w->f.ca, 100, &n, NULL), DEVID_OK);
	assert_int_equal(register_begin(w->f.ca.reg, NULL), DEVID_OK);
	assert_int_equal(
		db_script(db, "UPDATE publication SET expires = 1", NULL),
		DEVID_OK);
	assert_int_equal(register_commit(w->f.ca.reg, NULL), DEVID_OK);
	before = memory_signer_count(w->f.build.ca_key);
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(memory_signer_count(w->f.build.ca_key), before + 1);
	talk_done(&t);
}

/* Made by a clock that was ahead it is not valid yet. */
static void answer_stored_early_signed_again(void **state)
{
	struct world *w = *state;
	struct db *db = register_db(w->f.ca.reg);
	unsigned before;
	struct talk t;
	int64_t n;

	assert_int_equal(publish_ocsp(&w->f.ca, 100, &n, NULL), DEVID_OK);
	assert_int_equal(register_begin(w->f.ca.reg, NULL), DEVID_OK);
	assert_int_equal(
		db_script(
			db, "UPDATE publication SET made = made + 3600", NULL),
		DEVID_OK);
	assert_int_equal(register_commit(w->f.ca.reg, NULL), DEVID_OK);
	before = memory_signer_count(w->f.build.ca_key);
	t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);
	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(memory_signer_count(w->f.build.ca_key), before + 1);
	talk_done(&t);
}

static void assert_try_later(struct world *w)
{
	struct talk t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);

	assert_int_equal(
		OCSP_response_status(t.resp), OCSP_RESPONSE_STATUS_TRYLATER);
	talk_done(&t);
}

static void assert_good(struct world *w)
{
	struct talk t = asked(w, EVP_sha1(), w->numbers[0], SERIAL_LEN);

	assert_int_equal(status_of(w, &t, NULL), V_OCSP_CERTSTATUS_GOOD);
	talk_done(&t);
}

static void answer_no_key_try_later_but_stored_given(void **state)
{
	struct world *w = *state;
	struct signer *signer = w->f.ca.signer;
	int64_t n;

	w->f.ca.signer = NULL;
	assert_try_later(w);
	w->f.ca.signer = signer;
	assert_int_equal(publish_ocsp(&w->f.ca, 100, &n, NULL), DEVID_OK);
	w->f.ca.signer = NULL;
	assert_good(w);
	w->f.ca.signer = signer;
}

/* What was signed while the clock was right is given. */
static void answer_clock_wrong_try_later_but_stored_given(void **state)
{
	struct world *w = *state;
	int64_t n;

	w->f.ca.clock_wrong = true;
	assert_try_later(w);
	w->f.ca.clock_wrong = false;
	assert_int_equal(publish_ocsp(&w->f.ca, 100, &n, NULL), DEVID_OK);
	w->f.ca.clock_wrong = true;
	assert_good(w);
	w->f.ca.clock_wrong = false;
}

static void answer_bucket_empty_try_later_and_stored_given(void **state)
{
	static const uint8_t try_later[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };
	struct world *w = *state;
	struct http_rate rates[2];
	struct http_share share = { &rates[0], &rates[1] };
	struct ocsp_reply reply = { .expires = 0 };
	struct talk t = talk_about(
		id_of(w->f.build.ca, EVP_sha1(), w->numbers[0], SERIAL_LEN));
	unsigned char *req = NULL;
	int req_len = i2d_OCSP_REQUEST(t.req, &req);
	const struct view asked = { req, (size_t)req_len };
	int64_t n;

	/* Either of no size. */
	for (int empty = 0; empty < 2; empty++) {
		http_rate_init(&rates[!empty], 0, 0);
		http_rate_init(&rates[empty], 1, INT64_MAX / 2);
		rates[empty].burst = 0;
		assert_int_equal(
			ocsp_answer(&w->f.ca, asked, &share, &reply, NULL),
			DEVID_OK);
		assert_int_equal(reply.der.len, sizeof(try_later));
		assert_memory_equal(reply.der.data, try_later, reply.der.len);
		blob_done(&reply.der);
	}
	/* What was signed before is given all the same. */
	assert_int_equal(publish_ocsp(&w->f.ca, 100, &n, NULL), DEVID_OK);
	assert_int_equal(
		ocsp_answer(&w->f.ca, asked, &share, &reply, NULL), DEVID_OK);
	assert_true(reply.der.len > sizeof(try_later));
	blob_done(&reply.der);
	OPENSSL_free(req);
	talk_done(&t);
}

static void answer_token_gone_error(void **state)
{
	struct world *w = *state;
	struct talk t = talk_about(
		id_of(w->f.build.ca, EVP_sha1(), w->numbers[0], SERIAL_LEN));
	unsigned char *der = NULL;
	int len = i2d_OCSP_REQUEST(t.req, &der);

	memory_signer_break(w->f.build.ca_key, true);
	assert_int_equal(
		ocsp_answer(&w->f.ca, (struct view) { der, (size_t)len }, NULL,
			&t.reply, NULL),
		DEVID_ERR_UNREACHABLE);
	assert_null(t.reply.der.data);
	memory_signer_break(w->f.build.ca_key, false);
	OPENSSL_free(der);
	talk_done(&t);
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WORLD(answer_live_both_hashes_good),
		WORLD(answer_revoked_reason_and_time),
		WORLD(answer_unspecified_reason_left_out),
		WORLD(answer_unknown_serial_unknown_and_short_lived),
		WORLD(answer_nonce_each_size_echoed),
		WORLD(answer_nonce_too_long_malformed),
		WORLD(answer_other_issuer_unauthorized),
		WORLD(answer_half_right_issuer_unauthorized),
		WORLD(answer_two_certificates_unauthorized),
		WORLD(answer_other_hash_unauthorized),
		WORLD(answer_delegated_verified_and_certificate_in_it),
		WORLD(answer_expired_responder_try_later),
		WORLD(answer_stored_no_signature_until_revoked),
		WORLD(answer_stored_expired_signed_again),
		WORLD(answer_stored_early_signed_again),
		WORLD(answer_no_key_try_later_but_stored_given),
		WORLD(answer_clock_wrong_try_later_but_stored_given),
		WORLD(answer_bucket_empty_try_later_and_stored_given),
		WORLD(answer_token_gone_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
