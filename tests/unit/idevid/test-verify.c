/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier: roots, serial numbers, and live TLS peers over a socket pair.
 */
#include "cmocka-all.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "certs.h"
#include "cleanup.h"
#include "verify-judge.h"
#include <devid/verify.h>

static struct fixture {
	struct certs_node root, issuer, leaf, rsa;
	char *root_pem;
	struct devid_verifier *verifier;
} fix;

static int setup(void **state)
{
	struct certs_spec root = certs_ca_spec("Root");
	struct certs_spec issuer = certs_ca_spec("Issuer");
	struct certs_spec leaf = certs_idevid_spec();
	const struct certs_node *nodes[] = { &fix.root };

	(void)state;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) /* peers go away here */
		return -1;
	fix.root = certs_sign(&root, certs_key("P-256"), NULL);
	fix.issuer = certs_sign(&issuer, certs_key("P-256"), &fix.root);
	fix.leaf = certs_sign(&leaf, certs_key("P-256"), &fix.issuer);
	fix.rsa = certs_sign(&leaf, certs_key("RSA:2048"), &fix.issuer);
	fix.root_pem = certs_pem(nodes, 1);
	return devid_verifier_new(&fix.verifier, NULL) == DEVID_OK &&
			       devid_verifier_add_root_pem(fix.verifier,
				       fix.root_pem, strlen(fix.root_pem),
				       NULL) == DEVID_OK
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	(void)state;
	certs_done(&fix.root);
	certs_done(&fix.issuer);
	certs_done(&fix.leaf);
	certs_done(&fix.rsa);
	free(fix.root_pem);
	devid_verifier_free(fix.verifier);
	return 0;
}

static enum devid_err check_nodes(const struct certs_node *leaf,
	const struct certs_node *issuer, const char *serial,
	struct devid_verify_result *result)
{
	const struct devid_der certs[] = {
		{ leaf->der.data, leaf->der.len },
		{ issuer->der.data, issuer->der.len },
	};

	return devid_verifier_check_der(fix.verifier, certs, 2, serial, result);
}

static void check_der_genuine_unit_described(void **state)
{
	struct devid_verify_result r;

	(void)state;
	assert_int_equal(
		check_nodes(&fix.leaf, &fix.issuer, "ACCC8E000001", &r),
		DEVID_OK);
	assert_true(r.genuine);
	assert_false(r.possession);
	assert_int_equal(r.reason, DEVID_REASON_NONE);
	assert_string_equal(r.text, "");
	assert_string_equal(r.profile.serial, "ACCC8E000001");
	assert_int_equal(strlen(r.sha256), 64);
	assert_int_equal(strlen(r.spki_sha256), 64);
}

static void check_der_other_serial_refused(void **state)
{
	static const char *const others[] = { "ACCC8E000002", "ACCC8E00000",
		"ACCC8E0000011", "accc8e000001", "" };
	struct devid_verify_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(
			check_nodes(&fix.leaf, &fix.issuer, others[i], &r),
			DEVID_ERR_NOT_GENUINE);
		assert_false(r.genuine);
		assert_int_equal(r.reason, DEVID_REASON_SERIAL);
		assert_non_null(strstr(r.text, "ACCC8E000001"));
	}
}

static void check_der_profile_fault_named_first(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct devid_verify_result r;
	struct certs_node node;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_CP, "",
		"3014 3008 0606 6781050b0101 3008 0606 6781050b0103");
	node = certs_sign(&spec, certs_key("P-256"), &fix.issuer);
	assert_int_equal(check_nodes(&node, &fix.issuer, "other", &r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r.reason, DEVID_REASON_PROFILE);
	assert_non_null(strstr(r.text, "tcg-other-key"));
	assert_int_equal(r.chain.verdict, DEVID_CHAIN_OK);
	certs_done(&node);
}

