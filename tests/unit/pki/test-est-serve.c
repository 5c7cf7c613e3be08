/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The EST server on a socket, before a registrar that only tells what it was
 * asked: what comes through, and what does not get that far.
 */
#include "cmocka-all.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"
#include "conns.h"
#include "est-body.h"
#include "est-serve.h"
#include "tempdir.h"

#define ANSWER_MAX 8192

static struct {
	struct tempdir dir;
	struct registrar_conf conf;
	struct http_listen listen[2];
	in_port_t ports[2];
	pthread_t thread;
	enum devid_err rc;
	struct certs_node ca, client;
	X509 *client_x509;
	SSL_CTX *bare, *known; /* of clients */
	char answer[ANSWER_MAX];
} t;

/* ---- the registrar ---- */

static struct {
	unsigned asked; /* times */
	char label[REGISTRAR_NAME_MAX];
	bool renew;
	size_t csr_len;
	bool is_client; /* it was that of the test */
	enum registrar_status status;
	unsigned reloaded;
	bool gone;
} double_;

void registrar_answer_done(struct registrar_answer *answer)
{
	blob_done(&answer->body);
}

enum devid_err registrar_reload(struct registrar *r, struct devid_error *err)
{
	(void)r;
	(void)err;
	double_.reloaded++;
	return DEVID_OK;
}

enum devid_err registrar_duties(
	struct registrar *r, int64_t now, struct devid_error *err)
{
	(void)r;
	(void)now;
	(void)err;
	return DEVID_OK;
}

bool registrar_gone(const struct registrar *r)
{
	(void)r;
	return double_.gone;
}

enum devid_err registrar_ca_names(struct registrar *r,
	STACK_OF(X509_NAME) * *ret, struct devid_error *err)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(t.client_x509));

	(void)r;
	(void)err;
	*ret = sk_X509_NAME_new_null();
	assert_true(*ret && name && sk_X509_NAME_push(*ret, name) == 1);
	return DEVID_OK;
}

static void answer_bytes(
	struct registrar_answer *ret, const void *data, size_t len)
{
	*ret = (struct registrar_answer) {
		.status = double_.status, .rule = "some-rule", .text = "why"
	};
	double_.asked++;
	if (double_.status != REGISTRAR_DONE)
		return;
	ret->body.data = malloc(len);
	assert_non_null(ret->body.data);
	memcpy(ret->body.data, data, len);
	ret->body.len = len;
}

static void note(const struct registrar_ask *ask)
{
	(void)snprintf(double_.label, sizeof(double_.label), "%s",
		ask->label ? ask->label : "");
	double_.renew = ask->renew;
	double_.csr_len = ask->csr.len;
	double_.is_client = ask->client.cert &&
			    X509_cmp(ask->client.cert, t.client_x509) == 0;
}

void registrar_cacerts(struct registrar *r, struct registrar_answer *ret)
{
	(void)r;
	answer_bytes(ret, t.ca.der.data, t.ca.der.len);
}

void registrar_csrattrs(
	struct registrar *r, const char *label, struct registrar_answer *ret)
{
	const struct registrar_ask ask = { .label = label };

	(void)r;
	note(&ask);
	answer_bytes(ret, "\x30\x00", 2);
}

void registrar_enrol(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	(void)r;
	note(ask);
	answer_bytes(ret, t.client.der.data, t.client.der.len);
}

void registrar_nonce(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	static const uint8_t nonce[REGISTRAR_NONCE_LEN];

	(void)r;
	note(ask);
	answer_bytes(ret, nonce, sizeof(nonce));
}

void registrar_document(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	(void)r;
	note(ask);
	answer_bytes(ret, "{}", 2);
}

/* ---- the server and its client ---- */

static void *run(void *arg)
{
	(void)arg;
	t.rc = est_serve(&t.conf, NULL, t.listen, NULL);
	return NULL;
}

