/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "cleanup.h"
#include "fail.h"

#define WAIT_SECONDS        60  /* some signatures queue behind a slow TPM */
#define WAIT_CREATE_SECONDS 300 /* RSA key generation in hardware */

static enum devid_err connect_error(int cause)
{
	switch (cause) {
	case EACCES:
		return DEVID_ERR_DENIED;
	case EAGAIN:
		return DEVID_ERR_TIMEOUT;
	case EPROTOTYPE: /* somebody listens, on a socket of another type */
		return DEVID_ERR_PROTOCOL;
	default:
		return DEVID_ERR_KEYD_ABSENT;
	}
}

/* The time limit is set first: connect() waits as well, while the queue of
 * connections is full. */
static enum devid_err connect_keyd(
	const char *path, time_t seconds, int *ret_fd, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval wait = { seconds, 0 };
	size_t len = strlen(path);

	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) <
			0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) <
			0)
		return devid_fail(
			err, DEVID_ERR_IO, "key socket: %s", strerror(errno));
	if (len >= sizeof(addr.sun_path))
		return devid_fail(err, DEVID_ERR_INVALID,
			"key socket: %s: path too long", path);
	memcpy(addr.sun_path, path, len + 1);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return devid_fail(err, connect_error(errno),
			"key socket: %s: devid-keyd not reachable: %s", path,
			errno == EAGAIN ? "no place in its queue in time"
					: strerror(errno));
	*ret_fd = steal_fd(&fd);
	return DEVID_OK;
}

static enum devid_err io_error(const char *path, struct devid_error *err)
{
	if (errno == EAGAIN)
		return devid_fail(err, DEVID_ERR_TIMEOUT,
			"key socket: %s: no answer in time", path);
	return devid_fail(err, DEVID_ERR_KEYD_ABSENT,
		"key socket: %s: devid-keyd gone: %s", path, strerror(errno));
}

/* One record out, one record in. */
static enum devid_err exchange(const char *path, int fd, struct view req,
	struct room *ret, struct devid_error *err)
{
	ssize_t n;

