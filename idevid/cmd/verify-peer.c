/* SPDX-License-Identifier: Apache-2.0 */
#include "verify-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "verify-connect.h"
#include "verify-judge.h"
#include "verify-lookup.h"

#define DEFAULT_PORT "443"
/* Bytes of a peer until its handshake ends; a limit of ours. OpenSSL's own for
 * a chain of certificates is 100 KiB. */
#define HANDSHAKE_MAX (128 * 1024)

CLEANUP_DEFINE(ssl_ctx, SSL_CTX *, SSL_CTX_free)
CLEANUP_DEFINE(ssl, SSL *, SSL_free)

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

static bool is_v6(const char *text, size_t len)
{
	char buf[INET6_ADDRSTRLEN];
	unsigned char addr[16];

	if (len >= sizeof(buf))
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return inet_pton(AF_INET6, buf, addr) == 1;
}

static bool is_address(const char *text)
{
	unsigned char addr[4];

	return inet_pton(AF_INET, text, addr) == 1 ||
	       is_v6(text, strcspn(text, "%"));
}

/* The zone of an address (RFC 4007 11) names an interface of this machine, and
 * one of link-local scope needs it: without, the kernel says "Invalid
 * argument". */
static enum devid_err check_zone(
	const char *host, const char *text, struct devid_error *err)
{
	const char *zone = strchr(host, '%');
	struct in6_addr addr;

	if (zone && if_nametoindex(zone + 1) == 0 &&
		(!zone[1] || zone[1 + strspn(zone + 1, "0123456789")]))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: no interface '%s' is here", text, zone + 1);
	if (!zone && inet_pton(AF_INET6, host, &addr) == 1 &&
		IN6_IS_ADDR_LINKLOCAL(&addr))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: a link-local address: say on which interface, "
			"as %s%%eth0",
			text, host);
	return DEVID_OK;
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

	if (strchr(text, '/'))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: a URL or a path: give the host alone, HOST[:PORT]",
			text);
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
	if (check_zone(target.host, text, err) != DEVID_OK)
		return DEVID_ERR_INVALID;
	*ret = target;
	return DEVID_OK;
}

/* What a peer may take of us before its handshake ends. */
struct bound {
	int64_t deadline;
	size_t left;      /* bytes */
	int error;        /* errno when it was passed: ETIMEDOUT, EMSGSIZE */
	uint8_t first[8]; /* what the peer sent first */
	size_t n_first;
};

static void note_first(struct bound *bound, const char *data, size_t len)
{
	size_t room = sizeof(bound->first) - bound->n_first;
	size_t n = len < room ? len : room;

	memcpy(bound->first + bound->n_first, data, n);
	bound->n_first += n;
}

/* Called around each read of the socket. OpenSSL passes over some records
 * without coming back to us (HelloRequest, RFC 5246 7.4.1.1), for as long as
 * there are any: only here is there a moment to say no. */
/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static long on_read(BIO *bio, int op, const char *data, size_t len, int argi,
	long argl, int ret, size_t *processed)
{
	struct bound *bound = (struct bound *)BIO_get_callback_arg(bio);

	(void)len;
	(void)argi;
	(void)argl;
	if (op == (BIO_CB_READ | BIO_CB_RETURN) && ret > 0 && processed) {
		bound->left -=
			*processed < bound->left ? *processed : bound->left;
		note_first(bound, data, *processed);
	}
	if (op != BIO_CB_READ)
		return ret;
	if (bound->left == 0)
		bound->error = EMSGSIZE;
	else if (lookup_now_ms() >= bound->deadline)
		bound->error = ETIMEDOUT;
	else
		return ret;
	BIO_clear_retry_flags(bio);
	return -1;
}

/* Waits for @events until @deadline, and says no more once that is over,
 * whatever there is to read. 0 or an errno. */
static int wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = deadline - lookup_now_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n > 0)
			return 0;
		if (n == 0)
			return ETIMEDOUT;
		if (errno != EINTR)
			return errno;
	}
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

/* Handshakes within @bound; 0, ETIMEDOUT, EMSGSIZE for too many bytes,
 * ECONNRESET for a peer that went away, EPROTO for one that broke TLS (the
 * reason is in OpenSSL's queue). */
static int handshake(SSL *ssl, struct bound *bound)
{
	BIO_set_callback_arg(SSL_get_rbio(ssl), (char *)bound);
	BIO_set_callback_ex(SSL_get_rbio(ssl), on_read);
	for (;;) {
		int rc, error;
		short events = POLLIN;

		ERR_clear_error();
		rc = SSL_connect(ssl);
		if (rc == 1)
			return 0;
		if (bound->error != 0)
			return bound->error;
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
		rc = wait_for(SSL_get_fd(ssl), events, bound->deadline);
		if (rc != 0)
			return rc;
	}
}