static void write_key(const char *name, EVP_PKEY *key)
{
	FILE *f = fopen(tempdir_file(&t.dir, name), "we");

	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	assert_int_equal(
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
}

static void make_certs(void)
{
	struct certs_spec ca = certs_ca_spec("Site");
	struct certs_spec idevid = certs_idevid_spec();
	const struct certs_node *node = &t.ca;
	char *pem;

	t.ca = certs_sign(&ca, certs_key("P-256"), NULL);
	t.client = certs_sign(&idevid, certs_key("P-256"), &t.ca);
	t.client_x509 = certs_x509(&t.client);
	pem = certs_pem(&node, 1);
	tempdir_write(&t.dir, "service.pem", pem, strlen(pem), 0644);
	free(pem);
	write_key("service.key", t.ca.key);
	t.conf.certificate = strdup(tempdir_file(&t.dir, "service.pem"));
	t.conf.key = strdup(tempdir_file(&t.dir, "service.key"));
	t.conf.publish = t.dir.path;
	t.conf.connections_max = 64;
}

static void make_clients(void)
{
	t.bare = SSL_CTX_new(TLS_client_method());
	t.known = SSL_CTX_new(TLS_client_method());
	assert_true(t.bare && t.known);
	assert_int_equal(SSL_CTX_use_certificate(t.known, t.client_x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(t.known, t.client.key), 1);
}

static in_port_t open_side(enum http_side side)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	assert_rc(http_listen_open("127.0.0.1:0", &t.listen[side], NULL),
		DEVID_OK);
	assert_int_equal(getsockname(t.listen[side].fds[0],
				 (struct sockaddr *)&addr, &len),
		0);
	return addr.sin_port;
}

static void serve(void)
{
	t.ports[HTTP_STATIONS] = open_side(HTTP_STATIONS);
	t.ports[HTTP_PUBLIC] = open_side(HTTP_PUBLIC);
	assert_int_equal(pthread_create(&t.thread, NULL, run, NULL), 0);
}

static int start(void **state)
{
	(void)state;
	t.dir = tempdir_new();
	make_certs();
	make_clients();
	serve();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	SSL_CTX_free(t.bare);
	SSL_CTX_free(t.known);
	X509_free(t.client_x509);
	certs_done(&t.client);
	certs_done(&t.ca);
	free(t.conf.certificate);
	free(t.conf.key);
	tempdir_remove(&t.dir);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&double_, 0, sizeof(double_));
	return 0;
}

static int connect_to(enum http_side side)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = t.ports[side],
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

/* The status of the answer in t.answer. */
static int status(size_t len)
{
	int n;

	t.answer[len] = '\0';
	assert_int_equal(strncmp(t.answer, "HTTP/1.1 ", 9), 0);
	n = atoi(t.answer + 9);
	assert_true(n >= 200);
	return n;
}

/* Sends @head and @body over TLS; the answer until the end is in t.answer. */
static int ask(SSL_CTX *ctx, const char *head, const char *body)
{
	SSL *ssl = SSL_new(ctx);
	int fd = connect_to(HTTP_STATIONS);
	char text[1024];
	size_t len = 0;
	int n;

	assert_true(ssl && SSL_set_fd(ssl, fd) == 1);
	assert_int_equal(SSL_connect(ssl), 1);
	n = snprintf(text, sizeof(text),
		"%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
		"Content-Type: application/pkcs10\r\nContent-Length: "
		"%zu\r\n\r\n%s",
		head, strlen(body), body);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(SSL_write(ssl, text, n), n);
	while (len < ANSWER_MAX - 1 &&
		(n = SSL_read(
			 ssl, t.answer + len, (int)(ANSWER_MAX - 1 - len))) > 0)
		len += (size_t)n;
	SSL_free(ssl);
	(void)close(fd);
	return status(len);
}