static void check_der_chain_fault_named(void **state)
{
	struct devid_verify_result r;

	(void)state;
	assert_int_equal(check_nodes(&fix.leaf, &fix.root, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r.reason, DEVID_REASON_CHAIN);
	assert_int_equal(r.chain.verdict, DEVID_CHAIN_UNKNOWN_ISSUER);
	assert_true(r.clause[0] != '\0');
}

static void check_der_malformed_beside_issuer_refused(void **state)
{
	const struct devid_der certs[] = {
		{ fix.leaf.der.data, fix.leaf.der.len },
		{ fix.issuer.der.data, fix.issuer.der.len },
		{ fix.root.der.data, fix.root.der.len - 1 },
	};
	struct devid_verify_result r;

	(void)state;
	assert_int_equal(check_nodes(&fix.leaf, &fix.issuer, NULL, &r), 0);
	assert_int_equal(
		devid_verifier_check_der(fix.verifier, certs, 3, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
}

static void check_chain_x509_same_as_der(void **state)
{
	X509 *leaf = certs_x509(&fix.leaf), *issuer = certs_x509(&fix.issuer);
	STACK_OF(X509) *others = sk_X509_new_null();
	struct devid_verify_result r;

	(void)state;
	assert_int_equal(
		devid_verifier_check_chain(fix.verifier, leaf, NULL, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
	assert_true(sk_X509_push(others, leaf) && sk_X509_push(others, issuer));
	assert_int_equal(devid_verifier_check_chain(fix.verifier, leaf, others,
				 "ACCC8E000001", &r),
		DEVID_OK);
	sk_X509_free(others);
	X509_free(leaf);
	X509_free(issuer);
}

static void check_strict_refuses_warnings(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct devid_verify_result r;
	struct certs_node node;

	(void)state;
	spec.not_after = "U361231235959Z";
	node = certs_sign(&spec, certs_key("P-256"), &fix.issuer);
	assert_int_equal(check_nodes(&node, &fix.issuer, NULL, &r), DEVID_OK);
	assert_int_equal(r.profile.n_warned, 1);
	devid_verifier_set_strict(fix.verifier, true);
	assert_int_equal(check_nodes(&node, &fix.issuer, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
	assert_non_null(strstr(r.text, "not-after"));
	devid_verifier_set_strict(fix.verifier, false);
	devid_verifier_set_time(fix.verifier, 2130000000); /* 2037 */
	assert_int_equal(check_nodes(&node, &fix.issuer, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r.chain.verdict, DEVID_CHAIN_EXPIRED);
	devid_verifier_set_time(fix.verifier, 0);
	certs_done(&node);
}

static void add_root_bad_files_refused(void **state)
{
	struct certs_node bad = fix.root;
	const struct certs_node *mixed[] = { &fix.root, &fix.leaf };
	struct devid_verifier *v = NULL;
	struct devid_verify_result r;
	struct devid_error err = { 0 };
	struct devid_der der = { fix.leaf.der.data, fix.leaf.der.len };
	char *pem;

	(void)state;
	assert_int_equal(devid_verifier_new(&v, NULL), DEVID_OK);
	assert_int_equal(devid_verifier_check_der(v, &der, 1, NULL, &r),
		DEVID_ERR_INVALID); /* nobody is trusted */
	assert_int_equal(devid_verifier_add_root_pem(v, "none", 4, NULL),
		DEVID_ERR_SYNTAX);
	assert_int_equal(
		devid_verifier_add_root_pem_file(v, "/nonexistent", &err),
		DEVID_ERR_NOT_FOUND);
	pem = certs_pem(mixed, 2); /* all or nothing */
	assert_int_equal(devid_verifier_add_root_pem(v, pem, strlen(pem), NULL),
		DEVID_ERR_SYNTAX);
	assert_int_equal(devid_verifier_check_der(v, &der, 1, NULL, &r),
		DEVID_ERR_INVALID);
	free(pem);
	bad.der.len--;
	mixed[0] = &bad;
	pem = certs_pem(mixed, 1);
	assert_int_equal(devid_verifier_add_root_pem(v, pem, strlen(pem), NULL),
		DEVID_ERR_SYNTAX);
	free(pem);
	devid_verifier_free(v);
	devid_verifier_free(NULL);
}

/* A TLS server of one connection in a thread of its own. */
struct server {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	bool packets; /* for DTLS: a socket that keeps their bounds */
	int rc;
	pthread_t thread;
};

static void present(SSL_CTX *ctx, const struct certs_node *leaf,
	const struct certs_node *issuer)
{
	X509 *cert = certs_x509(leaf);

	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, leaf->key), 1);
	X509_free(cert);
	if (issuer)
		assert_int_equal(
			SSL_CTX_add0_chain_cert(ctx, certs_x509(issuer)), 1);
}

static SSL_CTX *server_ctx(
	const struct certs_node *leaf, const struct certs_node *issuer)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	present(ctx, leaf, issuer);
	return ctx;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	char byte;

	s->rc = SSL_accept(s->ssl);
	if (s->rc == 1)
		(void)!SSL_write(s->ssl, "x", 1); /* carries tickets too */
	(void)!read(s->fd, &byte, 1);             /* until the client is gone */
	return NULL;
}

/* Starts the server; returns the client's end. */
static int start(struct server *s)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, s->packets ? SOCK_SEQPACKET : SOCK_STREAM,
			0, fds),
		0);
	s->fd = fds[1];
	s->ssl = SSL_new(s->ctx);
	assert_int_equal(SSL_set_fd(s->ssl, s->fd), 1);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return fds[0];
}

static void stop(struct server *s, int fd)
{
	assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	SSL_free(s->ssl);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(s->fd), 0);
}

/* Connects by @ctx; the handshake's own result in *@ret_rc. */
static SSL *connect_client(
	SSL_CTX *ctx, int fd, SSL_SESSION *session, int *ret_rc)
{
	SSL *ssl = SSL_new(ctx);

	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	if (session)
		assert_int_equal(SSL_set_session(ssl, session), 1);
	*ret_rc = SSL_connect(ssl);
	return ssl;
}

/* A handshake, once or once more with the session of the first. */
struct live {
	const SSL_METHOD *server, *client;
	const struct certs_node *leaf;
	const char *suites; /* below TLS 1.3; NULL: the usual */
	const char *version;
	bool resume;
	enum devid_reason reason; /* NONE: genuine */
};

static void judge_live(SSL *ssl, const struct live *live)
{
	bool good = live->reason == DEVID_REASON_NONE;
	struct devid_verify_result r;

	assert_int_equal(
		devid_verifier_check_ssl(fix.verifier, ssl, "ACCC8E000001", &r),
		good ? DEVID_OK : DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r.reason, live->reason);
	assert_int_equal(r.genuine, good);
	assert_int_equal(r.possession, good);
	assert_string_equal(r.tls_version, live->version);
	assert_string_equal(r.profile.serial, "ACCC8E000001");
	assert_int_equal(
		devid_verifier_check_ssl(fix.verifier, ssl, "ACCC8E000009", &r),
		DEVID_ERR_NOT_GENUINE);
}

static void check_ssl_live_peer(const struct live *live)
{
	struct server s = { .ctx = SSL_CTX_new(live->server),
		.packets = live->version[0] == 'D' };
	SSL_CTX *ctx = SSL_CTX_new(live->client);
	SSL_SESSION *session = NULL;
	char byte;

	present(s.ctx, live->leaf, &fix.issuer);
	assert_int_equal(SSL_CTX_set_dh_auto(s.ctx, 1), 1);
	if (live->suites)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, live->suites), 1);
	if (strcmp(live->version, "TLSv1.2") == 0)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	for (int i = 0; i < 1 + live->resume; i++) {
		int fd = start(&s), rc;
		SSL *ssl = connect_client(ctx, fd, session, &rc);

		assert_int_equal(rc, 1);
		assert_int_equal(SSL_read(ssl, &byte, 1), 1);
		assert_int_equal(SSL_session_reused(ssl), i);
		judge_live(ssl, live);
		SSL_SESSION_free(session);
		session = SSL_get1_session(ssl);
		(void)!SSL_shutdown(ssl);
		SSL_free(ssl);
		stop(&s, fd);
	}
	SSL_SESSION_free(session);
	SSL_CTX_free(ctx);
	SSL_CTX_free(s.ctx);
}

