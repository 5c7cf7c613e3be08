/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <stdbool.h>
#include <string.h>

/* Writer and reader that go bad once and stay so. */
struct out {
	uint8_t *p;
	size_t left;
	bool bad;
};

struct in {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static void put_bytes(struct out *o, const void *data, size_t len)
{
	if (o->bad || len > o->left) {
		o->bad = true;
		return;
	}
	if (len > 0)
		memcpy(o->p, data, len);
	o->p += len;
	o->left -= len;
}

static void put_uint(struct out *o, uint32_t v, unsigned n)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	put_bytes(o, b + 4 - n, n);
}

/* A string or blob behind a length of @n bytes. */
static void put_counted(struct out *o, const void *data, size_t len, unsigned n)
{
	put_uint(o, (uint32_t)len, n);
	put_bytes(o, data, len);
}

static const uint8_t *get_bytes(struct in *i, size_t len)
{
	const uint8_t *p = i->p;

	if (i->bad || len > i->left) {
		i->bad = true;
		return NULL;
	}
	i->p += len;
	i->left -= len;
	return p;
}

static uint32_t get_uint(struct in *i, unsigned n)
{
	const uint8_t *p = get_bytes(i, n);
	uint32_t v = 0;

	while (p && n--)
		v = v << 8 | *p++;
	return v;
}

/* Copies a counted field of at most @max bytes to @ret. */
static size_t get_counted(struct in *i, unsigned n, void *ret, size_t max)
{
	size_t len = get_uint(i, n);
	const uint8_t *p;

	if (len > max)
		i->bad = true;
	p = get_bytes(i, len);
	if (!p)
		return 0;
	memcpy(ret, p, len);
	return len;
}

static enum devid_err finish_out(
	const struct out *o, struct room *ret, struct devid_error *err)
{
	if (o->bad)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"key socket: message too large");
	ret->len = (size_t)(o->p - ret->data);
	return DEVID_OK;
}

static bool name_valid(const char *name, size_t len)
{
	return len == 0 || keyref_name_ok(name, len);
}

enum devid_err wire_encode_request(const struct wire_request *req,
	struct room *ret, struct devid_error *err)
{
	size_t name_len = strnlen(req->name, sizeof(req->name));
	struct out o = { ret->data, ret->size, false };

	if (!name_valid(req->name, name_len))
		return devid_fail(
			err, DEVID_ERR_INVALID, "key socket: bad key name");
	if (req->data_len > WIRE_DATA_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"key socket: more than %d bytes", WIRE_DATA_MAX);
	put_uint(&o, WIRE_VERSION, 1);
	put_uint(&o, req->op, 1);
	put_uint(&o, (uint32_t)name_len, 1);
	put_uint(&o, req->arg, 1);
	put_uint(&o, req->hash, 2);
	put_uint(&o, 0, 2);
	put_uint(&o, (uint32_t)req->data_len, 4);
	put_bytes(&o, req->name, name_len);
	put_bytes(&o, req->data, req->data_len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_request(
	struct view in, struct wire_request *ret, struct devid_error *err)
{
	struct in i = { in.data, in.len, false };
	struct wire_request req = { 0 };
	const uint8_t *name;
	size_t name_len;
	uint32_t version, zero;

	version = get_uint(&i, 1);
	req.op = (uint8_t)get_uint(&i, 1);
	name_len = get_uint(&i, 1);
	req.arg = (uint8_t)get_uint(&i, 1);
	req.hash = (uint16_t)get_uint(&i, 2);
	zero = get_uint(&i, 2);
	req.data_len = get_uint(&i, 4);
	name = get_bytes(&i, name_len);
	req.data = get_bytes(&i, req.data_len);
	if (i.bad || i.left != 0)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: request of %zu bytes does not fit its "
			"fields",
			in.len);
	if (version != WIRE_VERSION || zero != 0)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: request of version %u, not %d",
			(unsigned)version, WIRE_VERSION);
	if (!name_valid((const char *)name, name_len) ||
		req.data_len > WIRE_DATA_MAX)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: bad key name or data size");
	memcpy(req.name, name, name_len);
	*ret = req;
	return DEVID_OK;
}

enum devid_err wire_encode_answer(const struct wire_answer *ans,
	struct room *ret, struct devid_error *err)
{
	struct out o = { ret->data, ret->size, false };

	put_uint(&o, WIRE_VERSION, 1);
	put_uint(&o, ans->op | 0x80u, 1);
	put_uint(&o, (uint32_t)-ans->code, 2);
	put_counted(&o, ans->data, ans->data_len, 4);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_answer(
	struct view in, struct wire_answer *ret, struct devid_error *err)
{
	struct in i = { in.data, in.len, false };
	uint32_t version = get_uint(&i, 1);
	uint32_t op = get_uint(&i, 1);
	uint32_t code = get_uint(&i, 2);
	size_t data_len = get_uint(&i, 4);
	const uint8_t *data = get_bytes(&i, data_len);

	if (i.bad || i.left != 0 || version != WIRE_VERSION || !(op & 0x80) ||
		code > (uint32_t)-DEVID_ERR_MIN)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed answer");
	*ret = (struct wire_answer) { (uint8_t)(op & 0x7f),
		(enum devid_err) - (int)code, data, data_len };
	return DEVID_OK;
}

static void put_key(struct out *o, const struct wire_key *k)
{
	put_counted(o, k->name, strnlen(k->name, sizeof(k->name)), 1);
	put_uint(o, k->alg, 1);
	put_uint(o, k->present, 1);
	put_uint(o, k->certified, 1);
	put_uint(o, k->enabled, 1);
	put_uint(o, k->tls13, 1);
	put_counted(o, k->place, strnlen(k->place, sizeof(k->place)), 1);
	put_counted(o, k->spki.data, k->spki.len, 2);
}

/* Visible ASCII: it is shown to people, and a PKCS#11 URI has no other
 * (RFC 7512 2.3). */
static bool place_valid(const char *place, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (place[i] <= ' ' || place[i] > '~')
			return false;
	}
	return len > 0;
}