static int ask_public(const char *head)
{
	int fd = connect_to(HTTP_PUBLIC);
	size_t len = 0;
	ssize_t n;

	assert_true(dprintf(fd,
			    "%s HTTP/1.1\r\nHost: a\r\n"
			    "Connection: close\r\n\r\n",
			    head) > 0);
	while (len < ANSWER_MAX - 1 &&
		(n = read(fd, t.answer + len, ANSWER_MAX - 1 - len)) > 0)
		len += (size_t)n;
	(void)close(fd);
	return status(len);
}

static bool has(const char *part)
{
	return strcasestr(t.answer, part) != NULL;
}

/* The answer has no content. */
static bool is_empty(void)
{
	const char *end = strstr(t.answer, "\r\n\r\n");

	return end && end[4] == '\0';
}

#define EST "/.well-known/est/"

static void open_to_who_has_no_certificate(void **state)
{
	(void)state;
	assert_int_equal(ask(t.bare, "GET " EST "cacerts", ""), 200);
	assert_true(has("Content-Type: application/pkcs7-mime\r\n"));
	assert_true(has("Content-Transfer-Encoding: base64\r\n"));
	assert_true(has("Content-Length: "));
	assert_int_equal(ask(t.bare, "GET " EST "cams/csrattrs", ""), 200);
	assert_true(has("\r\n\r\nMAA="));
	assert_string_equal(double_.label, "cams");
	assert_int_equal(double_.asked, 2);
}

static void closed_to_who_has_no_certificate(void **state)
{
	(void)state;
	assert_int_equal(ask(t.bare, "GET " EST "nonce", ""), 403);
	assert_true(has("client-certificate: none was shown\n"));
	assert_int_equal(ask(t.bare, "POST " EST "simpleenroll", "MAA="), 403);
	assert_int_equal(
		ask(t.bare, "POST " EST "simplereenroll", "MAA="), 403);
	assert_int_equal(
		ask(t.bare, "GET /.well-known/devid/onboarding", ""), 403);
	assert_int_equal(double_.asked, 0);
}

static void known_client_goes_to_the_registrar(void **state)
{
	(void)state;
	assert_int_equal(
		ask(t.known, "POST " EST "l/simpleenroll", "MA\r\nA="), 200);
	assert_true(has("Content-Type: application/pkcs7-mime; "
			"smime-type=certs-only\r\n"));
	assert_true(double_.is_client && !double_.renew);
	assert_string_equal(double_.label, "l");
	assert_int_equal(double_.csr_len, 2);
	assert_int_equal(
		ask(t.known, "POST " EST "simplereenroll", "MAA="), 200);
	assert_true(double_.renew);
	assert_string_equal(double_.label, "");
	assert_int_equal(ask(t.known, "GET " EST "nonce", ""), 200);
	assert_true(has("\"expiry\":300"));
	assert_true(has("Cache-Control: no-store\r\n"));
	assert_int_equal(
		ask(t.known, "GET /.well-known/devid/onboarding", ""), 200);
	assert_true(has("Content-Type: application/json\r\n"));
}

static void what_the_registrar_refuses_comes_with_its_rule(void **state)
{
	(void)state;
	double_.status = REGISTRAR_REFUSED;
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "MAA="), 403);
	assert_true(has("\r\n\r\nsome-rule: why\n"));
	double_.status = REGISTRAR_PENDING;
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "MAA="), 202);
	assert_true(has("Retry-After: "));
	double_.status = REGISTRAR_NONCE_GONE;
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "MAA="), 409);
	double_.status = REGISTRAR_TROUBLE;
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "MAA="), 503);
	assert_true(has("Retry-After: "));
}

static void bodies_that_are_no_base64_go_no_further(void **state)
{
	(void)state;
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", ""), 400);
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "M"), 400);
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "M*A="), 400);
	assert_int_equal(double_.asked, 0);
}

