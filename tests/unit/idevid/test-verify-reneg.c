/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that renegotiates TLS 1.2: what is said is of its last handshake. */
#include "cmocka-all.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include <devid/verify.h>

#define SIGNS    "ECDHE-RSA-AES128-GCM-SHA256"
#define DECRYPTS "AES128-GCM-SHA256" /* static RSA: the peer signs nothing */

static struct fixture {
	struct certs_node root, issuer, before, after;
	struct devid_verifier *verifier;
	SSL_CTX *server_ctx, *client_ctx;
	SSL *server, *client;
} fix;

static void present(SSL *ssl, const struct certs_node *leaf)
{
	X509 *cert = certs_x509(leaf), *issuer = certs_x509(&fix.issuer);

	assert_int_equal(SSL_use_certificate(ssl, cert), 1);
	assert_int_equal(SSL_use_PrivateKey(ssl, leaf->key), 1);
	assert_int_equal(SSL_clear_chain_certs(ssl), 1);
	assert_int_equal(SSL_add1_chain_cert(ssl, issuer), 1);
	X509_free(issuer);
	X509_free(cert);
}

/* Neither end waits: each says once what it has to, until both are done. */
static void shake_hands(void)
{
	char byte;

	for (int i = 0; i < 20; i++) {
		(void)SSL_do_handshake(fix.client);
		(void)SSL_do_handshake(fix.server);
		(void)SSL_read(fix.client, &byte, 1);
		(void)SSL_read(fix.server, &byte, 1);
	}
	assert_true(SSL_is_init_finished(fix.client));
	assert_true(SSL_is_init_finished(fix.server));
}

static int setup(void **state)
{
	struct certs_spec root = certs_ca_spec("Root");
	struct certs_spec issuer = certs_ca_spec("Issuer");
	struct certs_spec leaf = certs_idevid_spec();
	const struct certs_node *nodes[] = { &fix.root };
	BIO *client, *server;
	char *pem;

	(void)state;
	fix.root = certs_sign(&root, certs_key("P-256"), NULL);
	fix.issuer = certs_sign(&issuer, certs_key("P-256"), &fix.root);
	fix.before = certs_sign(&leaf, certs_key("RSA:2048"), &fix.issuer);
	leaf.serial = "4a5b6c7d8e9f0099";
	fix.after = certs_sign(&leaf, certs_key("RSA:2048"), &fix.issuer);
	pem = certs_pem(nodes, 1);
	assert_int_equal(devid_verifier_new(&fix.verifier, NULL), DEVID_OK);
	assert_int_equal(devid_verifier_add_root_pem(
				 fix.verifier, pem, strlen(pem), NULL),
		DEVID_OK);
	free(pem);
	fix.server_ctx = SSL_CTX_new(TLS_server_method());
	fix.client_ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_max_proto_version(fix.server_ctx, TLS1_2_VERSION);
	SSL_CTX_set_session_cache_mode(fix.server_ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(fix.server_ctx, SSL_OP_NO_TICKET);
	/* A caller's own context, which is not limited as ours are. */
	assert_int_equal(
		SSL_CTX_set_cipher_list(fix.client_ctx, SIGNS ":" DECRYPTS), 1);
	fix.server = SSL_new(fix.server_ctx);
	fix.client = SSL_new(fix.client_ctx);
	assert_int_equal(BIO_new_bio_pair(&client, 65536, &server, 65536), 1);
	SSL_set_bio(fix.client, client, client);
	SSL_set_bio(fix.server, server, server);
	SSL_set_connect_state(fix.client);
	SSL_set_accept_state(fix.server);
	assert_int_equal(SSL_set_cipher_list(fix.server, SIGNS), 1);
	present(fix.server, &fix.before);
	shake_hands();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	SSL_free(fix.client);
	SSL_free(fix.server);
	SSL_CTX_free(fix.client_ctx);
	SSL_CTX_free(fix.server_ctx);
	devid_verifier_free(fix.verifier);
	certs_done(&fix.root);
	certs_done(&fix.issuer);
	certs_done(&fix.before);
	certs_done(&fix.after);
	return 0;
}

/* @print: what devid_verify_result has of a certificate, from the handshake
 * before. */
static void assert_other(const struct devid_verify_result *r, const char *print)
{
	assert_int_equal(strlen(r->sha256), 64);
	assert_string_not_equal(r->sha256, print);
}

static enum devid_err check(struct devid_verify_result *ret)
{
	return devid_verifier_check_ssl(fix.verifier, fix.client, NULL, ret);
}

/* The other certificate, in a handshake by @suite. */
static void renegotiate(const char *suite)
{
	assert_int_equal(SSL_set_cipher_list(fix.server, suite), 1);
	present(fix.server, &fix.after);
	assert_int_equal(SSL_renegotiate(fix.server), 1);
	shake_hands();
	assert_string_equal(SSL_get_cipher(fix.client), suite);
	assert_false(SSL_session_reused(fix.client));
}

static void renegotiated_without_a_signature_no_possession(void **state)
{
	struct devid_verify_result before, r;

	(void)state;
	assert_int_equal(check(&before), DEVID_OK);
	assert_true(before.possession);
	renegotiate(DECRYPTS);
	assert_int_equal(check(&r), DEVID_ERR_NOT_GENUINE);
	assert_false(r.possession);
	assert_int_equal(r.reason, DEVID_REASON_POSSESSION);
	assert_other(&r, before.sha256);
}

static void renegotiated_with_a_signature_genuine(void **state)
{
	struct devid_verify_result before, r;

	(void)state;
	assert_int_equal(check(&before), DEVID_OK);
	renegotiate(SIGNS);
	assert_int_equal(check(&r), DEVID_OK);
	assert_true(r.possession);
	assert_other(&r, before.sha256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(renegotiated_without_a_signature_no_possession),
		T(renegotiated_with_a_signature_genuine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
