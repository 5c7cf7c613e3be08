/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "event.h"

#define HASH "fe2f26f8a19df3172c2ddd2cf65cc4406d3ed043da26d92ff667be7d7fe4a9ac"
#define EVIL "0000000000000000000000000000000000000000000000000000000000000000"

static enum devid_err parse(const char *line, struct event *ev)
{
	return event_parse(line, strlen(line), ev);
}

static void event_parse_known_prefix_gives_type(void **state)
{
	static const struct {
		const char *line;
		enum event_type type;
	} cases[] = {
		{ "<3>Associated with 01:80:c2:00:00:03", EVENT_ASSOCIATED },
		{ "<3>CTRL-EVENT-EAP-STARTED EAP authentication started",
			EVENT_EAP_STARTED },
		{ "<3>CTRL-EVENT-EAP-PROPOSED-METHOD vendor=0 method=13",
			EVENT_METHOD_PROPOSED },
		{ "<3>CTRL-EVENT-EAP-SUCCESS EAP authentication completed",
			EVENT_EAP_SUCCESS },
		{ "<3>CTRL-EVENT-EAP-FAILURE EAP authentication failed",
			EVENT_EAP_FAILURE },
		{ "<3>CTRL-REQ-PIN-0:PIN needed", EVENT_KEY_REQUEST },
		{ "<3>CTRL-REQ-PASSPHRASE-0:needed", EVENT_KEY_REQUEST },
		{ "<3>CTRL-REQ-EXT_CERT_CHECK-0:External", EVENT_CERT_CHECK },
		{ "<3>CTRL-EVENT-TERMINATING ", EVENT_TERMINATING },
		{ "<3>CTRL-EVENT-EAP-STATUS status='started' parameter=''",
			EVENT_OTHER },
		{ "<3>CTRL-EVENT-EAP-STATUS status='completion' "
		  "parameter='success'",
			EVENT_EAP_ACCEPTED },
		{ "<3>CTRL-EVENT-EAP-STATUS status='completion' "
		  "parameter='failure'",
			EVENT_EAP_REJECTED },
		{ "<3>CTRL-EVENT-EAP-STATUS status='remote certificate "
		  "verification' parameter='success'",
			EVENT_SERVER_VERIFIED },
		{ "<3>CTRL-EVENT-EAP-STATUS status='remote certificate "
		  "verification' parameter='certificate has expired'",
			EVENT_OTHER },
		{ "<3>CTRL-EVENT-EAP-NOTIFICATION CTRL-EVENT-EAP-SUCCESS ",
			EVENT_OTHER },
		{ "<4>", EVENT_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct event ev;

		assert_rc(parse(cases[i].line, &ev), DEVID_OK);
		assert_int_equal(ev.type, cases[i].type);
		assert_string_equal(ev.port, "");
	}
}

static void event_parse_interface_name_is_taken(void **state)
{
	struct event ev;

	(void)state;
	assert_rc(parse("IFNAME=eth0 <3>CTRL-EVENT-EAP-STARTED x", &ev),
		DEVID_OK);
	assert_string_equal(ev.port, "eth0");
	assert_int_equal(ev.type, EVENT_EAP_STARTED);
}

static void event_parse_malformed_line_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"OK",
		"<>x",
		"<1234567890>x",
		"<3",
		"IFNAME=<3>CTRL-EVENT-EAP-STARTED ",
		"IFNAME= <3>CTRL-EVENT-EAP-STARTED ",
		"IFNAME=eth0",
		"IFNAME=sixteencharacter <3>x",
		"IFNAME=a/b <3>x",
		"<3>a\nb",
		"<3>CTRL-EVENT-EAP-PEER-CERT ",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=x subject='' hash=" HASH,
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=0 subject=''",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=0 subject='' hash=abcd",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=0 subject='' cert=abc",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=0 subject='' cert=",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=0 hash=" HASH,
		"<3>CTRL-EVENT-EAP-TLS-CERT-ERROR depth=0 reason=1 ",
		"<3>CTRL-EVENT-EAP-STATUS status='local TLS alert' "
		"parameter='a;b'",
		"<3>CTRL-EVENT-EAP-STATUS status='local TLS alert' "
		"parameter=''",
		"<3>CTRL-EVENT-EAP-STATUS nothing",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(lines); i++) {
		struct event ev = { .type = EVENT_TERMINATING };

		assert_rc(parse(lines[i], &ev), DEVID_ERR_SYNTAX);
		/* nothing was written */
		assert_int_equal(ev.type, EVENT_TERMINATING);
	}
}

