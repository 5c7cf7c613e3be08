/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>

#include "attach.h"
#include "backoff.h"
#include "wallclock.h"

#define T0 1000000u

static void note(struct attach *a, enum event_type type, const char *text)
{
	struct event ev = { .type = type, .reason = 4 };

	(void)snprintf(ev.text, sizeof(ev.text), "%s", text);
	attach_note(a, &ev, T0 + 5000);
}

static void note_method(struct attach *a, int method)
{
	struct event ev = { .type = EVENT_METHOD_PROPOSED, .method = method };

	attach_note(a, &ev, T0 + 5000);
}

/* An attach that came as far as the server's certificate. */
static struct attach verified(void)
{
	struct attach a;

	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	note_method(&a, EVENT_METHOD_TLS);
	note(&a, EVENT_SERVER_VERIFIED, "");
	return a;
}

static void note_new_method_forgets_the_old_server(void **state)
{
	struct attach a = verified();

	(void)state;
	a.has_server = true;
	note_method(&a, EVENT_METHOD_TLS);
	assert_false(a.server_verified);
	assert_false(a.has_server);
}

static void assert_class(struct attach *a, enum attach_end end,
	enum attach_class class, const char *reason)
{
	attach_finish(a, end, T0 + 20000);
	assert_string_equal(
		attach_class_name(a->class), attach_class_name(class));
	assert_non_null(strstr(a->reason, reason));
	assert_int_equal(a->done_ms, 20);
}

static void finish_success_has_no_class(void **state)
{
	struct attach a = verified();

	(void)state;
	attach_finish(&a, ATTACH_END_SUCCESS, T0 + 9000);
	assert_int_equal(a.class, ATTACH_CLASS_NONE);
	assert_int_equal(a.eap_ms, 5);
	assert_int_equal(a.server_ms, 5);
	assert_int_equal(a.done_ms, 9);
}

static void finish_no_answer_is_no_authenticator(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	assert_class(&a, ATTACH_END_SILENCE, ATTACH_CLASS_NO_AUTHENTICATOR,
		"EAPOL-Start");
}

static void finish_silence_after_eap_is_timeout(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	assert_class(&a, ATTACH_END_SILENCE, ATTACH_CLASS_TIMEOUT, "half-way");
}

static void finish_key_request_is_key_unavailable(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	note(&a, EVENT_KEY_REQUEST, "");
	assert_class(&a, ATTACH_END_KEY, ATTACH_CLASS_KEY_UNAVAILABLE, "key");
}

static void finish_signature_error_is_key_unavailable(void **state)
{
	struct attach a = verified();

	(void)state;
	note(&a, EVENT_LOCAL_ALERT, "internal error");
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_KEY_UNAVAILABLE,
		"signing");
}

static void finish_cert_error_is_server_untrusted(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	note_method(&a, EVENT_METHOD_TLS);
	note(&a, EVENT_CERT_ERROR, "");
	note(&a, EVENT_LOCAL_ALERT, "unknown CA");
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_SERVER_UNTRUSTED,
		"expired");
}

static void finish_refused_server_is_server_untrusted(void **state)
{
	struct attach a = verified();

	(void)state;
	a.refused = true;
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_SERVER_UNTRUSTED,
		"not the one remembered");
}

static void finish_cert_alert_is_cert_rejected(void **state)
{
	static const char *const alerts[] = { "unknown CA", "bad certificate",
		"certificate expired", "certificate revoked", "decrypt error",
		"access denied", "unsupported certificate" };

	(void)state;
	for (size_t i = 0; i < N_OF(alerts); i++) {
		struct attach a = verified();

		note(&a, EVENT_REMOTE_ALERT, alerts[i]);
		assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_CERT_REJECTED,
			alerts[i]);
	}
}

/* OpenSSL says "handshake failure" to a ClientHello without a common cipher. */
static void finish_alert_before_our_certificate_is_tls_failed(void **state)
{
	static const enum flight_stage stages[] = { FLIGHT_HELLO,
		FLIGHT_HEARD };
	struct attach a;

	(void)state;
	for (size_t i = 0; i < N_OF(stages); i++) {
		attach_begin(&a, T0, 1);
		note(&a, EVENT_EAP_STARTED, "");
		note_method(&a, EVENT_METHOD_TLS);
		note(&a, EVENT_REMOTE_ALERT, "handshake failure");
		a.flight = stages[i];
		assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_TLS_FAILED,
			"server ended TLS: handshake failure");
	}
	/* not seen how far we came; but the server's came first, and did not */
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	note_method(&a, EVENT_METHOD_TLS);
	note(&a, EVENT_REMOTE_ALERT, "handshake failure");
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_TLS_FAILED,
		"server ended TLS: handshake failure");
	a = verified();
	note(&a, EVENT_REMOTE_ALERT, "handshake failure");
	a.flight = FLIGHT_WHOLE;
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_CERT_REJECTED,
		"handshake failure");
}

