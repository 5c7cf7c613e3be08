/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar's answers as HTTP has them. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "est-answer.h"
#include "est-body.h"

static struct est_answer answer;

static const struct est_answer *make(enum est_op op,
	enum registrar_status status, const void *body, size_t len)
{
	struct registrar_answer from = { .status = status,
		.rule = "a-rule",
		.text = "why",
		.body = { (uint8_t *)body, len } };

	est_answer_clear(&answer);
	est_answer_make(&answer, op, &from);
	return &answer;
}

static bool body_is(const char *text)
{
	return answer.body.len == strlen(text) &&
	       memcmp(answer.body.data, text, strlen(text)) == 0;
}

static int teardown(void **state)
{
	(void)state;
	est_answer_clear(&answer);
	return 0;
}

/* The certificates in the answer. */
static STACK_OF(X509) * certs_of(void)
{
	struct blob cms = { NULL, 0 };
	STACK_OF(X509) *certs = NULL;

	assert_true(answer.base64);
	assert_null(memchr(answer.body.data, '\n', answer.body.len));
	assert_rc(
		est_base64_read(blob_view(&answer.body), &cms, NULL), DEVID_OK);
	assert_rc(est_certs_read(blob_view(&cms), &certs, NULL), DEVID_OK);
	blob_done(&cms);
	return certs;
}

static void answer_certificates_as_they_came(void **state)
{
	struct certs_spec spec = certs_ca_spec("Site");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	struct certs_buf two = ca.der;
	X509 *want = certs_x509(&ca);
	STACK_OF(X509) * certs;

	(void)state;
	certs_append(&two, ca.der.data, ca.der.len);
	make(EST_ENROL, REGISTRAR_DONE, ca.der.data, ca.der.len);
	assert_int_equal(answer.status, 200);
	assert_string_equal(
		answer.type, "application/pkcs7-mime; smime-type=certs-only");
	certs = certs_of();
	assert_int_equal(sk_X509_num(certs), 1);
	assert_int_equal(X509_cmp(sk_X509_value(certs, 0), want), 0);
	sk_X509_pop_free(certs, X509_free);
	make(EST_CACERTS, REGISTRAR_DONE, two.data, two.len);
	assert_string_equal(answer.type, "application/pkcs7-mime");
	certs = certs_of();
	assert_int_equal(sk_X509_num(certs), 2);
	sk_X509_pop_free(certs, X509_free);
	/* What is no row of certificates is nobody's answer. */
	make(EST_CACERTS, REGISTRAR_DONE, two.data, two.len - 1);
	assert_int_equal(answer.status, 503);
	make(EST_REENROL, REGISTRAR_DONE, "", 0);
	assert_int_equal(answer.status, 503);
	assert_true(answer.retry_after > 0);
	X509_free(want);
	certs_done(&ca);
}

static void answer_attributes_nonce_and_document(void **state)
{
	uint8_t nonce[REGISTRAR_NONCE_LEN];

	(void)state;
	memset(nonce, 0xfb, sizeof(nonce));
	make(EST_CSRATTRS, REGISTRAR_DONE, "\x30\x00", 2);
	assert_string_equal(answer.type, "application/csrattrs");
	assert_true(answer.base64 && body_is("MAA="));
	make(EST_NONCE, REGISTRAR_DONE, nonce, sizeof(nonce));
	assert_string_equal(
		answer.type, "application/est-attestation-freshness+json");
	assert_true(body_is("{\"nonce\":\"-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v"
			    "7-_v7-_s\",\"expiry\":300}\n"));
	assert_false(answer.base64);
	make(EST_ONBOARDING, REGISTRAR_DONE, "{}", 2);
	assert_string_equal(answer.type, "application/json");
	assert_true(body_is("{}"));
}

static void answer_refusals_with_their_rule(void **state)
{
	static const struct {
		enum registrar_status from;
		int status;
	} rows[] = {
		{ REGISTRAR_PENDING, 202 },
		{ REGISTRAR_REFUSED, 403 },
		{ REGISTRAR_NONCE_GONE, 409 },
		{ REGISTRAR_ABSENT, 404 },
		{ REGISTRAR_TROUBLE, 503 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		make(EST_ENROL, rows[i].from, NULL, 0);
		assert_int_equal(answer.status, rows[i].status);
		assert_string_equal(answer.type, "text/plain");
		assert_true(body_is("a-rule: why\n"));
		/* Who is to come back is told when. */
		assert_int_equal(answer.retry_after > 0,
			rows[i].status == 202 || rows[i].status == 503);
	}
}

static void answer_registrars_time_to_come_back(void **state)
{
	struct registrar_answer from = { .status = REGISTRAR_PENDING,
		.rule = "",
		.text = "a person\nhas to\x1b approve it",
		.retry_after = 600 };

	(void)state;
	est_answer_clear(&answer);
	est_answer_make(&answer, EST_ENROL, &from);
	assert_int_equal(answer.retry_after, 600);
	/* One line, and nothing that a terminal would obey. */
	assert_true(body_is("a person?has to? approve it\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_certificates_as_they_came),
		cmocka_unit_test(answer_attributes_nonce_and_document),
		cmocka_unit_test(answer_refusals_with_their_rule),
		cmocka_unit_test(answer_registrars_time_to_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
