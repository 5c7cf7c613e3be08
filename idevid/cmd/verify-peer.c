/* SPDX-License-Identifier: Apache-2.0 */
#include "verify-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "verify-judge.h"

#define DEFAULT_PORT "443"

CLEANUP_DEFINE(ssl_ctx, SSL_CTX *, SSL_CTX_free)
CLEANUP_DEFINE(ssl, SSL *, SSL_free)
CLEANUP_DEFINE(addrinfo, struct addrinfo *, freeaddrinfo)

/* What the peer presented, seen in the handshake: describes an impostor whose
 * handshake then fails. */
struct presented {
	X509 *leaf;              /* owned */
	STACK_OF(X509) * others; /* owned */
};

static void cleanup_presented(struct presented *p)
{
	X509_free(p->leaf);
	sk_X509_pop_free(p->others, X509_free);
}

static bool is_port(const char *text)
{
	size_t n = strspn(text, "0123456789");
	long port;

	if (n == 0 || n > 5 || text[n] != '\0')
		return false;
	port = strtol(text, NULL, 10);
	return port >= 1 && port <= 65535;
}

static bool is_address(const char *text)
{
	unsigned char addr[16];

	return inet_pton(AF_INET, text, addr) == 1 ||
	       inet_pton(AF_INET6, text, addr) == 1;
}

/* Splits @text into host and what follows it; "" when nothing does. */
static bool split_target(const char *text, const char **ret_host,
	size_t *ret_len, const char **ret_port)
{
	const char *end, *colon = strchr(text, ':');

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return false;
		*ret_host = text + 1;
		*ret_len = (size_t)(end - text - 1);
		*ret_port = end[1] ? end + 2 : DEFAULT_PORT;
		return true;
	}
	*ret_host = text;
	*ret_port = DEFAULT_PORT;
	*ret_len = strlen(text);
	if (colon && !strchr(colon + 1, ':')) { /* two: a bare IPv6 address */
		*ret_len = (size_t)(colon - text);
		*ret_port = colon + 1;
	}
	return true;
}

enum devid_err peer_target_parse(
	const char *text, struct peer_target *ret, struct devid_error *err)
{
	struct peer_target target;
	const char *host, *port;
	size_t len;

	if (!split_target(text, &host, &len, &port))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not HOST[:PORT] or [ADDRESS][:PORT]", text);
	if (len == 0 || len >= sizeof(target.host))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%.80s: host has %zu characters", text, len);
	if (!is_port(port))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: port is not 1 to 65535", text);
	memcpy(target.host, host, len);
	target.host[len] = '\0';
	(void)snprintf(target.port, sizeof(target.port), "%s", port);
	target.is_name = !is_address(target.host);
	if (target.is_name && (text[0] == '[' || strchr(target.host, ':')))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not an IPv6 address", text);
	*ret = target;
	return DEVID_OK;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail on Linux */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits for @events until @deadline. 0 or an errno. */
static int wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = deadline - now_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return 0;
		if (n == 0)
			return ETIMEDOUT;
		if (errno != EINTR)
			return errno;
	}
}

/* Connects to one address. A descriptor, or -1 with errno. */
static int connect_to(const struct addrinfo *ai, int64_t deadline)
{
	CLEANUP(cleanup_close)
	int fd = socket(ai->ai_family,
		ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		ai->ai_protocol);
	socklen_t len = sizeof(int);
	int error = 0;

	if (fd < 0)
		return -1;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return -1;
		error = wait_for(fd, POLLOUT, deadline);
		if (error == 0 &&
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
			error = errno;
	}
	if (error == 0)
		return steal_fd(&fd);
	errno = error;
	return -1;
}

/* Connects to the first address of @target that answers. */
static int connect_target(const struct peer_target *target, int64_t deadline,
	struct peer_outcome *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	CLEANUP(cleanup_addrinfo) struct addrinfo *list = NULL;
	int rc = getaddrinfo(target->host, target->port, &hints, &list);
	int fd = -1;

	if (rc != 0) {
		(void)snprintf(
			out->cause, sizeof(out->cause), "%s", gai_strerror(rc));
		return -1;
	}
	for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = connect_to(ai, deadline);
	if (fd < 0)
		(void)snprintf(
			out->cause, sizeof(out->cause), "%s", strerror(errno));
	return fd;
}

/* Keeps what the peer presents and lets the handshake go on: the verdict
 * comes after it, by devid_verifier_check_ssl(). */
