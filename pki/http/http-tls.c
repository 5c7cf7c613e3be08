/* SPDX-License-Identifier: Apache-2.0 */
#include "http-tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup-openssl.h"
#include "cleanup.h"

static const unsigned char alpn[] = { 8, 'h', 't', 't', 'p', '/', '1', '.',
	'1' };

/* RFC 7301 3.2: http/1.1 when it is offered; who offers none of ours has no
 * protocol in common with us. */
/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static int select_alpn(SSL *ssl, const unsigned char **out,
	unsigned char *out_len, const unsigned char *in, unsigned in_len,
	void *arg)
{
	unsigned char *found;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&found, out_len, alpn, sizeof(alpn), in,
		    in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = found;
	return SSL_TLSEXT_ERR_OK;
}

/* The file that is judged is the one that the key is read from. */
static enum devid_err open_key(
	const char *path, int *ret, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"serve: key %s: %s", path, strerror(errno));
	if (st.st_mode & (S_IRWXO | S_IWGRP))
		return devid_fail(err, DEVID_ERR_DENIED,
			"serve: key %s: others can read or change it", path);
	*ret = steal_fd(&fd);
	return DEVID_OK;
}

enum devid_err http_tls_fail(
	const char *what, const char *path, struct devid_error *err)
{
	const char *why = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return devid_fail(err, DEVID_ERR_INVALID, "serve: %s %s: %s", what,
		path, why ? why : "unusable");
}

/* A bundle that begins with the CA's certificate shows as a key that does not
 * fit, too. */
static enum devid_err key_fail(
	const struct http_tls_files *files, struct devid_error *err)
{
	if (ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
		return http_tls_fail("key", files->key, err);
	ERR_clear_error();
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"serve: key %s: not that of the first certificate in %s, which "
		"must be the service's own",
		files->key, files->certificate);
}

static enum devid_err use_key(SSL_CTX *ctx, const struct http_tls_files *files,
	struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = -1;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	CLEANUP(cleanup_pkey) EVP_PKEY *key = NULL;
	enum devid_err rc = open_key(files->key, &fd, err);

	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_fd(fd, BIO_NOCLOSE);
	key = bio ? PEM_read_bio_PrivateKey(
			    bio, NULL, SSL_CTX_get_default_passwd_cb(ctx), NULL)
		  : NULL;
	if (!key || SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return key_fail(files, err);
	return DEVID_OK;
}

static void set_options(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_options(ctx,
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
			SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	/* A connection that waits has no buffers of 16 KiB each way. */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_max_send_fragment(ctx, 4096);
	(void)SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
}

static enum devid_err load(SSL_CTX *ctx, const struct http_tls_files *files,
	struct devid_error *err)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
		SSL_CTX_set_cipher_list(
			ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") != 1)
		return http_tls_fail("TLS", "versions and ciphers", err);
	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		return http_tls_fail("certificate", files->certificate, err);
	return use_key(ctx, files, err);
}

enum devid_err http_tls_new(const struct http_tls_files *files, SSL_CTX **ret,
	struct devid_error *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	enum devid_err rc;

	if (!ctx)
		return http_tls_fail("TLS", "context", err);
	set_options(ctx);
	rc = load(ctx, files, err);
	if (rc != DEVID_OK) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*ret = ctx;
	return DEVID_OK;
}
