/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-conns PORT N CERT KEY CA: opens N TLS connections with a client
 * certificate to 127.0.0.1:PORT, says `open N`, and holds them until its
 * standard input ends.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define N_MAX 4000

static SSL *open_one(SSL_CTX *ctx, unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl = SSL_new(ctx);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || !ssl || connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
		SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1) {
		ERR_print_errors_fp(stderr);
		return NULL;
	}
	return ssl;
}

int main(int argc, char **argv)
{
	const struct rlimit files = { N_MAX + 64, N_MAX + 64 };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	unsigned port, n;

	if (argc != 6) {
		(void)fprintf(
			stderr, "usage: bench-conns PORT N CERT KEY CA\n");
		return 2;
	}
	port = (unsigned)strtoul(argv[1], NULL, 10);
	n = (unsigned)strtoul(argv[2], NULL, 10);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (!ctx || n > N_MAX ||
		SSL_CTX_use_certificate_chain_file(ctx, argv[3]) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, argv[4], SSL_FILETYPE_PEM) !=
			1 ||
		SSL_CTX_load_verify_locations(ctx, argv[5], NULL) != 1) {
		ERR_print_errors_fp(stderr);
		return 1;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	for (unsigned i = 0; i < n; i++) {
		if (!open_one(ctx, port)) {
			(void)printf("open %u\n", i);
			return 1;
		}
	}
	(void)printf("open %u\n", n);
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	return 0; /* the kernel closes them */
}
