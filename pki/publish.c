/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists: full ones and what changed since. */
#include "publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "publish-private.h"

/*
 * A delta lists what was revoked since its base, and a day before: a
 * revocation has the time at which it began, and may have been committed after
 * the base was made, or by a machine whose clock is behind. That an entry is in
 * the base as well does no harm (RFC 5280 5.2.4).
 */
#define DELTA_SLACK 86400

struct list {
	struct build_revoked *entries; /* owned */
	size_t n, room;
};

/* The full list that a delta is based on, as it is in the register. */
struct base {
	uint64_t number;
	int64_t this_update;
};
#define BASE_LEN 16

struct made {
	uint8_t *der; /* owned */
	size_t len;
};

void publish_name(
	const struct ca *ca, const char *what, char ret[PUBLISH_NAME_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) /* enough to tell CAs apart */
		n += (size_t)sprintf(ret + n, "%02x", ca->issuer_hash[i]);
	(void)snprintf(ret + n, PUBLISH_NAME_MAX - n, "/%s", what);
}

static enum devid_err note_revoked(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct list *list = arg;
	struct build_revoked *entry;

	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 1024;
		void *more = reallocarray(
			list->entries, room, sizeof(list->entries[0]));

		if (!more)
			return devid_fail(err, DEVID_ERR_NOMEM,
				"revocation list: no memory");
		list->entries = more;
		list->room = room;
	}
	entry = &list->entries[list->n++];
	memcpy(entry->serial, cert->serial, sizeof(entry->serial));
	entry->serial_len = cert->serial_len;
	entry->when = cert->revoked_at;
	entry->reason = cert->reason;
	return DEVID_OK;
}

static uint64_t get_be64(const uint8_t *p)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static void put_be64(uint8_t *p, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		p[i] = (uint8_t)value;
}

static enum devid_err get_base(
	struct ca *ca, struct base *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	const uint8_t *data;
	int64_t expires;
	enum devid_err rc;
	size_t len;

	publish_name(ca, "base", name);
	rc = register_blob_get(ca->reg, name, &expires, &data, &len, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		return devid_fail(err, DEVID_ERR_STATE,
			"delta list: there is no full list that it could be "
			"based on; make one first");
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	if (len != BASE_LEN)
		return devid_fail(
			err, DEVID_ERR_IO, "register: %s: damaged", name);
	ret->number = get_be64(data);
	ret->this_update = (int64_t)get_be64(data + 8);
	return DEVID_OK;
}

static enum devid_err put_base(
	struct ca *ca, const struct build_crl *crl, struct devid_error *err)
{
	char name[PUBLISH_NAME_MAX];
	uint8_t data[BASE_LEN];

	put_be64(data, crl->number);
	put_be64(data + 8, (uint64_t)crl->this_update);
	publish_name(ca, "base", name);
	return register_blob_put(ca->reg, name, (int64_t)crl->next_update, data,
		sizeof(data), err);
}

/* So that it shows who made which list; with no key for it, as in tests of
 * this part alone, there is no audit log. */
static enum devid_err audit(
	struct ca *ca, const struct build_crl *crl, struct devid_error *err)
{
	char line[256];
	enum devid_err rc;

	if (!ca->audit_signer)
		return DEVID_OK;
	(void)snprintf(line, sizeof(line), /* fits: numbers only */
		"{\"time\":%" PRId64 ",\"event\":\"%s\",\"number\":%" PRIu64
		",\"base\":%" PRIu64 ",\"entries\":%zu}",
		(int64_t)crl->this_update, crl->base ? "delta-crl" : "crl",
		crl->number, crl->base, crl->n);
	rc = register_audit(ca->reg, line, err);
	if (rc == DEVID_OK)
		rc = register_audit_sign(ca->reg, ca->audit_signer, err);
	return rc;
}

static enum devid_err store(struct ca *ca, const struct build_crl *crl,
	const struct made *made, struct devid_error *err)
{
	char name[PUBLISH_NAME_MAX];
	enum devid_err rc;

	publish_name(ca, crl->base ? "delta" : "crl", name);
	rc = register_blob_put(ca->reg, name, (int64_t)crl->next_update,
		made->der, made->len, err);
	if (rc == DEVID_OK && !crl->base)
		rc = put_base(ca, crl, err);
	return rc == DEVID_OK ? audit(ca, crl, err) : rc;
}

/* In a transaction: number, entries, signature, storing. The number's row
 * makes a second process wait, so that what is stored last is newest. */
static enum devid_err make(
	struct ca *ca, bool delta, struct list *list, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *der = NULL;
	struct build_crl crl = { .freshest = ca->conf->delta_url };
	struct base base = { .number = 0 };
	struct made made;
	enum devid_err rc;
	int64_t since = 0;

	rc = register_crl_number(ca->reg, ca->issuer_hash, &crl.number, err);
	if (rc == DEVID_OK && delta)
		rc = get_base(ca, &base, err);
	if (rc != DEVID_OK)
		return rc;
	if (delta && base.this_update > DELTA_SLACK)
		since = base.this_update - DELTA_SLACK;
	list->n = 0;
	rc = register_each_revoked(
		ca->reg, ca->issuer_hash, since, note_revoked, list, err);
	if (rc != DEVID_OK)
		return rc;
	crl.base = base.number;
	crl.this_update = time(NULL);
	crl.next_update =
		crl.this_update + (time_t)3600 * (delta ? ca->conf->delta_hours
							: ca->conf->crl_hours);
	crl.n = list->n;
	crl.entries = list->entries;
	rc = build_crl(ca->issuer, &crl, &der, &made.len, err);
	made.der = der;
	return rc == DEVID_OK ? store(ca, &crl, &made, err) : rc;
}

static enum devid_err try_once(
	struct ca *ca, bool delta, struct list *list, struct devid_error *err)
{
	enum devid_err rc = register_begin(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = make(ca, delta, list, err);
	if (rc != DEVID_OK) {
		register_rollback(ca->reg);
		return rc;
	}
	return register_commit(ca->reg, err);
}

/* Whether a delta can be made at all: its STATE must not look like that of a
 * conflict, which is tried again. */
static enum devid_err check_base(struct ca *ca, struct devid_error *err)
{
	struct base base;
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = get_base(ca, &base, err);
	register_rollback(ca->reg);
	return rc;
}

enum devid_err publish_crl(struct ca *ca, bool delta, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct list list = { .n = 0 };
	enum devid_err rc = DEVID_OK;

	if (!ca->issuer)
		return devid_fail(err, DEVID_ERR_STATE,
			"revocation list: the CA's key is not open");
	if (delta)
		rc = check_base(ca, err);
	if (rc != DEVID_OK)
		return rc;
	for (int i = 0; i < PUBLISH_TRIES; i++) {
		devid_error_clear(&cause);
		rc = try_once(ca, delta, &list, &cause);
		if (rc != DEVID_ERR_STATE)
			break;
	}
	free(list.entries);
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	return ca->conf->publish ? publish_files(ca, err) : DEVID_OK;
}

enum devid_err publish_expires(
	struct ca *ca, bool delta, int64_t *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	const uint8_t *data;
	int64_t expires = 0;
	enum devid_err rc = register_begin_read(ca->reg, err);
	size_t len;

	if (rc != DEVID_OK)
		return rc;
	publish_name(ca, delta ? "delta" : "crl", name);
	rc = register_blob_get(ca->reg, name, &expires, &data, &len, &cause);
	register_rollback(ca->reg);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	*ret = rc == DEVID_OK ? expires : 0;
	return DEVID_OK;
}
