/* SPDX-License-Identifier: Apache-2.0 */
#include "handshake.h"

#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void bytes_put(struct bytes *b, const void *data, size_t len)
{
	assert_true(len <= sizeof(b->data) - b->len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

/* Gathers the handshake messages a client sees, as RFC 5246 7.4.8 wants. */
/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static void on_message(int write_p, int version, int type, const void *data,
	size_t len, SSL *ssl, void *arg)
{
	struct bytes *b = arg;
	const uint8_t *msg = data;

	(void)write_p;
	(void)version;
	(void)ssl;
	/* CertificateVerify and what comes later is not covered. */
	if (type != SSL3_RT_HANDSHAKE || len < 1 || msg[0] == 15 ||
		msg[0] == 20 || msg[0] == 4)
		return;
	bytes_put(b, data, len);
}

/* Chains are another module's. */
static int trust_all(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static SSL_CTX *context(const SSL_METHOD *method, struct certs_node *node)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	X509 *cert = certs_x509(node);

	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, node->key), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
	X509_free(cert);
	return ctx;
}

/* Takes the signed part of a ServerKeyExchange out of a transcript. */
static void take_key_exchange(
	SSL *client, const struct bytes *transcript, struct bytes *ret)
{
	const uint8_t *p = transcript->data;
	const uint8_t *end = p + transcript->len;
	uint8_t random[32];

	while (p < end && p[0] != 12)
		p += 4 + ((size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
	assert_true(p < end);
	ret->len = 0;
	assert_int_equal(SSL_get_client_random(client, random, 32), 32);
	bytes_put(ret, random, 32);
	assert_int_equal(SSL_get_server_random(client, random, 32), 32);
	bytes_put(ret, random, 32);
	bytes_put(ret, p + 4, 4u + p[7]);
}

void handshake_tls12(struct certs_node *node, const char *groups, bool tickets,
	struct bytes *ret, struct bytes *ret_ske)
{
	SSL_CTX *sctx = context(TLS_server_method(), node);
	SSL_CTX *cctx = context(TLS_client_method(), node);
	SSL *server, *client;
	BIO *a, *b;
	int done = 0;

	if (!tickets)
		(void)SSL_CTX_set_options(cctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_verify(cctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_verify(sctx,
		SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, trust_all);
	assert_int_equal(SSL_CTX_set1_groups_list(cctx, groups), 1);
	server = SSL_new(sctx);
	client = SSL_new(cctx);
	assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(server, a, a);
	SSL_set_bio(client, b, b);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	ret->len = 0;
	SSL_set_msg_callback(client, on_message);
	SSL_set_msg_callback_arg(client, ret);
	for (int i = 0; i < 20 && done < 2; i++)
		done = (SSL_do_handshake(client) == 1) +
		       (SSL_do_handshake(server) == 1);
	assert_int_equal(done, 2);
	if (ret_ske)
		take_key_exchange(client, ret, ret_ske);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(cctx);
	SSL_CTX_free(sctx);
}
