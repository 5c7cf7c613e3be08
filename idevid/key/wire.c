/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <stdbool.h>
#include <string.h>

#include "bytes.h"

static enum devid_err finish_out(
	const struct bytes_out *o, struct room *ret, struct devid_error *err)
{
	if (o->bad)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"key socket: message too large");
	ret->len = o->room.len;
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
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	if (!name_valid(req->name, name_len))
		return devid_fail(
			err, DEVID_ERR_INVALID, "key socket: bad key name");
	if (req->data_len > WIRE_DATA_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"key socket: more than %d bytes", WIRE_DATA_MAX);
	bytes_out_uint(&o, 1, WIRE_VERSION);
	bytes_out_uint(&o, 1, req->op);
	bytes_out_uint(&o, 1, name_len);
	bytes_out_uint(&o, 1, req->arg);
	bytes_out_uint(&o, 2, req->hash);
	bytes_out_uint(&o, 2, 0);
	bytes_out_uint(&o, 4, req->data_len);
	bytes_out_put(&o, req->name, name_len);
	bytes_out_put(&o, req->data, req->data_len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_request(
	struct view in, struct wire_request *ret, struct devid_error *err)
{
	struct bytes_in i = bytes_in_init(in);
	struct wire_request req = { 0 };
	const uint8_t *name;
	size_t name_len;
	uint32_t version, zero;

	version = bytes_in_uint(&i, 1);
	req.op = (uint8_t)bytes_in_uint(&i, 1);
	name_len = bytes_in_uint(&i, 1);
	req.arg = (uint8_t)bytes_in_uint(&i, 1);
	req.hash = (uint16_t)bytes_in_uint(&i, 2);
	zero = bytes_in_uint(&i, 2);
	req.data_len = bytes_in_uint(&i, 4);
	name = bytes_in_take(&i, name_len).data;
	req.data = bytes_in_take(&i, req.data_len).data;
	if (!bytes_in_done(&i))
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
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	bytes_out_uint(&o, 1, WIRE_VERSION);
	bytes_out_uint(&o, 1, ans->op | 0x80u);
	bytes_out_uint(&o, 2, (uint32_t)-ans->code);
	bytes_out_counted(&o, 4, ans->data, ans->data_len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_answer(
	struct view in, struct wire_answer *ret, struct devid_error *err)
{
	struct bytes_in i = bytes_in_init(in);
	uint32_t version = bytes_in_uint(&i, 1);
	uint32_t op = bytes_in_uint(&i, 1);
	uint32_t code = bytes_in_uint(&i, 2);
	size_t data_len = bytes_in_uint(&i, 4);
	const uint8_t *data = bytes_in_take(&i, data_len).data;

	/* The other end may be of another release: it answered nevertheless. */
	if (in.len > 0 && version != WIRE_VERSION)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: answer of version %u, not %d",
			(unsigned)version, WIRE_VERSION);
	if (!bytes_in_done(&i) || !(op & 0x80) ||
		code > (uint32_t)-DEVID_ERR_MIN)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed answer");
	*ret = (struct wire_answer) { (uint8_t)(op & 0x7f),
		(enum devid_err) - (int)code, data, data_len };
	return DEVID_OK;
}

static void put_key(struct bytes_out *o, const struct wire_key *k)
{
	bytes_out_counted(o, 1, k->name, strnlen(k->name, sizeof(k->name)));
	bytes_out_uint(o, 1, k->alg);
	bytes_out_uint(o, 1, k->present);
	bytes_out_uint(o, 1, k->certified);
	bytes_out_uint(o, 1, k->enabled);
	bytes_out_uint(o, 1, k->cert_enabled);
	bytes_out_uint(o, 1, k->persistent);
	bytes_out_uint(o, 1, k->imported);
	bytes_out_uint(o, 1, k->tls13);
	bytes_out_counted(o, 1, k->place, strnlen(k->place, sizeof(k->place)));
	bytes_out_counted(o, 2, k->spki.data, k->spki.len);
	bytes_out_uint(o, 1, k->n_certs);
	bytes_out_uint(o, 1, k->n_stored);
	bytes_out_counted(o, 2, k->why, strnlen(k->why, sizeof(k->why)));
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

static void get_key(struct bytes_in *i, struct wire_key *k)
{
	size_t n = bytes_in_copy(i, 1, k->name, KEY_NAME_MAX);
	uint32_t tls13;

	if (!keyref_name_ok(k->name, n))
		i->bad = true;
	k->alg = (enum key_alg)bytes_in_uint(i, 1);
	k->present = bytes_in_uint(i, 1) != 0;
	k->certified = bytes_in_uint(i, 1) != 0;
	k->enabled = bytes_in_uint(i, 1) != 0;
	k->cert_enabled = bytes_in_uint(i, 1) != 0;
	k->persistent = bytes_in_uint(i, 1) != 0;
	k->imported = bytes_in_uint(i, 1) != 0;
	tls13 = bytes_in_uint(i, 1);
	k->tls13 = (enum wire_tls13)tls13;
	n = bytes_in_copy(i, 1, k->place, WIRE_PLACE_MAX);
	if (!place_valid(k->place, n))
		i->bad = true;
	k->spki.len = bytes_in_copy(i, 2, k->spki.data, KEY_SPKI_MAX);
	k->n_certs = (uint8_t)bytes_in_uint(i, 1);
	k->n_stored = (uint8_t)bytes_in_uint(i, 1);
	(void)bytes_in_copy(i, 2, k->why,
		sizeof(k->why) - 1); /* zeroed: stays terminated */
	if (k->n_stored > k->n_certs || tls13 > WIRE_TLS13_NO)
		i->bad = true;
}

static void put_text(struct bytes_out *o, const char *text, size_t size)
{
	bytes_out_counted(o, 1, text, strnlen(text, size));
}

/* Visible ASCII or blanks, or nothing: what a module says is shown. */
static void get_text(struct bytes_in *i, char *ret, size_t size)
{
	size_t n = bytes_in_copy(i, 1, ret, size - 1); /* zeroed before */

	for (size_t k = 0; k < n; k++) {
		if (ret[k] < ' ' || ret[k] > '~')
			i->bad = true;
	}
}

static void put_module(struct bytes_out *o, const struct wire_status *s)
{
	bytes_out_uint(o, 1, s->initialized);
	bytes_out_uint(o, 4, s->counters.key_generation);
	bytes_out_uint(o, 4, s->counters.key_insertion);
	bytes_out_uint(o, 4, s->counters.key_deletion);
	bytes_out_uint(o, 4, s->counters.cert_insertion);
	bytes_out_uint(o, 4, s->counters.cert_deletion);
	bytes_out_uint(o, 8, s->erasure.epoch);
	bytes_out_uint(o, 4, s->erasure.resets);
	bytes_out_uint(o, 4, s->erasure.erased_at);
	bytes_out_uint(o, 1, s->erasure.erased);
	bytes_out_uint(o, 1, s->erasure.where);
	bytes_out_uint(o, 1, s->erasure.pending);
	bytes_out_counted(o, 2, s->erasure.why,
		strnlen(s->erasure.why, sizeof(s->erasure.why)));
	put_text(o, s->about.maker, sizeof(s->about.maker));
	put_text(o, s->about.model, sizeof(s->about.model));
	put_text(o, s->about.firmware, sizeof(s->about.firmware));
	bytes_out_uint(o, 1, s->about.fips_mode);
	bytes_out_uint(o, 1, s->about.cc_eal);
	bytes_out_uint(o, 1, s->about.cc_plus);
	bytes_out_uint(o, 1, s->about.fips_level);
	put_text(o, s->about.fips_version, sizeof(s->about.fips_version));
}

static void get_module(struct bytes_in *i, struct wire_status *s)
{
	s->initialized = bytes_in_uint(i, 1) != 0;
	s->counters.key_generation = (uint32_t)bytes_in_uint(i, 4);
	s->counters.key_insertion = (uint32_t)bytes_in_uint(i, 4);
	s->counters.key_deletion = (uint32_t)bytes_in_uint(i, 4);
	s->counters.cert_insertion = (uint32_t)bytes_in_uint(i, 4);
	s->counters.cert_deletion = (uint32_t)bytes_in_uint(i, 4);
	s->erasure.epoch = bytes_in_uint(i, 8);
	s->erasure.resets = (uint32_t)bytes_in_uint(i, 4);
	s->erasure.erased_at = (uint32_t)bytes_in_uint(i, 4);
	s->erasure.erased = bytes_in_uint(i, 1) != 0;
	s->erasure.where = (uint8_t)bytes_in_uint(i, 1);
	s->erasure.pending = bytes_in_uint(i, 1) != 0;
	(void)bytes_in_copy(i, 2, s->erasure.why,
		sizeof(s->erasure.why) - 1); /* zeroed: stays terminated */
	get_text(i, s->about.maker, sizeof(s->about.maker));
	get_text(i, s->about.model, sizeof(s->about.model));
	get_text(i, s->about.firmware, sizeof(s->about.firmware));
	s->about.fips_mode = (uint8_t)bytes_in_uint(i, 1);
	s->about.cc_eal = (uint8_t)bytes_in_uint(i, 1);
	s->about.cc_plus = bytes_in_uint(i, 1) != 0;
	s->about.fips_level = (uint8_t)bytes_in_uint(i, 1);
	get_text(i, s->about.fips_version, sizeof(s->about.fips_version));
	if (s->erasure.where > WIRE_ERASED_NOT_HERE ||
		s->about.fips_mode > WIRE_YES || s->about.cc_eal > 7 ||
		s->about.fips_level > 4)
		i->bad = true;
}

enum devid_err wire_encode_status(const struct wire_status *status,
	struct room *ret, struct devid_error *err)
{
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	bytes_out_uint(&o, 2, (uint32_t)-status->module);
	bytes_out_counted(&o, 2, status->module_text,
		strnlen(status->module_text, sizeof(status->module_text)));
	bytes_out_uint(&o, 4, status->tries.failed);
	bytes_out_uint(&o, 4, status->tries.max);
	bytes_out_uint(&o, 4, status->signatures);
	bytes_out_uint(&o, 4, status->refused);
	put_module(&o, status);
	bytes_out_uint(&o, 1, status->n_keys);
	for (size_t k = 0; k < status->n_keys; k++)
		put_key(&o, &status->keys[k]);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_status(
	struct view in, struct wire_status *ret, struct devid_error *err)
{
	struct bytes_in i = bytes_in_init(in);
	uint32_t code;

	memset(ret, 0, sizeof(*ret));
	code = bytes_in_uint(&i, 2);
	(void)bytes_in_copy(&i, 2, ret->module_text,
		sizeof(ret->module_text) - 1); /* zeroed: stays terminated */
	ret->tries.failed = bytes_in_uint(&i, 4);
	ret->tries.max = bytes_in_uint(&i, 4);
	ret->signatures = bytes_in_uint(&i, 4);
	ret->refused = bytes_in_uint(&i, 4);
	get_module(&i, ret);
	ret->n_keys = bytes_in_uint(&i, 1);
	if (code > (uint32_t)-DEVID_ERR_MIN || ret->n_keys > N_KEYS)
		i.bad = true;
	ret->module = (enum devid_err) - (int)code;
	for (size_t k = 0; !i.bad && k < ret->n_keys; k++)
		get_key(&i, &ret->keys[k]);
	if (!bytes_in_done(&i))
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed status");
	return DEVID_OK;
}

/* The blobs of an attestation in their order; behind them is the chain. */
#define N_ATTEST 5

enum devid_err wire_encode_attest(const struct wire_attest *attest,
	struct room *ret, struct devid_error *err)
{
	const struct key_blob *const blobs[N_ATTEST] = { &attest->ek_cert,
		&attest->iak_pub, &attest->idevid_pub, &attest->certify,
		&attest->certify_sig };
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	for (int b = 0; b < N_ATTEST; b++)
		bytes_out_counted(&o, 2, blobs[b]->data, blobs[b]->len);
	bytes_out_counted(&o, 2, attest->ek_chain.data, attest->ek_chain.len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_attest(
	struct view in, struct wire_attest *ret, struct devid_error *err)
{
	struct key_blob *const blobs[N_ATTEST] = { &ret->ek_cert, &ret->iak_pub,
		&ret->idevid_pub, &ret->certify, &ret->certify_sig };
	struct bytes_in i = bytes_in_init(in);

	for (int b = 0; b < N_ATTEST; b++) {
		blobs[b]->len = bytes_in_copy(
			&i, 2, blobs[b]->data, sizeof(blobs[b]->data));
		if (blobs[b]->len == 0)
			i.bad = true;
	}
	ret->ek_chain.len = bytes_in_copy(
		&i, 2, ret->ek_chain.data, sizeof(ret->ek_chain.data));
	if (!bytes_in_done(&i))
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed attestation");
	return DEVID_OK;
}

#define N_CERTIFY 3

enum devid_err wire_encode_certify(const struct wire_certify *certify,
	struct room *ret, struct devid_error *err)
{
	const struct key_blob *const blobs[N_CERTIFY] = { &certify->attest,
		&certify->signature, &certify->public };
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	for (int b = 0; b < N_CERTIFY; b++)
		bytes_out_counted(&o, 2, blobs[b]->data, blobs[b]->len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_certify(
	struct view in, struct wire_certify *ret, struct devid_error *err)
{
	struct key_blob *const blobs[N_CERTIFY] = { &ret->attest,
		&ret->signature, &ret->public };
	struct bytes_in i = bytes_in_init(in);

	for (int b = 0; b < N_CERTIFY; b++) {
		blobs[b]->len = bytes_in_copy(
			&i, 2, blobs[b]->data, sizeof(blobs[b]->data));
		if (blobs[b]->len == 0)
			i.bad = true;
	}
	if (!bytes_in_done(&i))
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed certification");
	return DEVID_OK;
}

enum devid_err wire_encode_import(const struct wire_import *what,
	struct room *ret, struct devid_error *err)
{
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	if (what->pkcs8.len == 0 || what->pkcs8.len > WIRE_PKCS8_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"key socket: private key of %zu bytes, 1 to %d are "
			"taken",
			what->pkcs8.len, WIRE_PKCS8_MAX);
	bytes_out_counted(&o, 2, what->pkcs8.data, what->pkcs8.len);
	bytes_out_put(&o, what->chain.data, what->chain.len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_import(
	struct view in, struct wire_import *ret, struct devid_error *err)
{
	struct bytes_in i = bytes_in_init(in);
	struct view pkcs8 = bytes_in_counted(&i, 2);

	if (i.bad || pkcs8.len == 0 || pkcs8.len > WIRE_PKCS8_MAX)
		return devid_fail(err, DEVID_ERR_PROTOCOL,
			"key socket: malformed import");
	ret->pkcs8 = pkcs8;
	ret->chain = i.rest;
	return DEVID_OK;
}

static bool credential_len_ok(size_t len)
{
	return len > 0 && len <= WIRE_CREDENTIAL_PART_MAX;
}

enum devid_err wire_encode_credential(const struct wire_credential *what,
	struct room *ret, struct devid_error *err)
{
	struct bytes_out o = bytes_out_init(ret->data, ret->size);

	if (!credential_len_ok(what->id_object_len) ||
		!credential_len_ok(what->enc_secret_len))
		return devid_fail(err, DEVID_ERR_INVALID,
			"key socket: credential of %zu and %zu bytes",
			what->id_object_len, what->enc_secret_len);
	bytes_out_counted(&o, 2, what->id_object, what->id_object_len);
	bytes_out_counted(&o, 2, what->enc_secret, what->enc_secret_len);
	return finish_out(&o, ret, err);
}

enum devid_err wire_decode_credential(
	struct view in, struct wire_credential *ret, struct devid_error *err)
{
	struct bytes_in i = bytes_in_init(in);
	struct wire_credential what;

	what.id_object_len = bytes_in_uint(&i, 2);
	what.id_object = bytes_in_take(&i, what.id_object_len).data;
	what.enc_secret_len = bytes_in_uint(&i, 2);
	what.enc_secret = bytes_in_take(&i, what.enc_secret_len).data;
	if (!bytes_in_done(&i) || !credential_len_ok(what.id_object_len) ||
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