static void get_key(struct in *i, struct wire_key *k)
{
	size_t n = get_counted(i, 1, k->name, KEY_NAME_MAX);

	if (!keyref_name_ok(k->name, n))
		i->bad = true;
	k->alg = (enum key_alg)get_uint(i, 1);
	k->present = get_uint(i, 1) != 0;
	k->certified = get_uint(i, 1) != 0;
	k->enabled = get_uint(i, 1) != 0;
	k->tls13 = get_uint(i, 1) != 0;
	n = get_counted(i, 1, k->place, WIRE_PLACE_MAX);
	if (!place_valid(k->place, n))
		i->bad = true;
	k->spki.len = get_counted(i, 2, k->spki.data, KEY_SPKI_MAX);
}

enum devid_err wire_encode_status(const struct wire_status *status,
	struct room *ret, struct devid_error *err)
{
	struct out o = { ret->data, ret->size, false };

	put_uint(&o, (uint32_t)-status->module, 2);
	put_counted(&o, status->module_text,
		strnlen(status->module_text, sizeof(status->module_text)), 2);
	put_uint(&o, status->signatures, 4);
	put_uint(&o, status->refused, 4);
	put_uint(&o, (uint32_t)status->n_keys, 1);
	for (size_t k = 0; k < status->n_keys; k++)
		put_key(&o, &status->keys[k]);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_status(
	struct view in, struct wire_status *ret, struct devid_error *err)
{
	struct in i = { in.data, in.len, false };
	uint32_t code;

	memset(ret, 0, sizeof(*ret));
	code = get_uint(&i, 2);
	(void)get_counted(&i, 2, ret->module_text,
		sizeof(ret->module_text) - 1); /* zeroed: stays terminated */
	ret->signatures = get_uint(&i, 4);
	ret->refused = get_uint(&i, 4);
	ret->n_keys = get_uint(&i, 1);
	if (code > (uint32_t)-DEVID_ERR_MIN || ret->n_keys > N_KEY_ROLES)
		i.bad = true;
	ret->module = (enum devid_err) - (int)code;
	for (size_t k = 0; !i.bad && k < ret->n_keys; k++)
		get_key(&i, &ret->keys[k]);
	if (i.bad || i.left != 0)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed status");
	return DEVID_OK;
}

/* The blobs of an attestation in their order. */
#define N_ATTEST 5

enum devid_err wire_encode_attest(const struct wire_attest *attest,
	struct room *ret, struct devid_error *err)
{
	const struct key_blob *const blobs[N_ATTEST] = { &attest->ek_cert,
		&attest->iak_pub, &attest->idevid_pub, &attest->certify,
		&attest->certify_sig };
	struct out o = { ret->data, ret->size, false };

	for (int b = 0; b < N_ATTEST; b++)
		put_counted(&o, blobs[b]->data, blobs[b]->len, 2);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_attest(
	struct view in, struct wire_attest *ret, struct devid_error *err)
{
	struct key_blob *const blobs[N_ATTEST] = { &ret->ek_cert, &ret->iak_pub,
		&ret->idevid_pub, &ret->certify, &ret->certify_sig };
	struct in i = { in.data, in.len, false };

	for (int b = 0; b < N_ATTEST; b++) {
		blobs[b]->len = get_counted(
			&i, 2, blobs[b]->data, sizeof(blobs[b]->data));
		if (blobs[b]->len == 0)
			i.bad = true;
	}
	if (i.bad || i.left != 0)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed attestation");
	return DEVID_OK;
}

static bool credential_len_ok(size_t len)
{
	return len > 0 && len <= WIRE_CREDENTIAL_PART_MAX;
}

enum devid_err wire_encode_credential(const struct wire_credential *what,
	struct room *ret, struct devid_error *err)
{
	struct out o = { ret->data, ret->size, false };

	if (!credential_len_ok(what->id_object_len) ||
		!credential_len_ok(what->enc_secret_len))
		return devid_fail(err, DEVID_ERR_INVALID,
			"key socket: credential of %zu and %zu bytes",
			what->id_object_len, what->enc_secret_len);
	put_counted(&o, what->id_object, what->id_object_len, 2);
	put_counted(&o, what->enc_secret, what->enc_secret_len, 2);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_credential(
	struct view in, struct wire_credential *ret, struct devid_error *err)
{
	struct in i = { in.data, in.len, false };
	struct wire_credential what;

	what.id_object_len = get_uint(&i, 2);
	what.id_object = get_bytes(&i, what.id_object_len);
	what.enc_secret_len = get_uint(&i, 2);
	what.enc_secret = get_bytes(&i, what.enc_secret_len);
	if (i.bad || i.left != 0 || !credential_len_ok(what.id_object_len) ||
		!credential_len_ok(what.enc_secret_len))
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed credential");
	*ret = what;
	return DEVID_OK;
}

const char *wire_socket_path(void)
{
	const char *path = secure_getenv("DEVID_KEYD_SOCKET");

	return path && *path ? path : WIRE_SOCKET_DEFAULT;
}