static void finish_other_alert_is_tls_failed(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	note_method(&a, EVENT_METHOD_TLS);
	note(&a, EVENT_REMOTE_ALERT, "protocol version");
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_TLS_FAILED,
		"protocol version");
}

/* On first use: what wpa_supplicant holds against it is the detail. */
static void finish_stranger_is_not_the_one_remembered(void **state)
{
	struct event ev = { .type = EVENT_CERT_ERROR, .reason = 4 };
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	a.remembered = true;
	attach_note(&a, &ev, T0);
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_SERVER_UNTRUSTED,
		"server is not the one remembered: expired");
	attach_begin(&a, T0, 1);
	a.remembered = true;
	ev.depth = 1;
	attach_note(&a, &ev, T0);
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_SERVER_UNTRUSTED,
		"remembered: its issuer: expired");
}

/* The server showed its certificate and then only EAP-Failure came. */
static void finish_bare_failure_is_told_by_our_last_frame(void **state)
{
	static const struct {
		enum flight_stage flight;
		enum attach_class class;
		const char *reason;
	} cases[] = {
		{ FLIGHT_UNSEEN, ATTACH_CLASS_AUTHZ_DENIED, "probably" },
		{ FLIGHT_HELLO, ATTACH_CLASS_TLS_FAILED, "ended TLS" },
		{ FLIGHT_HEARD, ATTACH_CLASS_TLS_FAILED, "ended TLS" },
		{ FLIGHT_BEGUN, ATTACH_CLASS_TLS_FAILED, "amid our" },
		{ FLIGHT_WHOLE, ATTACH_CLASS_CERT_REJECTED, "no alert" },
		{ FLIGHT_ANSWERED, ATTACH_CLASS_AUTHZ_DENIED, "not admitted" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct attach a = verified();

		note(&a, EVENT_EAP_REJECTED, "");
		a.flight = cases[i].flight;
		assert_class(&a, ATTACH_END_FAILURE, cases[i].class,
			cases[i].reason);
	}
}

/* It showed none: a resumed session, or TLS that ended early. */
static void finish_bare_failure_without_certificate_is_not_authorization(
	void **state)
{
	static const struct {
		enum flight_stage flight;
		enum attach_class class;
		const char *reason;
	} cases[] = {
		{ FLIGHT_UNSEEN, ATTACH_CLASS_TLS_FAILED, "ended TLS" },
		{ FLIGHT_HELLO, ATTACH_CLASS_TLS_FAILED, "probably no common" },
		{ FLIGHT_HEARD, ATTACH_CLASS_TLS_FAILED, "its own part" },
		{ FLIGHT_BEGUN, ATTACH_CLASS_TLS_FAILED, "ended TLS" },
		{ FLIGHT_WHOLE, ATTACH_CLASS_AUTHZ_DENIED, "resumed" },
		{ FLIGHT_ANSWERED, ATTACH_CLASS_AUTHZ_DENIED, "resumed" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct attach a;

		attach_begin(&a, T0, 1);
		note(&a, EVENT_EAP_STARTED, "");
		note_method(&a, EVENT_METHOD_TLS);
		note(&a, EVENT_EAP_REJECTED, "");
		a.flight = cases[i].flight;
		assert_class(&a, ATTACH_END_FAILURE, cases[i].class,
			cases[i].reason);
	}
}

static void finish_other_method_is_no_eap_tls(void **state)
{
	static const struct {
		int method;
		const char *reason;
	} cases[] = { { 4, "EAP method 4 (MD5)" }, { 25, "25 (PEAP)" },
		{ EVENT_METHOD_EXPANDED, "254 (another one)" } };
	struct attach a;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		attach_begin(&a, T0, 1);
		note(&a, EVENT_EAP_STARTED, "");
		note_method(&a, cases[i].method);
		note(&a, EVENT_EAP_REJECTED, "");
		assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_NO_EAP_TLS,
			cases[i].reason);
	}
	/* a server that agrees to EAP-TLS after our refusal of the other */
	a = verified();
	note_method(&a, 25);
	note(&a, EVENT_EAP_REJECTED, "");
	a.flight = FLIGHT_ANSWERED;
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_AUTHZ_DENIED,
		"authenticated, but not admitted");
}