static void event_parse_zero_byte_is_refused(void **state)
{
	static const char line[] = "<3>CTRL-EVENT-EAP-SUCCESS \0x";
	struct event ev;

	(void)state;
	assert_rc(event_parse(line, sizeof(line) - 1, &ev), DEVID_ERR_SYNTAX);
}

static void event_parse_long_line_is_refused(void **state)
{
	char *line = malloc(EVENT_LINE_MAX + 1);
	struct event ev;

	(void)state;
	assert_non_null(line);
	memset(line, 'a', EVENT_LINE_MAX + 1);
	memcpy(line, "<3>", 3);
	assert_rc(event_parse(line, EVENT_LINE_MAX + 1, &ev),
		DEVID_ERR_TOO_LARGE);
	assert_rc(event_parse(line, EVENT_LINE_MAX, &ev), DEVID_OK);
	free(line);
}

static void event_parse_deep_chain_is_refused(void **state)
{
	struct event ev;

	(void)state;
	assert_rc(parse("<3>CTRL-EVENT-EAP-PEER-CERT depth=10 subject='' "
			"hash=" HASH,
			  &ev),
		DEVID_ERR_TOO_LARGE);
}

static void peer_cert_hash_at_the_end_is_taken(void **state)
{
	static const char *const lines[] = {
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=1 subject='/CN=CA' "
		"hash=" HASH,
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=1 subject='/CN=CA' "
		"hash=" HASH " tod=1",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=1 subject='/CN=CA' "
		"hash=" HASH " tod=2",
		/* what a hostile subject can add */
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=1 subject='/CN=' "
		"hash=" EVIL "' hash=" HASH,
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=1 subject='/CN=' "
		"hash=" EVIL " tod=1' hash=" HASH " tod=1",
		"<3>CTRL-EVENT-EAP-PEER-CERT depth=1 subject='/CN=' "
		"cert=3000' hash=" HASH,
	};

	(void)state;
	for (size_t i = 0; i < N_OF(lines); i++) {
		struct event ev;

		assert_rc(parse(lines[i], &ev), DEVID_OK);
		assert_int_equal(ev.type, EVENT_PEER_CERT);
		assert_int_equal(ev.depth, 1);
		assert_true(ev.has_hash);
		assert_int_equal(ev.hash[0], 0xfe);
		assert_int_equal(ev.hash[31], 0xac);
		assert_null(ev.cert_hex);
	}
}

static void peer_cert_without_hash_gives_none(void **state)
{
	struct event ev;

	(void)state;
	/* the forged field is inside the quotes, nothing follows them */
	assert_rc(parse("<3>CTRL-EVENT-EAP-PEER-CERT depth=0 "
			"subject='/CN=' hash=" EVIL "'",
			  &ev),
		DEVID_ERR_SYNTAX);
}

static void peer_cert_der_is_borrowed(void **state)
{
	struct event ev;

	(void)state;
	assert_rc(parse("<3>CTRL-EVENT-EAP-PEER-CERT depth=2 "
			"subject='/CN=' cert=3000' cert=3003020101",
			  &ev),
		DEVID_OK);
	assert_false(ev.has_hash);
	assert_int_equal(ev.cert_hex_len, 10);
	assert_memory_equal(ev.cert_hex, "3003020101", 10);
}

