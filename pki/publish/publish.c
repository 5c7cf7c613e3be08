/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists: full ones and what changed since. */
#include "publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build-crl.h"
#include "bytes.h"
#include "ca-clock.h"
#include "cleanup.h"
#include "fail.h"
#include "hex.h"
#include "publish-files.h"
#include "publish-private.h"
#include "register-audit.h"
#include "register-cert.h"
#include "register-revoke.h"

struct list {
	struct build_revoked *entries; /* owned */
	size_t n, room;
};

/* The full list that a delta is based on, as it is in the register. */
struct base {
	uint64_t number;
	int64_t last; /* the last revocation that it has */
};

/*
 * Beside each list the register has its mark: the number of the last
 * revocation that the list has. So every process sees whether there are more
 * by now. The order is the register's own; times are those of clocks, which
 * may be wrong.
 */
#define PAIR_LEN 16 /* a base or a mark in the register */

/* What is being made. */
struct making {
	struct build_crl crl;
	int64_t last; /* revocation that the register had */
};

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
			return fail_no_memory_for(err, "revocation list");
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

/* Two numbers from the register. NOT_FOUND without a text. */
static enum devid_err get_pair(struct ca *ca, const char *what, uint64_t ret[2],
	struct register_blob *ret_blob, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	enum devid_err rc;

	publish_name(ca, what, name);
	rc = register_blob_get(ca->reg, name, ret_blob, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		return rc;
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	if (ret_blob->data.len != PAIR_LEN)
		return devid_fail(
			err, DEVID_ERR_IO, "register: %s: damaged", name);
	ret[0] = bytes_load(ret_blob->data.data, 8);
	ret[1] = bytes_load(ret_blob->data.data + 8, 8);
	return DEVID_OK;
}

static enum devid_err put_pair(struct ca *ca, const char *what,
	const struct making *m, struct devid_error *err)
{
	char name[PUBLISH_NAME_MAX];
	uint8_t data[PAIR_LEN];
	const struct register_blob blob = { { data, sizeof(data) },
		(int64_t)m->crl.next_update, (int64_t)m->crl.this_update };

	bytes_store(data, 8, m->crl.number);
	bytes_store(data + 8, 8, (uint64_t)m->last);
	publish_name(ca, what, name);
	return register_blob_put(ca->reg, name, &blob, err);
}

static enum devid_err get_base(
	struct ca *ca, struct base *ret, struct devid_error *err)
{
	uint64_t pair[2] = { 0, 0 };
	struct register_blob blob;
	enum devid_err rc = get_pair(ca, "base", pair, &blob, err);

	if (rc == DEVID_ERR_NOT_FOUND)
		return devid_fail(err, DEVID_ERR_STATE,
			"delta list: there is no full list that it could be "
			"based on; make one first");
	ret->number = pair[0];
	ret->last = (int64_t)pair[1];
	return rc;
}

static const char *mark_name(bool delta)
{
	return delta ? "delta-mark" : "crl-mark";
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

static enum devid_err store(struct ca *ca, const struct making *m,
	const struct blob *made, struct devid_error *err)
{
	const struct build_crl *crl = &m->crl;
	const struct register_blob list = { blob_view(made),
		(int64_t)crl->next_update, (int64_t)crl->this_update };
	char name[PUBLISH_NAME_MAX];
	enum devid_err rc;

	publish_name(ca, crl->base ? "delta" : "crl", name);
	rc = register_blob_put(ca->reg, name, &list, err);
	if (rc == DEVID_OK && !crl->base)
		rc = put_pair(ca, "base", m, err);
	if (rc == DEVID_OK)
		rc = put_pair(ca, mark_name(crl->base > 0), m, err);
	return rc == DEVID_OK ? audit(ca, crl, err) : rc;
}

/* A clock that was ahead gave a revocation a time that is still to come. It
 * is in force all the same, and a list says nothing of the future. */
static void end_times(struct list *list, time_t now)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->entries[i].when > now)
			list->entries[i].when = now;
	}
}

/* What the list is to have: all, or what came since its base. */
static enum devid_err collect(struct ca *ca, struct making *m, bool delta,
	struct list *list, struct devid_error *err)
{
	struct base base = { .number = 0 };
	struct register_revoked which = { ca->issuer_hash, 0 };
	enum devid_err rc = DEVID_OK;

	if (delta)
		rc = get_base(ca, &base, err);
	if (rc == DEVID_OK)
		rc = register_last_revoked(
			ca->reg, ca->issuer_hash, &m->last, err);
	if (rc != DEVID_OK)
		return rc;
	m->crl.base = base.number;
	which.after = base.last;
	list->n = 0;
	return register_each_revoked(ca->reg, &which, note_revoked, list, err);
}

/* In a transaction: number, entries, signature, storing. The number's row
 * makes a second process wait, so that what is stored last is newest. */
static enum devid_err make(
	struct ca *ca, bool delta, struct list *list, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob made = { NULL, 0 };
	struct making m = { .crl = { .freshest = ca->conf->delta_url } };
	struct build_crl *crl = &m.crl;
	enum devid_err rc;

	rc = register_crl_number(ca->reg, ca->issuer_hash, &crl->number, err);
	if (rc == DEVID_OK)
		rc = collect(ca, &m, delta, list, err);
	if (rc != DEVID_OK)
		return rc;
	crl->this_update = time(NULL);
	crl->next_update = crl->this_update +
			   INT64_C(3600) * (delta ? ca->conf->delta_hours
						  : ca->conf->crl_hours);
	end_times(list, crl->this_update);
	crl->n = list->n;
	crl->entries = list->entries;
	rc = build_crl(ca->issuer, crl, &made, err);
	return rc == DEVID_OK ? store(ca, &m, &made, err) : rc;
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
		return fail_with(err, rc, &cause);
	return ca->conf->publish ? publish_files(ca, err) : DEVID_OK;
}

enum devid_err publish_newest(struct ca *ca, bool delta,
	struct publish_newest *ret, struct devid_error *err)
{
	struct register_blob blob = { .expires = 0 };
	uint64_t pair[2] = { 0, 0 };
	int64_t last = 0;
	enum devid_err rc = register_begin_read(ca->reg, err);

	*ret = (struct publish_newest) { .expires = 0 };
	if (rc != DEVID_OK)
		return rc;
	rc = get_pair(ca, mark_name(delta), pair, &blob, err);
	if (rc == DEVID_OK) {
		rc = register_last_revoked(
			ca->reg, ca->issuer_hash, &last, err);
		ret->expires = blob.expires;
		ret->early = ca_clock_is_early(blob.made, time(NULL));
		ret->lacks = (uint64_t)last != pair[1];
	} else if (rc == DEVID_ERR_NOT_FOUND) {
		rc = DEVID_OK;
	}
	register_rollback(ca->reg);
	return rc;
}