static void finish_success_unasked_is_open_port(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_ACCEPTED, "");
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_OPEN_PORT,
		"without authentication");
	/* wpa_supplicant passes it over when its number does not fit */
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	note(&a, EVENT_EAP_ACCEPTED, "");
	assert_class(&a, ATTACH_END_SILENCE, ATTACH_CLASS_OPEN_PORT,
		"without authentication");
	/* one that a failure follows is not the last word */
	a = verified();
	note(&a, EVENT_EAP_ACCEPTED, "");
	note(&a, EVENT_EAP_REJECTED, "");
	a.flight = FLIGHT_ANSWERED;
	assert_class(
		&a, ATTACH_END_FAILURE, ATTACH_CLASS_AUTHZ_DENIED, "admitted");
}

static void finish_certificate_for_clients_is_named(void **state)
{
	static const struct {
		int reason, depth;
		const char *text, *want;
	} cases[] = {
		{ 0, 0, "unsuitable certificate purpose",
			"server certificate: not made for a server" },
		{ 0, 0, "unsupported certificate purpose",
			"server certificate: not made for a server" },
		{ 0, 1, "unsuitable certificate purpose",
			"issuer of the server's certificate: unsuitable" },
		{ 0, 0, "CA md too weak", "server certificate: CA md too" },
		{ 0, 0, "", "server certificate: not trusted" },
		{ 4, 0, "certificate has expired",
			"server certificate: expired" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct event ev = { .type = EVENT_CERT_ERROR,
			.reason = cases[i].reason,
			.depth = cases[i].depth };
		struct attach a;

		(void)snprintf(ev.text, sizeof(ev.text), "%s", cases[i].text);
		attach_begin(&a, T0, 1);
		attach_note(&a, &ev, T0);
		ev.reason = 1;
		attach_note(&a, &ev, T0); /* one that follows from it */
		note(&a, EVENT_LOCAL_ALERT, "unsupported certificate");
		assert_class(&a, ATTACH_END_FAILURE,
			ATTACH_CLASS_SERVER_UNTRUSTED, cases[i].want);
	}
}

static void finish_silence_says_what_was_not_answered(void **state)
{
	static const struct {
		enum flight_stage flight;
		uint32_t mtu;
		const char *reason;
	} cases[] = {
		{ FLIGHT_UNSEEN, 1500, "half-way" },
		{ FLIGHT_HELLO, 1500, "first TLS message" },
		{ FLIGHT_HEARD, 1024, "server's part" },
		{ FLIGHT_BEGUN, 0, "probably an MTU" },
		{ FLIGHT_WHOLE, 1500, "our certificate" },
		{ FLIGHT_ANSWERED, 1500, "after TLS" },
		{ FLIGHT_BEGUN, 1023, "MTU is 1023, EAP needs 1024" },
	};
	struct attach a;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		attach_begin(&a, T0, 1);
		note(&a, EVENT_EAP_STARTED, "");
		note_method(&a, EVENT_METHOD_TLS);
		a.flight = cases[i].flight;
		a.mtu = cases[i].mtu;
		assert_class(&a, ATTACH_END_SILENCE, ATTACH_CLASS_TIMEOUT,
			cases[i].reason);
	}
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	assert_class(&a, ATTACH_END_SILENCE, ATTACH_CLASS_TIMEOUT,
		"no answer to our identity");
}

static void finish_early_failure_is_denied_late_one_is_timeout(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	assert_class(&a, ATTACH_END_FAILURE, ATTACH_CLASS_AUTHZ_DENIED,
		"before TLS");
	attach_begin(&a, T0, 1);
	note(&a, EVENT_EAP_STARTED, "");
	attach_finish(&a, ATTACH_END_FAILURE, T0 + 6000000);
	assert_int_equal(a.class, ATTACH_CLASS_TIMEOUT);
	assert_non_null(strstr(a.reason, "probably"));
	/* a switch that was deaf for a while and then refused at once; and one
	 * that gave up once before */
	for (int i = 0; i < 2; i++) {
		struct event ev = { .type = EVENT_EAP_STARTED };

		attach_begin(&a, T0, 1);
		if (i)
			attach_note(&a, &ev, T0);
		attach_note(&a, &ev, T0 + 8000000);
		attach_finish(&a, ATTACH_END_FAILURE, T0 + 8010000);
		assert_int_equal(a.class, ATTACH_CLASS_AUTHZ_DENIED);
	}
}

