/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the key socket that behaves as no decent one does, for tests:
 *
 *   keyd-client SOCKET raw HEX       one record as it is
 *   keyd-client SOCKET size N        one record of N zero bytes
 *   keyd-client SOCKET beside HEX    the same, then STATUS on an older
 *                                    connection
 *   keyd-client SOCKET sign ALG FORM [KEY]
 *                                    FORM: client13 server13 server12 random
 *                                    certificate attest
 *   keyd-client SOCKET op N [KEY]    any operation, without data
 *   keyd-client SOCKET hold N        opens N connections, waits for stdin,
 *                                    asks again on each
 *   keyd-client SOCKET queue N       opens N connections, a signature asked for
 *                                    on each; then how they fared, a character
 *                                    each: + answered, - closed; waits for
 *                                    stdin
 *   keyd-client SOCKET mute N        the same, but asks when stdin has ended
 *   keyd-client SOCKET leave N       connects N times and leaves, 0: for ever
 *   keyd-client SOCKET deaf N        sends N requests, reads nothing, waits
 *   keyd-client SOCKET times N       signs N times, prints how many
 *                                    microseconds each took
 *   keyd-client SOCKET flood N       connects for ever, keeps the last N
 *                                    connections, has a request in two of three
 *   keyd-client SOCKET trespass N    asks N times, 0: for ever, for all that
 *                                    nobody may or this user may not, each on a
 *                                    connection of its own; `round` after each
 *                                    time, `granted WHAT` and an end where that
 *                                    was not refused
 *   keyd-client SOCKET listens -     whether a stream socket is there
 *   keyd-client SOCKET notify N      is the service manager: prints N
 *                                    datagrams that come to SOCKET
 *
 * Prints one line: `ok LEN`, `error CODE TEXT`, `closed`, or what it holds.
 * Exit 0 only with `ok`.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "wire.h"

#define RECORD_MAX 262144
#define HELD_MAX   256

static const char *path;