static void check_ssl_live(const struct live *proto)
{
	struct live live = *proto;

	check_ssl_live_peer(&live);
	live.resume = true;
	check_ssl_live_peer(&live);
}

/* covers: RFC5246-peer */
static void check_ssl_signing_peer_genuine(void **state)
{
	struct live live = { TLS_server_method(), TLS_client_method(),
		&fix.leaf, NULL, "TLSv1.2", false, DEVID_REASON_NONE };

	(void)state;
	check_ssl_live(&live);
	live.version = "TLSv1.3";
	check_ssl_live(&live);
	live.leaf = &fix.rsa;
	check_ssl_live(&live);
	live.version = "TLSv1.2";
	check_ssl_live(&live);
	live.suites = "kDHE+aRSA";
	check_ssl_live(&live);
}

/* covers: RFC5246-peer */
static void check_ssl_dtls12_genuine(void **state)
{
	const struct live live = { DTLS_server_method(), DTLS_client_method(),
		&fix.leaf, NULL, "DTLSv1.2", false, DEVID_REASON_NONE };

	(void)state;
	check_ssl_live(&live);
}

/* The peer decrypts, which proves nothing that its certificate says.
 * covers: RFC5246-peer */
static void check_ssl_static_rsa_no_possession(void **state)
{
	struct live live = { TLS_server_method(), TLS_client_method(), &fix.rsa,
		"kRSA", "TLSv1.2", false, DEVID_REASON_POSSESSION };

	(void)state;
	check_ssl_live(&live);
	live.server = DTLS_server_method();
	live.client = DTLS_client_method();
	live.version = "DTLSv1.2";
	check_ssl_live(&live);
}