static void note_new_start_voids_old_findings(void **state)
{
	struct attach a = verified();

	(void)state;
	note(&a, EVENT_EAP_SUCCESS, "");
	note(&a, EVENT_EAP_REJECTED, "");
	note(&a, EVENT_EAP_STARTED, "");
	assert_false(a.server_verified);
	assert_false(a.succeeded);
	assert_false(a.rejected);
	assert_false(a.tls_offered);
}

static void names_go_there_and_back(void **state)
{
	(void)state;
	for (int i = 0; i < ATTACH_N_CLASSES; i++)
		assert_int_equal(attach_class_parse(attach_class_name(
					 (enum attach_class)i)),
			i);
	for (int i = 0; i < ATTACH_N_ENDS; i++)
		assert_int_equal(
			attach_end_parse(attach_end_name((enum attach_end)i)),
			i);
	assert_int_equal(attach_class_parse("?"), ATTACH_CLASS_NONE);
}

/* covers: 802.1X-start */
static void backoff_doubles_up_to_a_minute_with_jitter(void **state)
{
	static const uint32_t base[] = { 1000, 2000, 4000, 8000, 16000, 32000,
		60000, 60000, 60000 };
	struct backoff low = { 0 }, high = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(base); i++) {
		assert_int_equal(backoff_next(&low, 0), base[i] - base[i] / 4);
		assert_int_equal(backoff_next(&high, base[i] / 2),
			base[i] + base[i] / 4);
	}
	backoff_reset(&low);
	assert_int_equal(backoff_next(&low, 0), 750);
	low.failures = UINT32_MAX;
	assert_int_equal(backoff_next(&low, 0), 45000);
	assert_int_equal(low.failures, UINT32_MAX);
}

static void wallclock_date_is_strict(void **state)
{
	static const char *const bad[] = { "", "2026-1-1", "2026-13-01",
		"2026-02-30", "2026-01-01x", "01-01-2026", "2026/01/01",
		"-026-01-01" };
	time_t t = 7;

	(void)state;
	assert_rc(wallclock_parse_date("2026-01-31", &t), DEVID_OK);
	assert_int_equal(t, 1769817600);
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_rc(wallclock_parse_date(bad[i], &t), DEVID_ERR_SYNTAX);
}

static void wallclock_floor_is_the_newest(void **state)
{
	time_t build = wallclock_build_date();

	(void)state;
	assert_true(build > 1700000000);
	assert_true(build <= time(NULL));
	assert_int_equal(wallclock_floor(0, NULL), build);
	assert_int_equal(wallclock_floor(0, "/nonexistent"), build);
	assert_int_equal(wallclock_floor(build + 9, NULL), build + 9);
	assert_int_equal(wallclock_floor(build - 9, NULL), build);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(note_new_method_forgets_the_old_server),
		cmocka_unit_test(finish_success_has_no_class),
		cmocka_unit_test(finish_no_answer_is_no_authenticator),
		cmocka_unit_test(finish_silence_after_eap_is_timeout),
		cmocka_unit_test(finish_key_request_is_key_unavailable),
		cmocka_unit_test(finish_signature_error_is_key_unavailable),
		cmocka_unit_test(finish_cert_error_is_server_untrusted),
		cmocka_unit_test(finish_refused_server_is_server_untrusted),
		cmocka_unit_test(finish_cert_alert_is_cert_rejected),
		cmocka_unit_test(
			finish_alert_before_our_certificate_is_tls_failed),
		cmocka_unit_test(finish_other_alert_is_tls_failed),
		cmocka_unit_test(finish_stranger_is_not_the_one_remembered),
		cmocka_unit_test(finish_bare_failure_is_told_by_our_last_frame),
		cmocka_unit_test(
			finish_bare_failure_without_certificate_is_not_authorization),
		cmocka_unit_test(finish_other_method_is_no_eap_tls),
		cmocka_unit_test(finish_success_unasked_is_open_port),
		cmocka_unit_test(finish_certificate_for_clients_is_named),
		cmocka_unit_test(finish_silence_says_what_was_not_answered),
		cmocka_unit_test(
			finish_early_failure_is_denied_late_one_is_timeout),
		cmocka_unit_test(note_new_start_voids_old_findings),
		cmocka_unit_test(names_go_there_and_back),
		cmocka_unit_test(backoff_doubles_up_to_a_minute_with_jitter),
		cmocka_unit_test(wallclock_date_is_strict),
		cmocka_unit_test(wallclock_floor_is_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