/* What the peer speaks in place of TLS, by what it sent first; NULL when that
 * may be a record: a content type, major version 3 (RFC 8446 5.1). OpenSSL
 * takes anything else for a record of a wrong version. */
static const char *other_protocol(const struct bound *bound)
{
	static const struct {
		const char *begin, *name;
	} known[] = {
		{ "HTTP/", "plain HTTP" },
		{ "<", "plain HTTP" }, /* HTTP/0.9, no head */
		{ "SSH-", "SSH" },
		{ "RTSP/", "plain RTSP" },
		{ "220", "SMTP or FTP" },
		{ "* OK", "IMAP" },
		{ "+OK", "POP3" },
	};
	const uint8_t *first = bound->first;

	if (bound->n_first < 5 ||
		(first[0] >= 20 && first[0] <= 24 && first[1] == 3))
		return NULL;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (memcmp(first, known[i].begin, strlen(known[i].begin)) == 0)
			return known[i].name;
	}
	return "something else";
}

/* The error that says most. OpenSSL 3.2 and newer put a word without content
 * on top of what a record is refused for. */
static unsigned long told_error(void)
{
	unsigned long last = ERR_peek_last_error();

#ifdef SSL_R_RECORD_LAYER_FAILURE
	if (ERR_GET_LIB(last) == ERR_LIB_SSL &&
		ERR_GET_REASON(last) == SSL_R_RECORD_LAYER_FAILURE)
		return ERR_peek_error();
#endif
	return last;
}

/* The peer answered and its handshake failed with @code, EPROTO or EMSGSIZE:
 * says why. */
static void refuse_handshake(int code, const struct bound *bound,
	const struct presented *presented, struct peer_outcome *out)
{
	unsigned long error = told_error();
	const char *reason = ERR_reason_error_string(error);
	const char *other = other_protocol(bound);

	if (code == EMSGSIZE)
		(void)verify_refuse(&out->result, DEVID_REASON_TLS,
			"RFC 8446 4; RFC 5246 7",
			"the TLS handshake did not end within %d bytes",
			HANDSHAKE_MAX);
	else if (presented->leaf &&
		 (ERR_GET_LIB(error) != ERR_LIB_SSL ||
			 ERR_GET_REASON(error) == SSL_R_BAD_SIGNATURE))
		(void)verify_refuse(&out->result, DEVID_REASON_POSSESSION,
			"RFC 8446 4.4.3; RFC 5246 7.4.3",
			"the peer does not hold the key of the certificate "
			"that it presents");
	else if (other)
		(void)verify_refuse(&out->result, DEVID_REASON_TLS,
			"RFC 8446 5.1; RFC 5246 6.2.1",
			"the peer does not speak TLS on this port: it speaks "
			"%s",
			other);
	else
		(void)verify_refuse(&out->result, DEVID_REASON_TLS,
			"RFC 8446 4; RFC 5246 7",
			"the TLS handshake failed: %s",
			reason ? reason : "no reason known");
}

/* The same, and who it claims to be when it presented a certificate. */
static void judge_failure(struct devid_verifier *v, const char *serial,
	const struct presented *presented, struct peer_outcome *out)
{
	out->status = PEER_NOT_GENUINE;
	if (presented->leaf) /* refused already; this describes it */
		(void)!verify_x509(v, presented->leaf, presented->others,
			serial, &out->result);
	out->result.genuine = false;
}

void peer_check(struct devid_verifier *v, const struct peer_target *target,
	const char *serial, int timeout_ms, struct peer_outcome *ret)
{
	struct bound bound = { .deadline = lookup_now_ms() + timeout_ms,
		.left = HANDSHAKE_MAX };
	CLEANUP(cleanup_presented) struct presented presented = { 0 };
	CLEANUP(cleanup_close) int fd = -1;
	CLEANUP(cleanup_ssl) SSL *ssl = NULL;
	enum devid_err rc;
	int error;

	memset(ret, 0, sizeof(*ret));
	verify_result_init(&ret->result);
	fd = connect_within(target->host, target->port, bound.deadline,
		ret->cause, sizeof(ret->cause));
	if (fd < 0)
		return;
	ssl = new_client(target, fd, &presented);
	error = ssl ? handshake(ssl, &bound) : ENOMEM;
	if (error == EPROTO || error == EMSGSIZE) {
		refuse_handshake(error, &bound, &presented, ret);
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