static int dial_type(int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	const struct timeval wait = { 20, 0 }; /* a hang is a failure */

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static int dial(void)
{
	return dial_type(SOCK_SEQPACKET);
}

/* One record out, what comes back printed. */
static int exchange(int fd, const uint8_t *record, size_t len)
{
	static uint8_t in[WIRE_ANSWER_MAX];
	struct wire_answer ans;
	ssize_t n;

	if (send(fd, record, len, MSG_NOSIGNAL) < 0)
		n = 0;
	else
		n = recv(fd, in, sizeof(in), 0);
	if (n <= 0) {
		(void)puts("closed");
		return 1;
	}
	if (wire_decode_answer((struct view) { in, (size_t)n }, &ans, NULL) !=
		DEVID_OK) {
		(void)puts("malformed");
		return 1;
	}
	if (ans.code != DEVID_OK) {
		(void)printf("error %d %.*s\n", -ans.code, (int)ans.data_len,
			(const char *)ans.data);
		return 1;
	}
	(void)printf("ok %zu\n", ans.data_len);
	return 0;
}

static size_t unhex(const char *hex, uint8_t *out)
{
	unsigned byte;
	size_t n = 0;

	while (sscanf(hex, "%2x", &byte) == 1) {
		out[n++] = (uint8_t)byte;
		hex += 2;
	}
	return n;
}

static size_t status_request(uint8_t *out)
{
	struct wire_request req = { .op = WIRE_STATUS };
	struct room record = { out, 64, 0 };

	if (wire_encode_request(&req, &record, NULL) != DEVID_OK)
		abort();
	return record.len;
}

static int beside(const char *hex)
{
	static uint8_t record[RECORD_MAX];
	int older = dial(), fd = dial();

	(void)exchange(fd, record, unhex(hex, record));
	(void)close(fd);
	return exchange(older, record, status_request(record));
}

static size_t tls13(uint8_t *out, const char *side)
{
	(void)snprintf((char *)out, 200, "%64sTLS 1.3, %s CertificateVerify",
		"", side);
	memset(out + 98, 0x33, 32); /* behind the zero byte */
	return 98 + 32;
}

/* The bytes to be signed. */
static size_t make_form(const char *form, uint8_t *out)
{
	if (strcmp(form, "client13") == 0)
		return tls13(out, "client");
	if (strcmp(form, "server13") == 0)
		return tls13(out, "server");
	memset(out, 0x77, 133);
	if (strcmp(form, "server12") == 0) { /* x25519: any 32 bytes */
		memcpy(out + 64, "\x03\x00\x1d\x20", 4);
		return 100;
	}
	if (strcmp(form, "certificate") == 0) {
		memcpy(out, "\x30\x81\x82\x04\x7d", 5);
		memcpy(out + 130, "\x02\x01\x05", 3);
	} else if (strcmp(form, "attest") == 0)
		memcpy(out, "\xffTCG", 4);
	return 133;
}

static int sign(const char *alg, const char *form, const char *key)
{
	uint8_t data[256];
	struct client_sign what = { key, SIG_ECDSA, HASH_SHA256, data, 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct key_sig sig;

	if (strcmp(alg, "p384") == 0)
		what.hash = HASH_SHA384;
	if (strcmp(alg, "rsa2048") == 0)
		what.scheme = SIG_RSAPSS;
	what.data_len = make_form(form, data);
	if (client_sign(path, &what, &sig, &err) != DEVID_OK) {
		(void)printf("error %d %s\n", -err.code, err.text);
		return 1;
	}
	(void)printf("ok %zu\n", sig.len);
	return 0;
}

static int operation(const char *op, const char *key)
{
	struct wire_request req = { .op = (uint8_t)atoi(op) };
	static uint8_t buf[1024];
	struct room record = { buf, sizeof(buf), 0 };

	(void)snprintf(req.name, sizeof(req.name), "%s", key);
	if (wire_encode_request(&req, &record, NULL) != DEVID_OK)
		abort();
	return exchange(dial(), record.data, record.len);
}

static void wait_for_stdin(void)
{
	char c;

	(void)fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

static bool is_answered(int fd, const uint8_t *record, size_t len)
{
	static uint8_t in[WIRE_ANSWER_MAX];

	return send(fd, record, len, MSG_NOSIGNAL) > 0 &&
	       recv(fd, in, sizeof(in), 0) > 0;
}

/* Counts the connections that answer; keeps all of them open, and counts those
 * that were kept open for it. */
static int hold(int n)
{
	uint8_t record[64];
	size_t len = status_request(record);
	int held = 0, kept = 0, fds[HELD_MAX];

	if (n > HELD_MAX)
		return 2;
	for (int i = 0; i < n; i++) {
		fds[i] = dial();
		held += is_answered(fds[i], record, len);
	}
	(void)printf("held %d of %d\n", held, n);
	wait_for_stdin();
	for (int i = 0; i < n; i++)
		kept += is_answered(fds[i], record, len);
	(void)printf("kept %d of %d\n", kept, n);
	return 0;
}

static size_t sign_request(uint8_t *out)
{
	uint8_t data[256];
	struct wire_request req = { .op = WIRE_SIGN,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
		.name = "idevid",
		.data = data };
	struct room record = { out, RECORD_MAX, 0 };

	req.data_len = make_form("client13", data);
	if (wire_encode_request(&req, &record, NULL) != DEVID_OK)
		abort();
	return record.len;
}

/* The service may be stopped meanwhile: nothing waits for it before "queued" is
 * told. */
static int queue(int n, bool mute)
{
	static uint8_t record[RECORD_MAX];
	size_t len = sign_request(record);
	int fds[HELD_MAX];

	if (n > HELD_MAX)
		return 2;
	for (int i = 0; i < n; i++) {
		fds[i] = dial();
		if (!mute)
			(void)send(fds[i], record, len, MSG_NOSIGNAL);
	}
	(void)puts("queued");
	(void)fflush(stdout);
	if (mute)
		wait_for_stdin();
	for (int i = 0; i < n; i++) {
		uint8_t byte;
		bool ok = mute ? is_answered(fds[i], record, len)
			       : recv(fds[i], &byte, 1, 0) > 0;

		(void)putchar(ok ? '+' : '-');
	}
	(void)putchar('\n');
	wait_for_stdin();
	return 0;
}

static int leave(int n)
{
	for (int i = 0; n == 0 || i < n; i++) {
		if (i == 0 && n == 0) {
			(void)puts("flooding");
			(void)fflush(stdout);
		}
		(void)close(dial());
	}
	return 0;
}

static int deaf(int n)
{
	uint8_t record[64];
	size_t len = status_request(record);
	int fd = dial(), sent = 0;

	while (sent < n && send(fd, record, len, MSG_NOSIGNAL) > 0)
		sent++;
	(void)printf("sent %d\n", sent);
	wait_for_stdin();
	return 0;
}

/* One line a signature: its microseconds, or `failed`. */
static int times(int n)
{
	uint8_t data[256];
	struct client_sign what = { "idevid", SIG_ECDSA, HASH_SHA256, data, 0 };
	struct key_sig sig;

	what.data_len = make_form("client13", data);
	for (int i = 0; i < n; i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct timespec from, to;

		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		if (client_sign(path, &what, &sig, &err) != DEVID_OK) {
			(void)printf("failed %s\n", err.text);
			return 1;
		}
		(void)clock_gettime(CLOCK_MONOTONIC, &to);
		(void)printf(
			"%ld\n", (to.tv_sec - from.tv_sec) * 1000000L +
					 (to.tv_nsec - from.tv_nsec) / 1000);
	}
	return 0;
}

/* The largest request there is, with 32,700 elements to look at. */
static size_t costly_request(uint8_t *out)
{
	static uint8_t data[WIRE_DATA_MAX] = { 0x30, 0x82, 0xff, 0xfc };
	struct wire_request req = { .op = WIRE_SIGN,
		.arg = SIG_ECDSA,
		.hash = HASH_SHA256,
		.name = "idevid",
		.data = data,
		.data_len = sizeof(data) };
	struct room record = { out, RECORD_MAX, 0 };

	for (size_t i = 4; i < sizeof(data); i += 2)
		data[i] = 0x05;
	if (wire_encode_request(&req, &record, NULL) != DEVID_OK)
		abort();
	return record.len;
}

/* Every other connection waits for its place, the others ask again. Until it
 * is killed. */
static int flood(int n)
{
	static uint8_t costly[RECORD_MAX], cheap[64];
	size_t costly_len = costly_request(costly);
	size_t cheap_len = status_request(cheap);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fds[1000];

	if (n < 1 || n > 1000)
		return 2;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	memset(fds, -1, sizeof(fds));
	(void)puts("flooding");
	(void)fflush(stdout);
	for (unsigned i = 0;; i++) {
		int *fd = &fds[i % (unsigned)n];

		(void)close(*fd);
		*fd = socket(AF_UNIX,
			SOCK_SEQPACKET | (i & 1 ? SOCK_NONBLOCK : 0), 0);
		if (connect(*fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
			continue;
		if (i % 3 == 0)
			(void)send(*fd, costly, costly_len,
				MSG_NOSIGNAL | MSG_DONTWAIT);
		else if (i % 3 == 1)
			(void)send(*fd, cheap, cheap_len,
				MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

/* What the service does for its managers and for the users of a key alone. */
static const struct trespass {
	const char *what;
	enum wire_op op;
	uint8_t arg;
	const char *key;
	const char *form; /* of the data; NULL: 16 bytes */
} trespasses[] = {
	{ "sign as server", WIRE_SIGN, SIG_ECDSA, "idevid", "server13" },
	{ "sign anything", WIRE_SIGN, SIG_ECDSA, "idevid", "random" },
	{ "sign by the IAK", WIRE_SIGN, SIG_ECDSA, "iak", "client13" },
	{ "sign by another's key", WIRE_SIGN, SIG_ECDSA, "tls-0", "server13" },
	{ "sign for no role", WIRE_SIGN, SIG_ECDSA, "tls-0", "client13" },
	{ "create", WIRE_CREATE, KEY_ALG_P256, "tls-1", NULL },
	{ "install", WIRE_INSTALL, 0, "tls-0", NULL },
	{ "disable", WIRE_ENABLE, 0, "tls-0", NULL },
	{ "disable IDevID", WIRE_ENABLE, 0, "idevid", NULL },
	{ "delete", WIRE_DELETE, 0, "tls-0", NULL },
	{ "attest", WIRE_ATTEST, 0, "", NULL },
	{ "activate", WIRE_ACTIVATE, 0, "", NULL },
	{ "initialise", WIRE_INIT, 0, "", NULL },
	{ "stir", WIRE_STIR, 0, "", NULL },
	{ "disable certificate", WIRE_CERT_ENABLE, 0, "idevid", NULL },
	{ "delete certificate", WIRE_CERT_DELETE, 0, "tls-0", NULL },
	{ "install chain", WIRE_CHAIN_INSTALL, 0, "tls-0", NULL },
	{ "delete chain", WIRE_CHAIN_DELETE, 0, "tls-0", NULL },
	{ "import", WIRE_IMPORT, 0, "tls-1", NULL },
	{ "pin", WIRE_PIN, 1, "tls-0", NULL },
	{ "erase", WIRE_ERASE, 0, "", NULL },
	{ "certify", WIRE_CERTIFY, 0, "ldevid-0", NULL },
	{ "epoch", WIRE_EPOCH, 0, "iak", NULL },
};

/* Whether it was answered without an error. */
static bool is_granted(const uint8_t *record, size_t len)
{
	static uint8_t in[WIRE_ANSWER_MAX];
	struct wire_answer ans;
	int fd = dial();
	ssize_t n = -1;

	if (send(fd, record, len, MSG_NOSIGNAL) > 0)
		n = recv(fd, in, sizeof(in), 0);
	(void)close(fd);
	return n > 0 &&
	       wire_decode_answer((struct view) { in, (size_t)n }, &ans,
		       NULL) == DEVID_OK &&
	       ans.code == DEVID_OK;
}

static bool asks(const struct trespass *t)
{
	static uint8_t buf[1024];
	uint8_t data[256] = { 0 };
	struct wire_request req = { .op = (uint8_t)t->op,
		.arg = t->arg,
		.hash = t->op == WIRE_SIGN ? HASH_SHA256 : 0,
		.data = data };
	struct room record = { buf, sizeof(buf), 0 };

	(void)snprintf(req.name, sizeof(req.name), "%s", t->key);
	req.data_len = t->form ? make_form(t->form, data) : 16;
	if (wire_encode_request(&req, &record, NULL) != DEVID_OK)
		abort();
	return is_granted(record.data, record.len);
}

/* A good request with one byte of its header changed, and cut anywhere. */
static const char *malformed(void)
{
	uint8_t record[64];
	size_t len = status_request(record);

	for (size_t i = 1; i < len; i++) {
		if (is_granted(record, i))
			return "a request that is cut";
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t was = record[i];

		record[i] = 0xee;
		if (i != 3 && i != 4 && i != 5 && is_granted(record, len))
			return "a malformed request";
		record[i] = was;
	}
	return NULL;
}

static int trespass(int n)
{
	(void)puts("flooding");
	for (int i = 0; n == 0 || i < n; i++) {
		const char *what = malformed();

		for (size_t t = 0;
			!what && t < sizeof(trespasses) / sizeof(trespasses[0]);
			t++)
			what = asks(&trespasses[t]) ? trespasses[t].what : NULL;
		(void)printf("%s%s\n", what ? "granted " : "round",
			what ? what : "");
		(void)fflush(stdout);
		if (what)
			return 1;
	}
	return 0;
}

static int notify(int n)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[256];

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return 1;
	for (int i = 0; i < n; i++) {
		ssize_t len = recv(fd, text, sizeof(text), 0);

		(void)printf("%.*s\n", (int)len, text);
		(void)fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t record[RECORD_MAX];
	const char *mode = argc > 3 ? argv[2] : "";
	const char *key = "idevid";

	path = argc > 1 ? argv[1] : "";
	if (strcmp(mode, "raw") == 0)
		return exchange(dial(), record, unhex(argv[3], record));
	if (strcmp(mode, "size") == 0)
		return exchange(dial(), record, (size_t)atoi(argv[3]));
	if (strcmp(mode, "beside") == 0)
		return beside(argv[3]);
	if (strcmp(mode, "sign") == 0 && argc > 4)
		return sign(argv[3], argv[4], argc > 5 ? argv[5] : key);
	if (strcmp(mode, "op") == 0)
		return operation(argv[3], argc > 4 ? argv[4] : "");
	if (strcmp(mode, "hold") == 0)
		return hold(atoi(argv[3]));
	if (strcmp(mode, "queue") == 0 || strcmp(mode, "mute") == 0)
		return queue(atoi(argv[3]), *mode == 'm');
	if (strcmp(mode, "leave") == 0)
		return leave(atoi(argv[3]));
	if (strcmp(mode, "deaf") == 0)
		return deaf(atoi(argv[3]));
	if (strcmp(mode, "times") == 0)
		return times(atoi(argv[3]));
	if (strcmp(mode, "flood") == 0)
		return flood(atoi(argv[3]));
	if (strcmp(mode, "trespass") == 0)
		return trespass(atoi(argv[3]));
	if (strcmp(mode, "listens") == 0)
		return close(dial_type(SOCK_STREAM));
	if (strcmp(mode, "notify") == 0)
		return notify(atoi(argv[3]));
	(void)fputs("usage: see the source\n", stderr);
	return 2;
}
