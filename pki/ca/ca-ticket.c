/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-ticket.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "digest.h"

#define TICKET_VERSION 4

/* Both keys are of one type: PROOF_KEYS_DIFFER. */
static enum key_alg alg_of(const struct ca_ticket *t)
{
	const struct key_blob *spki = &t->spki[KEY_ROLE_IDEVID];

	return key_alg_of_spki(spki->data, spki->len);
}

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from); /* bounded by the proof's rules */
}

/* Without the room that it does not need: a key fills a tenth of it. */
static void copy_key(const struct key_blob *from, struct key_blob *to)
{
	to->len = from->len;
	memcpy(to->data, from->data, from->len);
}

/* SHA-256 of each SubjectPublicKeyInfo: the same EK in another certificate is
 * the same TPM. */
static bool hash_keys(const struct ek_cert *ek, struct ca_ticket *ret)
{
	struct view spki = ek->view.spki_whole;
	bool ok = digest_hash(spki.data, spki.len, ret->device.ek_fingerprint);

	for (int i = 0; ok && i < N_MAKER_ROLES; i++)
		ok = digest_hash(ret->spki[i].data, ret->spki[i].len,
			ret->key_fingerprint[i]);
	return ok;
}

enum devid_err ca_ticket_from_proof(const struct proof *proof,
	const char *station, struct ca_ticket *ret, struct devid_error *err)
{
	struct register_device *d = &ret->device;

	memset(d, 0, sizeof(*d));
	copy_text(d->serial, sizeof(d->serial), proof->serial);
	copy_text(d->model, sizeof(d->model), proof->model);
	copy_text(d->tpm_vendor, sizeof(d->tpm_vendor),
		proof->ek.vendor[0] ? proof->ek.vendor
				    : proof->ek.manufacturer);
	copy_text(d->tpm_model, sizeof(d->tpm_model), proof->ek.model);
	copy_text(d->tpm_firmware, sizeof(d->tpm_firmware), proof->ek.version);
	copy_text(d->station, sizeof(d->station), station);
	memcpy(d->ek_cert_fingerprint, proof->ek.fingerprint, 32);
	copy_key(&proof->idevid_spki, &ret->spki[KEY_ROLE_IDEVID]);
	copy_key(&proof->iak_spki, &ret->spki[KEY_ROLE_IAK]);
	ret->alg = alg_of(ret);
	if (!hash_keys(&proof->ek, ret))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"request: its keys cannot be hashed");
	return ek_cert_hw_serial(
		&proof->ek, ret->hw_serial, sizeof(ret->hw_serial), err);
}

static void put(struct bytes_out *out, const void *data, size_t len)
{
	bytes_out_counted(out, 2, data, len);
}

static void put_text(struct bytes_out *out, const char *text)
{
	put(out, text, strlen(text));
}

static void put_number(struct bytes_out *out, int64_t number)
{
	bytes_out_uint(out, 2, sizeof(number));
	bytes_out_uint(out, sizeof(number), (uint64_t)number);
}

enum devid_err ca_ticket_encode(const struct ca_ticket *in,
	uint8_t buf[CA_TICKET_MAX], size_t *ret_len, struct devid_error *err)
{
	const struct register_device *d = &in->device;
	struct bytes_out w = bytes_out_init(buf, CA_TICKET_MAX);

	bytes_out_uint(&w, 1, TICKET_VERSION);
	put_number(&w, in->deadline);
	put_number(&w, in->turns);
	put(&w, in->secret_hash, sizeof(in->secret_hash));
	put_text(&w, d->serial);
	put_text(&w, d->model);
	put_text(&w, d->tpm_vendor);
	put_text(&w, d->tpm_model);
	put_text(&w, d->tpm_firmware);
	put_text(&w, d->station);
	put_text(&w, in->hw_serial);
	put(&w, d->ek_fingerprint, sizeof(d->ek_fingerprint));
	put(&w, d->ek_cert_fingerprint, sizeof(d->ek_cert_fingerprint));
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		put(&w, in->spki[i].data, in->spki[i].len);
		put(&w, in->key_fingerprint[i], sizeof(in->key_fingerprint[i]));
	}
	if (w.bad)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"request: too large for a ticket");
	*ret_len = w.room.len;
	return DEVID_OK;
}

/* One element of @len bytes. */
static void get(struct bytes_in *in, void *to, size_t len)
{
	if (bytes_in_copy(in, 2, to, len) != len)
		in->bad = true;
}

static void get_text(struct bytes_in *in, char *to, size_t size)
{
	to[bytes_in_copy(in, 2, to, size - 1)] = '\0';
}

static int64_t get_number(struct bytes_in *in)
{
	if (bytes_in_uint(in, 2) != sizeof(int64_t))
		in->bad = true;
	return (int64_t)bytes_in_uint(in, sizeof(int64_t));
}

enum devid_err ca_ticket_parse(const uint8_t *data, size_t len,
	struct ca_ticket *ret, struct devid_error *err)
{
	struct register_device *d = &ret->device;
	struct bytes_in r = bytes_in_init((struct view) { data, len });

	memset(d, 0, sizeof(*d));
	if (bytes_in_uint(&r, 1) != TICKET_VERSION)
		r.bad = true;
	ret->deadline = get_number(&r);
	ret->turns = get_number(&r);
	get(&r, ret->secret_hash, 32);
	get_text(&r, d->serial, sizeof(d->serial));
	get_text(&r, d->model, sizeof(d->model));
	get_text(&r, d->tpm_vendor, sizeof(d->tpm_vendor));
	get_text(&r, d->tpm_model, sizeof(d->tpm_model));
	get_text(&r, d->tpm_firmware, sizeof(d->tpm_firmware));
	get_text(&r, d->station, sizeof(d->station));
	get_text(&r, ret->hw_serial, sizeof(ret->hw_serial));
	get(&r, d->ek_fingerprint, 32);
	get(&r, d->ek_cert_fingerprint, 32);
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		ret->spki[i].len = bytes_in_copy(
			&r, 2, ret->spki[i].data, sizeof(ret->spki[i].data));
		if (ret->spki[i].len == 0)
			r.bad = true;
		get(&r, ret->key_fingerprint[i], 32);
	}
	ret->alg = alg_of(ret);
	if (!bytes_in_done(&r))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"challenge: its ticket cannot be read");
	return DEVID_OK;
}