static int note_presented(X509_STORE_CTX *ctx, void *arg)
{
	struct presented *p = arg;

	X509_free(p->leaf);
	sk_X509_pop_free(p->others, X509_free);
	p->leaf = X509_STORE_CTX_get0_cert(ctx);
	if (p->leaf && X509_up_ref(p->leaf) != 1)
		p->leaf = NULL;
	p->others =
		X509_STORE_CTX_get0_untrusted(ctx)
			? X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(ctx))
			: NULL;
	return 1;
}

static SSL *new_client(
	const struct peer_target *target, int fd, struct presented *presented)
{
	CLEANUP(cleanup_ssl_ctx)
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	CLEANUP(cleanup_ssl) SSL *ssl = NULL;

	if (!ctx || !verify_limit_tls(ctx))
		return NULL;
	SSL_CTX_set_cert_verify_callback(ctx, note_presented, presented);
	ssl = SSL_new(ctx);
	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		return NULL;
	if (target->is_name && SSL_set_tlsext_host_name(ssl, target->host) != 1)
		return NULL;
	return STEAL(ssl);
}

/* Handshakes until @deadline; 0, ETIMEDOUT, ECONNRESET for a peer that went
 * away, EPROTO for one that broke TLS (the reason is in OpenSSL's queue). */
static int handshake(SSL *ssl, int64_t deadline)
{
	for (;;) {
		int rc, error;
		short events = POLLIN;

		ERR_clear_error();
		rc = SSL_connect(ssl);
		if (rc == 1)
			return 0;
		error = SSL_get_error(ssl, rc);
		if (error == SSL_ERROR_SSL)
			return ERR_GET_REASON(ERR_peek_last_error()) ==
					       SSL_R_UNEXPECTED_EOF_WHILE_READING
				       ? ECONNRESET
				       : EPROTO;
		if (error == SSL_ERROR_WANT_WRITE)
			events = POLLOUT;
		else if (error != SSL_ERROR_WANT_READ)
			return ECONNRESET;
		rc = wait_for(SSL_get_fd(ssl), events, deadline);
		if (rc != 0)
			return rc;
	}
}

/* The peer answered and its handshake failed: says why, and who it claims to
 * be when it presented a certificate. */
static void judge_failure(struct devid_verifier *v, const char *serial,
	const struct presented *presented, struct peer_outcome *out)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(error);

	verify_result_init(&out->result);
	out->status = PEER_NOT_GENUINE;
	if (presented->leaf &&
		(ERR_GET_LIB(error) != ERR_LIB_SSL ||
			ERR_GET_REASON(error) == SSL_R_BAD_SIGNATURE))
		(void)verify_refuse(&out->result, DEVID_REASON_POSSESSION,
			"RFC 8446 4.4.3; RFC 5246 7.4.3",
			"the peer does not hold the key of the certificate "
			"that it presents");
	else
		(void)verify_refuse(&out->result, DEVID_REASON_TLS,
			"RFC 8446 4; RFC 5246 7",
			"the TLS handshake failed: %s",
			reason ? reason : "no reason known");
	if (presented->leaf) /* refused already; this describes it */
		(void)!verify_x509(v, presented->leaf, presented->others,
			serial, &out->result);
	out->result.genuine = false;
}

void peer_check(struct devid_verifier *v, const struct peer_target *target,
	const char *serial, int timeout_ms, struct peer_outcome *ret)
{
	int64_t deadline = now_ms() + timeout_ms;
	CLEANUP(cleanup_presented) struct presented presented = { 0 };
	CLEANUP(cleanup_close) int fd = -1;
	CLEANUP(cleanup_ssl) SSL *ssl = NULL;
	enum devid_err rc;
	int error;

	memset(ret, 0, sizeof(*ret));
	verify_result_init(&ret->result);
	fd = connect_target(target, deadline, ret);
	if (fd < 0)
		return;
	ssl = new_client(target, fd, &presented);
	error = ssl ? handshake(ssl, deadline) : ENOMEM;
	if (error == EPROTO) {
		judge_failure(v, serial, &presented, ret);
		ERR_clear_error();
		return;
	}
	if (error != 0) {
		(void)snprintf(ret->cause, sizeof(ret->cause),
			"TLS handshake: %s", strerror(error));
		return;
	}
	(void)snprintf(ret->cipher, sizeof(ret->cipher), "%s",
		SSL_get_cipher_name(ssl));
	rc = devid_verifier_check_ssl(v, ssl, serial, &ret->result);
	ret->status = rc == DEVID_OK ? PEER_GENUINE : PEER_NOT_GENUINE;
	if (rc != DEVID_OK && ret->result.reason == DEVID_REASON_NONE)
		(void)verify_refuse(&ret->result, DEVID_REASON_TLS, "",
			"not judged: %s", devid_err_name(rc));
	(void)SSL_shutdown(ssl); /* a courtesy; the verdict stands */
	ERR_clear_error();
}
