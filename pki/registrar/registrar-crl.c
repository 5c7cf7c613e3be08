/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-crl.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-crl.h"
#include "cleanup-openssl.h"
#include "fail.h"
#include "files.h"
#include "hex.h"
#include "registrar-audit.h"
#include "store-issued.h"
#include "store-list.h"

#define NAME_MAX_LEN 96
#define FILE_LIMIT   (1u << 30) /* bytes of a list; a limit of ours */

struct list {
	struct build_revoked *entries; /* owned */
	size_t n, room;
};

struct making {
	struct registrar *r;
	int64_t now;
	struct list list;
	bool stale;       /* a new one is needed */
	struct blob copy; /* owned: the newest */
};

/* In the register's table of publications. @what: "crl", "crl-count". */
static void name_of(
	const struct registrar *r, const char *what, char ret[NAME_MAX_LEN])
{
	char hash[2 * 32 + 1];

	hex_encode(r->issuer_hash, 32, hash);
	(void)snprintf(ret, NAME_MAX_LEN, "%s/%s", what, hash); /* fits */
}

static enum devid_err add(
	void *arg, const struct build_revoked *entry, struct devid_error *err)
{
	struct list *list = arg;

	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		void *more = reallocarray(
			list->entries, room, sizeof(list->entries[0]));

		if (!more)
			return fail_no_memory_for(err, "revocation list");
		list->entries = more;
		list->room = room;
	}
	list->entries[list->n++] = *entry;
	return DEVID_OK;
}

/* Never fewer: what is revoked stays so. */
static enum devid_err count_revoked(
	struct making *m, int64_t *ret, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(m->r->ca_issuer);

	return store_int(m->r->store,
		DB_QUERY("SELECT count(*) FROM issued WHERE state = 'revoked'"
			 " AND issuer = ?1",
			&param, 1),
		ret, err);
}

/* ---- making ---- */

static enum devid_err put(struct making *m, const struct build_crl *crl,
	const struct blob *der, struct devid_error *err)
{
	static const uint8_t nothing[1];
	const struct register_blob list = { blob_view(der), crl->next_update,
		crl->this_update };
	struct register_blob count = { { nothing, 0 }, 0, 0 };
	const struct registrar_event event = {
		.now = m->now, .name = "crl", .epoch = STORE_NO_EPOCH
	};
	char name[NAME_MAX_LEN];
	enum devid_err rc = count_revoked(m, &count.made, err);

	name_of(m->r, "crl", name);
	if (rc == DEVID_OK)
		rc = register_blob_put(m->r->store->reg, name, &list, err);
	name_of(m->r, "crl-count", name);
	if (rc == DEVID_OK)
		rc = register_blob_put(m->r->store->reg, name, &count, err);
	return rc == DEVID_OK ? registrar_audit(m->r->store, &event, err) : rc;
}

/* The number's row makes a second process wait, so that what is stored last is
 * newest. */
static enum devid_err make(struct store *s, void *arg, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	struct making *m = arg;
	const struct store_revoked which = { m->r->ca_issuer, m->now };
	struct build_crl crl = { .this_update = m->now,
		.next_update = m->now + INT64_C(3600) * m->r->conf->crl_hours };
	enum devid_err rc = register_crl_number(
		s->reg, m->r->issuer_hash, &crl.number, err);

	m->list.n = 0;
	if (rc == DEVID_OK)
		rc = store_issued_revoked(s, &which, add, &m->list, err);
	/* A clock that was ahead: it is in force all the same. */
	for (size_t i = 0; i < m->list.n; i++) {
		if (m->list.entries[i].when > m->now)
			m->list.entries[i].when = m->now;
	}
	crl.n = m->list.n;
	crl.entries = m->list.entries;
	if (rc == DEVID_OK)
		rc = build_crl(m->r->issuer, &crl, &der, err);
	return rc == DEVID_OK ? put(m, &crl, &der, err) : rc;
}

/* ---- looking ---- */

static enum devid_err get(struct making *m, const char *what,
	struct register_blob *ret, struct devid_error *err)
{
	char name[NAME_MAX_LEN];
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	name_of(m->r, what, name);
	rc = register_blob_get(m->r->store->reg, name, ret, &cause);
	if (rc == DEVID_ERR_NOT_FOUND) {
		m->stale = true;
		return DEVID_OK;
	}
	return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
}

static enum devid_err look(struct store *s, void *arg, struct devid_error *err)
{
	struct making *m = arg;
	struct register_blob list = { .made = 0 }, count = { .made = 0 };
	int64_t n = 0;
	enum devid_err rc = get(m, "crl-count", &count, err);

	(void)s;
	if (rc == DEVID_OK)
		rc = count_revoked(m, &n, err);
	if (rc == DEVID_OK)
		rc = get(m, "crl", &list, err);
	if (rc != DEVID_OK || m->stale)
		return rc;
	m->stale = n != count.made ||
		   m->now >= list.made + (list.expires - list.made) / 2;
	blob_done(&m->copy);
	m->copy.data = malloc(list.data.len + 1);
	if (!m->copy.data)
		return fail_no_memory_for(err, "revocation list");
	memcpy(m->copy.data, list.data.data, list.data.len);
	m->copy.len = list.data.len;
	return DEVID_OK;
}

/* ---- files ---- */

/* A file that has the content already stays: its time is what caches go by. */
static enum devid_err put_file(const struct registrar *r, const char *name,
	struct view data, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) uint8_t *old = NULL;
	size_t len = 0;

	if (asprintf(&path, "%s/%s", r->conf->publish, name) < 0) {
		path = NULL;
		return fail_no_memory_for(err, "publish");
	}
	if (files_read(path, FILE_LIMIT, &old, &len, NULL) == DEVID_OK &&
		len == data.len && memcmp(old, data.data, len) == 0)
		return DEVID_OK;
	return files_write_atomic(path, data.data, data.len, 0644, err);
}

static enum devid_err put_ca(const struct registrar *r, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long len = 0;

	if (bio && PEM_write_bio_X509(bio, r->ca) == 1)
		len = BIO_get_mem_data(bio, &pem);
	if (len <= 0)
		return fail_no_memory_for(err, "publish");
	return put_file(r, REGISTRAR_PEM_FILE,
		(struct view) { (uint8_t *)pem, (size_t)len }, err);
}

static enum devid_err publish(struct making *m, struct devid_error *err)
{
	enum devid_err rc;

	if (!m->r->conf->publish || !m->copy.data)
		return DEVID_OK;
	rc = put_ca(m->r, err);
	return rc == DEVID_OK ? put_file(m->r, REGISTRAR_CRL_FILE,
					blob_view(&m->copy), err)
			      : rc;
}

static enum devid_err run(struct making *m, bool must, struct devid_error *err)
{
	struct store *s = m->r->store;
	enum devid_err rc = store_read(s, look, m, err);

	if (rc == DEVID_OK && (must || m->stale)) {
		rc = store_write(s, m->r->audit_signer, make, m, err);
		m->stale = false;
		if (rc == DEVID_OK)
			rc = store_read(s, look, m, err);
	}
	if (rc == DEVID_OK)
		rc = publish(m, err);
	free(m->list.entries);
	blob_done(&m->copy);
	return rc;
}

enum devid_err registrar_crl_make(
	struct registrar *r, int64_t now, struct devid_error *err)
{
	struct making m = { .r = r, .now = now };

	return run(&m, true, err);
}

enum devid_err registrar_crl_keep(
	struct registrar *r, int64_t now, struct devid_error *err)
{
	struct making m = { .r = r, .now = now };

	return run(&m, false, err);
}
