/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer is called by, and peers that speak something else than TLS. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "verify-peer.h"

static void expect_target(const char *text, const char *host, const char *port)
{
	struct devid_error err = { 0 };
	struct peer_target target;

	if (peer_target_parse(text, &target, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_string_equal(target.host, host);
	assert_string_equal(target.port, port);
}

static void expect_no_target(const char *text, const char *cause)
{
	struct devid_error err = { 0 };
	struct peer_target target;

	assert_rc(peer_target_parse(text, &target, &err), DEVID_ERR_INVALID);
	assert_string_equal(err.text, cause);
}

static void target_each_form_taken(void **state)
{
	(void)state;
	expect_target("cam.example", "cam.example", "443");
	expect_target("cam.example:8443", "cam.example", "8443");
	expect_target("192.0.2.1:1", "192.0.2.1", "1");
	expect_target("2001:db8::1", "2001:db8::1", "443");
	expect_target("[2001:db8::1]:65535", "2001:db8::1", "65535");
	expect_target("fe80::1%lo", "fe80::1%lo", "443");
	expect_target("[fe80::1%lo]:8443", "fe80::1%lo", "8443");
	expect_target("fe80::1%1", "fe80::1%1", "443");
}

static void target_zone_is_an_address(void **state)
{
	struct peer_target target;

	(void)state;
	assert_rc(peer_target_parse("fe80::1%lo", &target, NULL), DEVID_OK);
	assert_false(target.is_name); /* so it is not in SNI */
}

static void target_wrong_one_told_for_what_it_is(void **state)
{
	(void)state;
	expect_no_target("https://cam.example:8443/",
		"https://cam.example:8443/: a URL or a path: give the host "
		"alone, HOST[:PORT]");
	expect_no_target("cam.example/x",
		"cam.example/x: a URL or a path: give the host alone, "
		"HOST[:PORT]");
	expect_no_target("fe80::1%nowhere",
		"fe80::1%nowhere: no interface 'nowhere' is here");
	expect_no_target("fe80::1%", "fe80::1%: no interface '' is here");
	expect_no_target("[fe80::1]:443",
		"[fe80::1]:443: a link-local address: say on which interface, "
		"as fe80::1%eth0");
	expect_no_target("[cam]", "[cam]: not an IPv6 address");
	expect_no_target("1:2:3", "1:2:3: not an IPv6 address");
}

/* ---- peers ---- */

struct peer {
	int listener;
	const char *says;
	size_t len;
};

static void *serve(void *arg)
{
	const struct peer *peer = arg;
	int fd = accept(peer->listener, NULL, NULL);
	char hello[2048];

	(void)!read(fd, hello, sizeof(hello));   /* it is of no interest */
	(void)!write(fd, peer->says, peer->len); /* the test sees */
	(void)shutdown(fd, SHUT_WR);
	while (read(fd, hello, sizeof(hello)) > 0)
		;
	(void)close(fd);
	return NULL;
}

/*
 * What is said of a peer that answers our ClientHello with the @n bytes at
 * @says goes to @text.
 */
static void peer_says(const char *says, size_t n, char text[DEVID_REASON_MAX])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct peer peer = { socket(AF_INET, SOCK_STREAM, 0), says, n };
	struct peer_target target = { .host = "127.0.0.1" };
	struct devid_verifier *v = NULL;
	struct peer_outcome *out = calloc(1, sizeof(*out));
	socklen_t len = sizeof(at);
	pthread_t thread;

	assert_non_null(out);
	assert_int_equal(bind(peer.listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(peer.listener, 1), 0);
	assert_int_equal(
		getsockname(peer.listener, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(target.port, sizeof(target.port), "%u",
		(unsigned)ntohs(at.sin_port));
	assert_int_equal(pthread_create(&thread, NULL, serve, &peer), 0);
	assert_rc(devid_verifier_new(&v, NULL), DEVID_OK);
	peer_check(v, &target, NULL, 30000, out);
	assert_int_equal(out->status, PEER_NOT_GENUINE);
	assert_int_equal(out->result.reason, DEVID_REASON_TLS);
	(void)snprintf(text, DEVID_REASON_MAX, "%s", out->result.text);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(peer.listener);
	devid_verifier_free(v);
	free(out);
}

static void expect_peer(const char *says, const char *want)
{
	char text[DEVID_REASON_MAX];

	peer_says(says, strlen(says), text);
	assert_string_equal(text, want);
}

static void peer_without_tls_named_by_its_protocol(void **state)
{
	static const char head[] =
		"the peer does not speak TLS on this port: it speaks ";
	static const struct {
		const char *says, *name;
	} cases[] = {
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", "plain HTTP" },
		{ "<html>wrong</html>", "plain HTTP" },
		{ "SSH-2.0-OpenSSH_9.2\r\n", "SSH" },
		{ "RTSP/1.0 400 Bad\r\n", "plain RTSP" },
		{ "220 mail ready\r\n", "SMTP or FTP" },
		{ "\x10\x11\x12\x13\x14\x15\x16", "something else" },
	};
	char want[128];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		(void)snprintf(want, sizeof(want), "%s%s", head, cases[i].name);
		expect_peer(cases[i].says, want);
	}
}

/* OpenSSL 3.0 calls it "sslv3 alert ...", later ones "ssl/tls alert ...". */
static void peer_that_refuses_in_tls_not_so(void **state)
{
	static const char alert[] = { 0x15, 3, 3, 0, 2, 2, 0x28 };
	static const char head[] = "the TLS handshake failed: ";
	static const char tail[] = " alert handshake failure";
	char text[DEVID_REASON_MAX];

	(void)state;
	peer_says(alert, sizeof(alert), text);
	assert_memory_equal(text, head, sizeof(head) - 1);
	assert_true(strlen(text) > sizeof(head) + sizeof(tail));
	assert_string_equal(text + strlen(text) - (sizeof(tail) - 1), tail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target_each_form_taken),
		cmocka_unit_test(target_zone_is_an_address),
		cmocka_unit_test(target_wrong_one_told_for_what_it_is),
		cmocka_unit_test(peer_without_tls_named_by_its_protocol),
		cmocka_unit_test(peer_that_refuses_in_tls_not_so),
	};

	return cmocka_run_group_tests_name("verify-peer", tests, NULL, NULL);
}