static void head_is_as_get_without_content(void **state)
{
	(void)state;
	assert_int_equal(ask(t.bare, "HEAD " EST "csrattrs", ""), 200);
	assert_true(has("Content-Length: 4\r\n") && is_empty());
	assert_int_equal(ask(t.known, "HEAD " EST "nonce", ""), 405);
	assert_true(has("Allow: GET\r\n"));
}

static void reload_keeps_serving(void **state)
{
	(void)state;
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	/* Each goes through the worker, which reads first. */
	for (int i = 0; i < 1000 && double_.reloaded == 0; i++)
		assert_int_equal(ask(t.bare, "GET " EST "cacerts", ""), 200);
	assert_int_equal(double_.reloaded, 1);
	assert_int_equal(ask(t.known, "POST " EST "simpleenroll", "MAA="), 200);
	assert_true(double_.is_client);
}

static void public_side_has_lists_alone(void **state)
{
	(void)state;
	tempdir_write(&t.dir, "site.crl", "list", 4, 0644);
	tempdir_write(&t.dir, ".hidden.crl", "x", 1, 0644);
	assert_int_equal(
		symlink("service.key", tempdir_file(&t.dir, "link.crl")), 0);
	assert_int_equal(ask_public("GET /site.crl"), 200);
	assert_true(has("Content-Type: application/pkix-crl\r\n"));
	assert_true(has("\r\n\r\nlist"));
	assert_int_equal(ask_public("HEAD /site.crl"), 200);
	assert_true(has("Content-Length: 4\r\n") && is_empty());
	assert_int_equal(ask_public("GET /healthz"), 200);
	assert_int_equal(ask_public("GET /service.key"), 404);
	assert_int_equal(ask_public("GET /.hidden.crl"), 404);
	assert_int_equal(ask_public("GET /a/../site.crl"), 404);
	assert_int_equal(ask_public("GET /none.crl"), 404);
	assert_int_equal(ask_public("GET /link.crl"), 404);
	assert_int_equal(ask_public("GET " EST "cacerts"), 404);
	assert_int_equal(ask_public("DELETE /site.crl"), 405);
}

static void heads_that_others_read_otherwise_end_the_connection(void **state)
{
	(void)state;
	assert_int_equal(
		ask_public("GET /healthz HTTP/1.1\r\nHost : b\r\nX:"), 400);
	assert_true(has("Connection: close\r\n"));
}

static void ends_when_told(void **state)
{
	(void)state;
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(pthread_join(t.thread, NULL), 0);
	assert_rc(t.rc, DEVID_OK);
}

/* Another server. */
static int start_again(void **state)
{
	serve();
	return setup(state);
}

/* It ends by itself, and says why. */
static void token_that_is_gone_ends_the_server(void **state)
{
	(void)state;
	double_.gone = true;
	assert_int_equal(ask(t.bare, "GET " EST "cacerts", ""), 200);
	assert_int_equal(pthread_join(t.thread, NULL), 0);
	assert_rc(t.rc, DEVID_ERR_UNREACHABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(open_to_who_has_no_certificate, setup),
		cmocka_unit_test_setup(closed_to_who_has_no_certificate, setup),
		cmocka_unit_test_setup(
			known_client_goes_to_the_registrar, setup),
		cmocka_unit_test_setup(
			what_the_registrar_refuses_comes_with_its_rule, setup),
		cmocka_unit_test_setup(
			bodies_that_are_no_base64_go_no_further, setup),
		cmocka_unit_test_setup(head_is_as_get_without_content, setup),
		cmocka_unit_test_setup(reload_keeps_serving, setup),
		cmocka_unit_test_setup(public_side_has_lists_alone, setup),
		cmocka_unit_test_setup(
			heads_that_others_read_otherwise_end_the_connection,
			setup),
		cmocka_unit_test_setup(ends_when_told, setup),
		cmocka_unit_test_setup(
			token_that_is_gone_ends_the_server, start_again),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
