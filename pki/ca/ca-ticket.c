/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-ticket.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"

#define TICKET_VERSION 3

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

	for (int i = 0; ok && i < N_KEY_ROLES; i++)
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
	if (!hash_keys(&proof->ek, ret))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"request: its keys cannot be hashed");
	return ek_cert_hw_serial(
		&proof->ek, ret->hw_serial, sizeof(ret->hw_serial), err);
}

struct writer {
	uint8_t *buf;
	size_t len;
	bool full;
};

/* u16 length, bytes. */
static void put(struct writer *w, const void *data, size_t len)
{
	if (w->full || len > UINT16_MAX || len + 2 > CA_TICKET_MAX - w->len) {
		w->full = true;
		return;
	}
	w->buf[w->len] = (uint8_t)(len >> 8);
	w->buf[w->len + 1] = (uint8_t)len;
	memcpy(w->buf + w->len + 2, data, len);
	w->len += 2 + len;
}

static void put_text(struct writer *w, const char *text)
{
	put(w, text, strlen(text));
}

/* Big endian. */
static void put_number(struct writer *w, int64_t number)
{
	uint64_t be = htobe64((uint64_t)number);

	put(w, &be, sizeof(be));
}

enum devid_err ca_ticket_encode(const struct ca_ticket *in,
	uint8_t buf[CA_TICKET_MAX], size_t *ret_len, struct devid_error *err)
{
	const struct register_device *d = &in->device;
	struct writer w = { buf, 1, false };

	buf[0] = TICKET_VERSION;
	put_number(&w, in->deadline);
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
	for (int i = 0; i < N_KEY_ROLES; i++) {
		put(&w, in->spki[i].data, in->spki[i].len);
		put(&w, in->key_fingerprint[i], sizeof(in->key_fingerprint[i]));
	}
	if (w.full)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"request: too large for a ticket");
	*ret_len = w.len;
	return DEVID_OK;
}

struct reader {
	const uint8_t *data;
	size_t len;
	bool bad;
};

/* One element of @min to @max bytes. */
static size_t get(struct reader *r, void *to, size_t min, size_t max)
{
	size_t len;

	if (r->bad || r->len < 2) {
		r->bad = true;
		return 0;
	}
	len = (size_t)r->data[0] << 8 | r->data[1];
	if (len > r->len - 2 || len < min || len > max) {
		r->bad = true;
		return 0;
	}
	memcpy(to, r->data + 2, len);
	r->data += 2 + len;
	r->len -= 2 + len;
	return len;
}

static void get_text(struct reader *r, char *to, size_t size)
{
	to[get(r, to, 0, size - 1)] = '\0';
}

static int64_t get_number(struct reader *r)
{
	uint64_t be = 0;

	(void)get(r, &be, sizeof(be), sizeof(be));
	return (int64_t)be64toh(be);
}

enum devid_err ca_ticket_parse(const uint8_t *data, size_t len,
	struct ca_ticket *ret, struct devid_error *err)
{
	struct register_device *d = &ret->device;
	struct reader r = { data + 1, len - 1,
		len < 1 || data[0] != TICKET_VERSION };

	memset(d, 0, sizeof(*d));
	ret->deadline = get_number(&r);
	(void)get(&r, ret->secret_hash, 32, 32);
	get_text(&r, d->serial, sizeof(d->serial));
	get_text(&r, d->model, sizeof(d->model));
	get_text(&r, d->tpm_vendor, sizeof(d->tpm_vendor));
	get_text(&r, d->tpm_model, sizeof(d->tpm_model));
	get_text(&r, d->tpm_firmware, sizeof(d->tpm_firmware));
	get_text(&r, d->station, sizeof(d->station));
	get_text(&r, ret->hw_serial, sizeof(ret->hw_serial));
	(void)get(&r, d->ek_fingerprint, 32, 32);
	(void)get(&r, d->ek_cert_fingerprint, 32, 32);
	for (int i = 0; i < N_KEY_ROLES; i++) {
		ret->spki[i].len = get(
			&r, ret->spki[i].data, 1, sizeof(ret->spki[i].data));
		(void)get(&r, ret->key_fingerprint[i], 32, 32);
	}
	if (r.bad || r.len != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"challenge: its ticket cannot be read");
	return DEVID_OK;
}