static void peer_name_only_plain_dns_names(void **state)
{
	static const struct {
		const char *line;
		enum event_type type;
	} cases[] = {
		{ "depth=0 DNS:radius.example", EVENT_PEER_NAME },
		{ "depth=0 DNS:*.example", EVENT_OTHER },
		{ "depth=0 DNS:a b", EVENT_OTHER },
		{ "depth=0 DNS:", EVENT_OTHER },
		{ "depth=0 URI:http://x", EVENT_OTHER },
		{ "depth=0 DNS:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			EVENT_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct event ev;
		char line[256];

		(void)snprintf(line, sizeof(line),
			"<3>CTRL-EVENT-EAP-PEER-ALT %s", cases[i].line);
		assert_rc(parse(line, &ev), DEVID_OK);
		assert_int_equal(ev.type, cases[i].type);
	}
}

static void cert_error_subject_is_never_read(void **state)
{
	struct event ev;

	(void)state;
	assert_rc(parse("<3>CTRL-EVENT-EAP-TLS-CERT-ERROR reason=4 depth=0 "
			"subject='reason=0 depth=9' err='expired'",
			  &ev),
		DEVID_OK);
	assert_int_equal(ev.type, EVENT_CERT_ERROR);
	assert_int_equal(ev.reason, 4);
	assert_int_equal(ev.depth, 0);
	assert_string_equal(event_reason_text(ev.reason), "expired");
	assert_string_equal(event_reason_text(99), event_reason_text(0));
	assert_string_equal(event_reason_text(-1), event_reason_text(0));
}

static void alert_name_is_taken(void **state)
{
	struct event ev;

	(void)state;
	assert_rc(parse("IFNAME=eth1 <3>CTRL-EVENT-EAP-STATUS status='remote "
			"TLS alert' parameter='unknown CA'",
			  &ev),
		DEVID_OK);
	assert_int_equal(ev.type, EVENT_REMOTE_ALERT);
	assert_string_equal(ev.text, "unknown CA");
	assert_rc(parse("<3>CTRL-EVENT-EAP-STATUS status='local TLS alert' "
			"parameter='internal error'",
			  &ev),
		DEVID_OK);
	assert_int_equal(ev.type, EVENT_LOCAL_ALERT);
}

static void status_authorized_is_read(void **state)
{
	static const char text[] = "wpa_state=COMPLETED\n"
				   "suppPortStatus=Authorized\n"
				   "EAP state=SUCCESS\n"
				   "eap_tls_version=TLSv1.3\n"
				   "tls_session_reused=1\n";
	struct event_status st;

	(void)state;
	assert_rc(event_parse_status(text, sizeof(text) - 1, &st), DEVID_OK);
	assert_true(st.authorized);
	assert_true(st.resumed);
	assert_string_equal(st.tls_version, "TLSv1.3");
}

static void status_anything_else_is_not_authorized(void **state)
{
	static const char *const texts[] = {
		"suppPortStatus=Unauthorized\n",
		"suppPortStatus=Authorized2\n",
		"suppPortStatus=authorized\n",
		"suppPortStatus=\n",
		"suppPortStatus=Authorized\nsuppPortStatus=Unauthorized",
	};
	struct event_status st;

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		assert_rc(event_parse_status(texts[i], strlen(texts[i]), &st),
			DEVID_OK);
		assert_false(st.authorized);
	}
	assert_rc(event_parse_status("FAIL\n", 5, &st), DEVID_ERR_SYNTAX);
	assert_rc(event_parse_status("", 0, &st), DEVID_ERR_SYNTAX);
	/* the name must begin its line */
	assert_rc(event_parse_status("xsuppPortStatus=Authorized", 26, &st),
		DEVID_ERR_SYNTAX);
}