static int take_any(X509_STORE_CTX *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return 1;
}

/* A client signs whatever the suite is. */
static void check_ssl_client_below_static_rsa_genuine(void **state)
{
	struct server s = { .ctx = server_ctx(&fix.rsa, &fix.issuer) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct devid_verify_result r;
	SSL *ssl;
	int fd, rc;

	(void)state;
	SSL_CTX_set_verify(s.ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(s.ctx, take_any, NULL);
	present(ctx, &fix.leaf, &fix.issuer);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "kRSA"), 1);
	fd = start(&s);
	ssl = connect_client(ctx, fd, NULL, &rc);
	assert_int_equal(rc, 1);
	assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
	assert_int_equal(pthread_join(s.thread, NULL), 0);
	assert_int_equal(
		devid_verifier_check_ssl(fix.verifier, s.ssl, NULL, &r),
		DEVID_OK);
	assert_true(r.possession);
	SSL_free(ssl);
	SSL_free(s.ssl);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(s.fd), 0);
	SSL_CTX_free(ctx);
	SSL_CTX_free(s.ctx);
}

static void check_ssl_unfinished_refused(void **state)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	struct devid_verify_result r;

	(void)state;
	assert_int_equal(devid_verifier_check_ssl(fix.verifier, ssl, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r.reason, DEVID_REASON_TLS);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

/* A connection whose two sides are set by @prepare is refused for @reason. */
static void expect_ssl_refused(
	void (*prepare)(SSL_CTX *server, SSL_CTX *client),
	enum devid_reason reason)
{
	struct server s = { .ctx = server_ctx(&fix.rsa, &fix.issuer) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct devid_verify_result r;
	SSL *ssl;
	int fd, rc;

	prepare(s.ctx, ctx);
	fd = start(&s);
	ssl = connect_client(ctx, fd, NULL, &rc);
	assert_int_equal(rc, 1);
	assert_int_equal(devid_verifier_check_ssl(fix.verifier, ssl, NULL, &r),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(r.reason, reason);
	assert_false(r.possession);
	SSL_free(ssl);
	stop(&s, fd);
	SSL_CTX_free(ctx);
	SSL_CTX_free(s.ctx);
}

static void prepare_anonymous(SSL_CTX *server, SSL_CTX *client)
{
	SSL_CTX *both[] = { server, client };

	for (int i = 0; i < 2; i++) {
		SSL_CTX_set_security_level(both[i], 0);
		SSL_CTX_set_max_proto_version(both[i], TLS1_2_VERSION);
		assert_int_equal(SSL_CTX_set_cipher_list(both[i], "aNULL"), 1);
	}
}

static unsigned psk_server(
	SSL *ssl, const char *id, unsigned char *psk, unsigned max)
{
	(void)ssl;
	(void)id;
	memset(psk, 7, max < 16 ? max : 16);
	return 16;
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static unsigned psk_client(SSL *ssl, const char *hint, char *id,
	unsigned max_id, unsigned char *psk, unsigned max)
{
	(void)hint;
	(void)snprintf(id, max_id, "me");
	return psk_server(ssl, id, psk, max);
}

static void prepare_psk(SSL_CTX *server, SSL_CTX *client)
{
	SSL_CTX_set_psk_server_callback(server, psk_server);
	SSL_CTX_set_psk_client_callback(client, psk_client);
	/* the callbacks' PSK is for SHA-256 (RFC 8446 4.2.11) */
	assert_int_equal(
		SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256"), 1);
}

static void prepare_psk12(SSL_CTX *server, SSL_CTX *client)
{
	prepare_psk(server, client);
	SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_set_cipher_list(client, "kPSK"), 1);
}

/* The certificate is shown, and the key decrypts. */
static void prepare_rsa_psk(SSL_CTX *server, SSL_CTX *client)
{
	prepare_psk12(server, client);
	assert_int_equal(SSL_CTX_set_cipher_list(client, "kRSAPSK"), 1);
}

static void prepare_tls11(SSL_CTX *server, SSL_CTX *client)
{
	SSL_CTX *both[] = { server, client };

	for (int i = 0; i < 2; i++) {
		SSL_CTX_set_security_level(both[i], 0);
		assert_int_equal(
			SSL_CTX_set_min_proto_version(both[i], TLS1_1_VERSION),
			1);
		assert_int_equal(
			SSL_CTX_set_max_proto_version(both[i], TLS1_1_VERSION),
			1);
	}
}

static void check_ssl_without_certificate_refused(void **state)
{
	(void)state;
	expect_ssl_refused(prepare_anonymous, DEVID_REASON_NO_CERT);
	expect_ssl_refused(prepare_psk, DEVID_REASON_NO_CERT);
	expect_ssl_refused(prepare_psk12, DEVID_REASON_NO_CERT);
	expect_ssl_refused(prepare_rsa_psk, DEVID_REASON_POSSESSION);
}

static void check_ssl_below_tls12_refused(void **state)
{
	(void)state;
	expect_ssl_refused(prepare_tls11, DEVID_REASON_TLS);
}

struct seen {
	unsigned n;
	enum devid_reason reason;
	char text[DEVID_REASON_MAX];
};

static void note_result(
	void *arg, SSL *ssl, const struct devid_verify_result *result)
{
	struct seen *seen = arg;

	assert_non_null(ssl);
	seen->n++;
	seen->reason = result->reason;
	memcpy(seen->text, result->text, sizeof(seen->text));
}

/* One handshake with a context set up for @serial. */
static int handshake_with_ctx(const struct certs_node *leaf,
	const struct certs_node *issuer, const char *serial, long *ret_verify)
{
	struct server s = { .ctx = server_ctx(leaf, issuer) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int fd, rc;
	SSL *ssl;

	assert_int_equal(
		devid_verifier_setup_ctx(fix.verifier, ctx, serial, NULL),
		DEVID_OK);
	fd = start(&s);
	ssl = connect_client(ctx, fd, NULL, &rc);
	*ret_verify = SSL_get_verify_result(ssl);
	SSL_free(ssl);
	stop(&s, fd);
	SSL_CTX_free(ctx);
	SSL_CTX_free(s.ctx);
	return rc;
}

static void setup_ctx_decides_handshake(void **state)
{
	struct seen seen = { 0 };
	long verify;

	(void)state;
	devid_verifier_set_report(fix.verifier, note_result, &seen);
	assert_int_equal(handshake_with_ctx(&fix.leaf, &fix.issuer,
				 "ACCC8E000001", &verify),
		1);
	assert_int_equal(verify, X509_V_OK);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.reason, DEVID_REASON_NONE);
	assert_true(handshake_with_ctx(
			    &fix.leaf, &fix.issuer, "OTHER", &verify) <= 0);
	assert_int_equal(seen.reason, DEVID_REASON_SERIAL);
	assert_true(handshake_with_ctx(&fix.leaf, NULL, NULL, &verify) <= 0);
	assert_int_equal(seen.reason, DEVID_REASON_CHAIN);
	assert_int_equal(verify, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	assert_int_equal(seen.n, 3);
	devid_verifier_set_report(fix.verifier, NULL, NULL);
}

/* Who changes the suites afterwards does not get past the verdict. */
static void setup_ctx_static_rsa_refused(void **state)
{
	struct server s = { .ctx = server_ctx(&fix.rsa, &fix.issuer) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(
		devid_verifier_setup_ctx(fix.verifier, ctx, NULL, NULL),
		DEVID_OK);
	devid_verifier_set_report(fix.verifier, note_result, &seen);
	SSL_CTX_set_max_proto_version(s.ctx, TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_set_cipher_list(s.ctx, "kRSA"), 1);
	for (unsigned i = 0; i < 2; i++) {
		int fd = start(&s), rc;
		SSL *ssl = connect_client(ctx, fd, NULL, &rc);

		assert_true(rc <= 0);
		assert_int_equal(seen.n, i); /* at first not even offered */
		SSL_free(ssl);
		stop(&s, fd);
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, "kRSA"), 1);
	}
	assert_int_equal(seen.reason, DEVID_REASON_POSSESSION);
	devid_verifier_set_report(fix.verifier, NULL, NULL);
	SSL_CTX_free(ctx);
	SSL_CTX_free(s.ctx);
}

static void setup_ctx_old_dtls_refused(void **state)
{
	struct server s = { .ctx = SSL_CTX_new(DTLS_server_method()),
		.packets = true };
	SSL_CTX *ctx = SSL_CTX_new(DTLS_client_method());
	int fd, rc;
	SSL *ssl;

	(void)state;
	present(s.ctx, &fix.leaf, &fix.issuer);
	SSL_CTX_set_security_level(s.ctx, 0);
	SSL_CTX_set_security_level(ctx, 0);
	assert_int_equal(
		SSL_CTX_set_max_proto_version(s.ctx, DTLS1_VERSION), 1);
	assert_int_equal(
		devid_verifier_setup_ctx(fix.verifier, ctx, NULL, NULL),
		DEVID_OK);
	fd = start(&s);
	ssl = connect_client(ctx, fd, NULL, &rc);
	assert_true(rc <= 0);
	assert_int_equal(SSL_CTX_get_min_proto_version(ctx), DTLS1_2_VERSION);
	SSL_free(ssl);
	stop(&s, fd);
	SSL_CTX_free(ctx);
	SSL_CTX_free(s.ctx);
}

static void setup_ctx_each_context_keeps_its_serial(void **state)
{
	struct server s = { .ctx = server_ctx(&fix.leaf, &fix.issuer) };
	SSL_CTX *good = SSL_CTX_new(TLS_client_method());
	SSL_CTX *bad = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	int fd, rc;

	(void)state;
	assert_int_equal(devid_verifier_setup_ctx(
				 fix.verifier, good, "ACCC8E000001", NULL),
		DEVID_OK);
	assert_int_equal(
		devid_verifier_setup_ctx(fix.verifier, bad, "OTHER", NULL),
		DEVID_OK);
	fd = start(&s);
	ssl = connect_client(good, fd, NULL, &rc);
	assert_int_equal(rc, 1);
	SSL_free(ssl);
	stop(&s, fd);
	SSL_CTX_free(good);
	SSL_CTX_free(bad);
	SSL_CTX_free(s.ctx);
}

static void setup_ctx_without_roots_refused(void **state)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct devid_verifier *v = NULL;

	(void)state;
	assert_int_equal(devid_verifier_new(&v, NULL), DEVID_OK);
	assert_int_equal(devid_verifier_setup_ctx(v, ctx, NULL, NULL),
		DEVID_ERR_INVALID);
	devid_verifier_free(v);
	SSL_CTX_free(ctx);
}

static void *check_often(void *arg)
{
	struct devid_verify_result r;

	(void)arg;
	for (int i = 0; i < 200; i++) {
		if (check_nodes(&fix.leaf, &fix.issuer, NULL, &r) != DEVID_OK)
			return NULL;
	}
	return &fix;
}

static void check_der_from_many_threads_same_verdict(void **state)
{
	pthread_t threads[4];
	void *result;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, check_often, NULL),
			0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, &fix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_der_genuine_unit_described),
		cmocka_unit_test(check_der_other_serial_refused),
		cmocka_unit_test(check_der_malformed_beside_issuer_refused),
		cmocka_unit_test(check_der_profile_fault_named_first),
		cmocka_unit_test(check_der_chain_fault_named),
		cmocka_unit_test(check_chain_x509_same_as_der),
		cmocka_unit_test(check_strict_refuses_warnings),
		cmocka_unit_test(add_root_bad_files_refused),
		cmocka_unit_test(check_ssl_signing_peer_genuine),
		cmocka_unit_test(check_ssl_dtls12_genuine),
		cmocka_unit_test(check_ssl_static_rsa_no_possession),
		cmocka_unit_test(check_ssl_client_below_static_rsa_genuine),
		cmocka_unit_test(check_ssl_unfinished_refused),
		cmocka_unit_test(check_ssl_without_certificate_refused),
		cmocka_unit_test(check_ssl_below_tls12_refused),
		cmocka_unit_test(setup_ctx_decides_handshake),
		cmocka_unit_test(setup_ctx_static_rsa_refused),
		cmocka_unit_test(setup_ctx_old_dtls_refused),
		cmocka_unit_test(setup_ctx_each_context_keeps_its_serial),
		cmocka_unit_test(setup_ctx_without_roots_refused),
		cmocka_unit_test(check_der_from_many_threads_same_verdict),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