	do
		n = send(fd, req.data, req.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return io_error(path, err);
	do
		n = recv(fd, ret->data, ret->size, 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ECONNRESET;
	if (n <= 0)
		return io_error(path, err);
	ret->len = (size_t)n;
	return DEVID_OK;
}

/* The answer is @op's and no error, or its error is passed on. */
static enum devid_err check_answer(
	const struct wire_answer *ans, uint8_t op, struct devid_error *err)
{
	if (ans->op != op)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: answer to another request");
	if (ans->code == DEVID_OK)
		return DEVID_OK;
	if (ans->data_len == 0)
		return devid_fail(err, ans->code, "devid-keyd: %s",
			devid_err_name(ans->code));
	return devid_fail(err, ans->code, "%.*s",
		(int)(ans->data_len < DEVID_ERROR_TEXT_MAX
				? ans->data_len
				: DEVID_ERROR_TEXT_MAX),
		(const char *)ans->data);
}

/* Longer than the service itself waits for the TPM. */
static time_t wait_seconds(uint8_t op)
{
	return op == WIRE_CREATE || op == WIRE_ATTEST || op == WIRE_ACTIVATE
		       ? WAIT_CREATE_SECONDS
		       : WAIT_SECONDS;
}

enum devid_err client_request(const char *path, const struct wire_request *req,
	struct room *ret, struct devid_error *err)
{
	size_t out_max = WIRE_REQUEST_HEADER + KEY_NAME_MAX + req->data_len;
	CLEANUP(cleanup_free) uint8_t *out_buf = malloc(out_max);
	CLEANUP(cleanup_free) uint8_t *in_buf = malloc(WIRE_ANSWER_MAX);
	CLEANUP(cleanup_close) int fd = -1;
	struct room out = { out_buf, out_max, 0 };
	struct room in = { in_buf, WIRE_ANSWER_MAX, 0 };
	struct wire_answer ans = { 0 };
	enum devid_err rc;

	if (!out_buf || !in_buf)
		return fail_no_memory_for(err, "key socket");
	rc = wire_encode_request(req, &out, err);
	if (rc == DEVID_OK)
		rc = connect_keyd(path, wait_seconds(req->op), &fd, err);
	if (rc != DEVID_OK)
		return rc;
	rc = exchange(path, fd, (struct view) { out.data, out.len }, &in, err);
	if (rc == DEVID_OK)
		rc = wire_decode_answer(
			(struct view) { in.data, in.len }, &ans, err);
	if (rc == DEVID_OK)
		rc = check_answer(&ans, req->op, err);
	if (rc != DEVID_OK)
		return rc;
	if (ans.data_len > ret->size)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: answer of %zu bytes", ans.data_len);
	if (ans.data_len > 0)
		memcpy(ret->data, ans.data, ans.data_len);
	ret->len = ans.data_len;
	return DEVID_OK;
}

/* The answer is in *@ret_buf, which is the caller's: free(). */
static enum devid_err ask(const char *path, const struct wire_request *req,
	uint8_t **ret_buf, struct view *ret, struct devid_error *err)
{
	uint8_t *buf = malloc(WIRE_ANSWER_MAX);
	struct room in = { buf, WIRE_ANSWER_MAX, 0 };
	enum devid_err rc;

	*ret_buf = buf;
	if (!buf)
		return fail_no_memory_for(err, "key socket");
	rc = client_request(path, req, &in, err);
	*ret = (struct view) { in.data, in.len };
	return rc;
}

enum devid_err client_status(
	const char *path, struct wire_status *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	const struct wire_request req = { .op = WIRE_STATUS };
	struct view answer = { NULL, 0 };
	enum devid_err rc = ask(path, &req, &buf, &answer, err);

	return rc == DEVID_OK ? wire_decode_status(answer, ret, err) : rc;
}

enum devid_err client_sign(const char *path, const struct client_sign *what,
	struct key_sig *ret, struct devid_error *err)
{
	struct wire_request req = {
		.op = WIRE_SIGN,
		.arg = (uint8_t)what->scheme,
		.hash = (uint16_t)what->hash,
		.data = what->data,
		.data_len = what->data_len,
	};
	struct room in = { ret->data, sizeof(ret->data), 0 };
	size_t name_len = strlen(what->key);
	enum devid_err rc;

	if (name_len > KEY_NAME_MAX)
		return devid_fail(
			err, DEVID_ERR_INVALID, "key socket: bad key name");
	memcpy(req.name, what->key, name_len);
	rc = client_request(path, &req, &in, err);
	if (rc == DEVID_OK)
		ret->len = in.len;
	return rc;
}

enum devid_err client_attest(const char *path, struct view ek_cert,
	struct wire_attest *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	const struct wire_request req = {
		.op = WIRE_ATTEST, .data = ek_cert.data, .data_len = ek_cert.len
	};
	struct view answer = { NULL, 0 };
	enum devid_err rc = ask(path, &req, &buf, &answer, err);

	return rc == DEVID_OK ? wire_decode_attest(answer, ret, err) : rc;
}

enum devid_err client_activate(const char *path,
	const struct wire_credential *what, struct wire_secret *ret,
	struct devid_error *err)
{
	uint8_t data[WIRE_CREDENTIAL_MAX];
	struct room out = { data, sizeof(data), 0 };
	struct room in = { ret->data, sizeof(ret->data), 0 };
	struct wire_request req = { .op = WIRE_ACTIVATE, .data = data };
	enum devid_err rc;

	rc = wire_encode_credential(what, &out, err);
	if (rc != DEVID_OK)
		return rc;
	req.data_len = out.len;
	rc = client_request(path, &req, &in, err);
	if (rc == DEVID_OK)
		ret->len = in.len;
	return rc;
}
