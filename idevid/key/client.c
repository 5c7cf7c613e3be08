/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <openssl/crypto.h>
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
	static const uint8_t slow[] = { WIRE_CREATE, WIRE_ATTEST, WIRE_ACTIVATE,
		WIRE_INIT, WIRE_IMPORT, WIRE_ERASE, WIRE_CERTIFY, WIRE_EPOCH };

	return memchr(slow, op, sizeof(slow)) ? WAIT_CREATE_SECONDS
					      : WAIT_SECONDS;
}

/* A request may hold a private key, an answer the secret of a credential. */
static void erase_room(struct room *room)
{
	if (room->data)
		OPENSSL_cleanse(room->data, room->size);
	free(room->data);
}

enum devid_err client_request(const char *path, const struct wire_request *req,
	struct room *ret, struct devid_error *err)
{
	size_t out_max = WIRE_REQUEST_HEADER + KEY_NAME_MAX + req->data_len;
	CLEANUP(erase_room) struct room out = { malloc(out_max), out_max, 0 };
	CLEANUP(erase_room)
	struct room in = { malloc(WIRE_ANSWER_MAX), WIRE_ANSWER_MAX, 0 };
	CLEANUP(cleanup_close) int fd = -1;
	struct wire_answer ans = { 0 };
	enum devid_err rc;

	if (!out.data || !in.data)
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

/* That an answer without an error holds what was asked for. */
static enum devid_err check_has(
	const struct room *answer, const char *what, struct devid_error *err)
{
	return answer->len > 0 ? DEVID_OK
			       : devid_fail(err, DEVID_ERR_PROTOCOL,
					 "key socket: answer without %s", what);
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

static enum devid_err name_key(
	struct wire_request *req, const char *key, struct devid_error *err)
{
	size_t len = strlen(key);

	if (len > KEY_NAME_MAX)
		return devid_fail(
			err, DEVID_ERR_INVALID, "key socket: bad key name");
	memcpy(req->name, key, len + 1);
	return DEVID_OK;
}

enum devid_err client_find_key(const char *path, const char *name,
	struct wire_key *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free)
	struct wire_status *status = malloc(sizeof(*status));
	enum devid_err rc;

	if (!status)
		return fail_no_memory(err);
	rc = client_status(path, status, err);
	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; i < status->n_keys; i++) {
		if (strcmp(status->keys[i].name, name) != 0)
			continue;
		if (status->keys[i].alg == KEY_ALG_NONE)
			return devid_fail(err, DEVID_ERR_NOT_FOUND,
				"%s: %.200s", name, status->keys[i].why);
		*ret = status->keys[i];
		return DEVID_OK;
	}
	if (status->module != DEVID_OK)
		return devid_fail(
			err, status->module, "%s", status->module_text);
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		"%s: there is no key of "
		"that name",
		name);
}

enum devid_err client_change(const char *path, const struct client_change *what,
	struct devid_error *err)
{
	struct wire_request req = {
		.op = what->op,
		.arg = what->arg,
		.hash = what->hash,
		.data = what->data.data,
		.data_len = what->data.len,
	};
	struct room nothing = { NULL, 0, 0 };
	enum devid_err rc = DEVID_OK;

	if (what->key)
		rc = name_key(&req, what->key, err);
	return rc == DEVID_OK ? client_request(path, &req, &nothing, err) : rc;
}

enum devid_err client_import(const char *path, const char *key,
	const struct wire_import *what, bool persistent,
	struct devid_error *err)
{
	size_t size = 2 + what->pkcs8.len + what->chain.len;
	CLEANUP(erase_room) struct room data = { malloc(size), size, 0 };
	struct client_change change = {
		.op = WIRE_IMPORT, .arg = persistent, .key = key
	};
	enum devid_err rc;

	if (!data.data)
		return fail_no_memory(err);
	rc = wire_encode_import(what, &data, err);
	change.data = (struct view) { data.data, data.len };
	return rc == DEVID_OK ? client_change(path, &change, err) : rc;
}

enum devid_err client_chain(const char *path, const char *key, struct room *ret,
	struct devid_error *err)
{
	struct wire_request req = { .op = WIRE_CHAIN };
	enum devid_err rc = name_key(&req, key, err);

	return rc == DEVID_OK ? client_request(path, &req, ret, err) : rc;
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
	enum devid_err rc = name_key(&req, what->key, err);

	if (rc == DEVID_OK)
		rc = client_request(path, &req, &in, err);
	if (rc == DEVID_OK)
		rc = check_has(&in, "a signature", err);
	if (rc == DEVID_OK)
		ret->len = in.len;
	return rc;
}

enum devid_err client_attest(const char *path, const char *key,
	struct view ek_cert, struct wire_attest *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct wire_request req = {
		.op = WIRE_ATTEST, .data = ek_cert.data, .data_len = ek_cert.len
	};
	struct view answer = { NULL, 0 };
	enum devid_err rc = name_key(&req, key, err);

	if (rc == DEVID_OK)
		rc = ask(path, &req, &buf, &answer, err);
	return rc == DEVID_OK ? wire_decode_attest(answer, ret, err) : rc;
}

enum devid_err client_activate(const char *path, const char *key,
	const struct wire_credential *what, struct wire_secret *ret,
	struct devid_error *err)
{
	uint8_t data[WIRE_CREDENTIAL_MAX];
	struct room out = { data, sizeof(data), 0 };
	struct room in = { ret->data, sizeof(ret->data), 0 };
	struct wire_request req = { .op = WIRE_ACTIVATE, .data = data };
	enum devid_err rc;

	rc = name_key(&req, key, err);
	if (rc == DEVID_OK)
		rc = wire_encode_credential(what, &out, err);
	if (rc != DEVID_OK)
		return rc;
	req.data_len = out.len;
	rc = client_request(path, &req, &in, err);
	if (rc == DEVID_OK)
		rc = check_has(&in, "a secret", err);
	if (rc == DEVID_OK)
		ret->len = in.len;
	return rc;
}

/* What the IAK states of what is called @name. */
static enum devid_err ask_statement(const char *path, const char *name,
	struct wire_request req, struct wire_certify *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct view answer = { NULL, 0 };
	enum devid_err rc = name_key(&req, name, err);

	if (rc == DEVID_OK)
		rc = ask(path, &req, &buf, &answer, err);
	return rc == DEVID_OK ? wire_decode_certify(answer, ret, err) : rc;
}

enum devid_err client_certify(const char *path, const char *key,
	struct view nonce, struct wire_certify *ret, struct devid_error *err)
{
	const struct wire_request req = {
		.op = WIRE_CERTIFY, .data = nonce.data, .data_len = nonce.len
	};

	return ask_statement(path, key, req, ret, err);
}

enum devid_err client_epoch(const char *path, struct view nonce,
	struct wire_certify *ret, struct devid_error *err)
{
	const struct wire_request req = {
		.op = WIRE_EPOCH, .data = nonce.data, .data_len = nonce.len
	};

	return ask_statement(path, key_id_name(KEY_IAK), req, ret, err);
}