static void method_is_a_number_and_another_vendor_none_of_ours(void **state)
{
	static const struct {
		const char *line;
		int method;
	} cases[] = {
		{ "vendor=0 method=13", 13 },
		{ "vendor=0 method=25 -> NAK", 25 },
		{ "vendor=14122 method=1 -> NAK", EVENT_METHOD_EXPANDED },
		{ "vendor=16777215 method=4294967295", EVENT_METHOD_EXPANDED },
	};
	static const char *const bad[] = { "", "vendor=0", "vendor=x method=1",
		"vendor=0 method=", "vendor=0 method=4294967295" };
	char line[128];
	struct event ev;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		(void)snprintf(line, sizeof(line),
			"<3>CTRL-EVENT-EAP-PROPOSED-METHOD %s", cases[i].line);
		assert_rc(parse(line, &ev), DEVID_OK);
		assert_int_equal(ev.type, EVENT_METHOD_PROPOSED);
		assert_int_equal(ev.method, cases[i].method);
	}
	for (size_t i = 0; i < N_OF(bad); i++) {
		(void)snprintf(line, sizeof(line),
			"<3>CTRL-EVENT-EAP-PROPOSED-METHOD %s", bad[i]);
		assert_rc(parse(line, &ev), DEVID_ERR_SYNTAX);
	}
}

static void cert_error_text_is_what_stands_last(void **state)
{
	static const struct {
		const char *tail, *text;
	} cases[] = {
		{ "err='certificate has expired'", "certificate has expired" },
		/* what a hostile subject can add */
		{ "x' err='fine' err='unsuitable certificate purpose'",
			"unsuitable certificate purpose" },
		{ "x' err='fine", "" },
		{ "err='odd \x1b[2J text'", "" },
		{ "err=''", "" },
	};
	char line[256];
	struct event ev;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		(void)snprintf(line, sizeof(line),
			"<3>CTRL-EVENT-EAP-TLS-CERT-ERROR reason=0 depth=1 "
			"subject='/CN=a' %s",
			cases[i].tail);
		assert_rc(parse(line, &ev), DEVID_OK);
		assert_int_equal(ev.type, EVENT_CERT_ERROR);
		assert_int_equal(ev.depth, 1);
		assert_string_equal(ev.text, cases[i].text);
	}
}

static void decode_hex_checks_digits_and_room(void **state)
{
	uint8_t out[2];
	size_t len;

	(void)state;
	assert_rc(event_decode_hex("00fF", 4, out, 2, &len), DEVID_OK);
	assert_int_equal(len, 2);
	assert_int_equal(out[1], 0xff);
	assert_rc(event_decode_hex("0g", 2, out, 2, &len), DEVID_ERR_SYNTAX);
	assert_rc(event_decode_hex("000", 3, out, 2, &len), DEVID_ERR_SYNTAX);
	assert_rc(event_decode_hex("000000", 6, out, 2, &len),
		DEVID_ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_parse_known_prefix_gives_type),
		cmocka_unit_test(event_parse_interface_name_is_taken),
		cmocka_unit_test(event_parse_malformed_line_is_refused),
		cmocka_unit_test(event_parse_zero_byte_is_refused),
		cmocka_unit_test(event_parse_long_line_is_refused),
		cmocka_unit_test(event_parse_deep_chain_is_refused),
		cmocka_unit_test(peer_cert_hash_at_the_end_is_taken),
		cmocka_unit_test(peer_cert_without_hash_gives_none),
		cmocka_unit_test(peer_cert_der_is_borrowed),
		cmocka_unit_test(peer_name_only_plain_dns_names),
		cmocka_unit_test(cert_error_subject_is_never_read),
		cmocka_unit_test(alert_name_is_taken),
		cmocka_unit_test(status_authorized_is_read),
		cmocka_unit_test(status_anything_else_is_not_authorized),
		cmocka_unit_test(
			method_is_a_number_and_another_vendor_none_of_ours),
		cmocka_unit_test(cert_error_text_is_what_stands_last),
		cmocka_unit_test(decode_hex_checks_digits_and_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
