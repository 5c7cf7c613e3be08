/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of the key socket: what it leaves in memory. */
#include "cmocka-all.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "memory.h"
#include "tempdir.h"

#define SECRET_LEN 32

static struct {
	struct tempdir dir;
	char path[PATH_MAX];
	pid_t pid; /* of who answers */
} w;

/* The secret is nowhere but where it is asked for. */
static void make_secret(uint8_t ret[SECRET_LEN])
{
	for (int i = 0; i < SECRET_LEN; i++)
		ret[i] = (uint8_t)(0x5a ^ (i * 37 + 11));
}

/* Answers one request with the secret. */
static void answer_one(int listen_fd)
{
	static uint8_t in[WIRE_REQUEST_MAX], out[WIRE_ANSWER_MAX];
	uint8_t secret[SECRET_LEN];
	struct wire_answer ans = { .data = secret };
	struct room room = { out, sizeof(out), 0 };
	int fd = accept(listen_fd, NULL, NULL);
	ssize_t n = recv(fd, in, sizeof(in), 0);

	make_secret(secret);
	if (n < 2)
		_exit(1);
	ans.op = in[1];
	ans.data_len = in[1] == WIRE_ACTIVATE ? sizeof(secret) : 0;
	if (wire_encode_answer(&ans, &room, NULL) != DEVID_OK ||
		send(fd, out, room.len, 0) != (ssize_t)room.len)
		_exit(1);
	_exit(0);
}

static int setup(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)state;
	w.dir = tempdir_new();
	(void)snprintf(w.path, sizeof(w.path), "%s",
		tempdir_file(&w.dir, "sock")); /* fits */
	assert_true(strlen(w.path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, w.path, strlen(w.path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	w.pid = fork();
	assert_true(w.pid >= 0);
	if (w.pid == 0)
		answer_one(fd);
	(void)close(fd);
	return 0;
}

static int teardown(void **state)
{
	int status;

	(void)state;
	assert_int_equal(waitpid(w.pid, &status, 0), w.pid);
	assert_int_equal(status, 0);
	tempdir_remove(&w.dir);
	return 0;
}

/* Whether this process has the secret, as another one sees it. */
static bool left_here(void)
{
	pid_t here = getpid(), pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		uint8_t secret[SECRET_LEN];

		make_secret(secret);
		_exit(memory_has(here, (struct view) { secret, SECRET_LEN }));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 1;
}

/* covers: OWN-secret-erased */
static void activate_leaves_the_secret_with_the_caller_alone(void **state)
{
	static const uint8_t part[4];
	const struct wire_credential what = { part, sizeof(part), part,
		sizeof(part) };
	struct wire_secret secret = { 0 };

	(void)state;
	assert_rc(client_activate(w.path, "idevid", &what, &secret, NULL),
		DEVID_OK);
	assert_int_equal(secret.len, SECRET_LEN);
	assert_true(left_here());
	OPENSSL_cleanse(&secret, sizeof(secret));
	assert_false(left_here());
}

/* covers: OWN-secret-erased */
static void import_leaves_the_key_with_the_caller_alone(void **state)
{
	uint8_t secret[SECRET_LEN];
	const struct wire_import what = { .pkcs8 = { secret, SECRET_LEN } };

	(void)state;
	make_secret(secret);
	assert_rc(client_import(w.path, "tls-0", &what, false, NULL), DEVID_OK);
	assert_true(left_here());
	OPENSSL_cleanse(secret, sizeof(secret));
	assert_false(left_here());
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(activate_leaves_the_secret_with_the_caller_alone),
		CASE(import_leaves_the_key_with_the_caller_alone),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
