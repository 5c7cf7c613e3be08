/* SPDX-License-Identifier: Apache-2.0 */
#include "publish-ocsp.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build-parts.h"
#include "bytes.h"
#include "ca-clock.h"
#include "cleanup.h"
#include "der.h"
#include "fail.h"
#include "ocsp-answer.h"
#include "oid.h"
#include "publish-private.h"
#include "register-cert.h"

#define PAGE        256 /* certificates looked at in one transaction */
#define CERT_ID_MAX 128

/*
 * How far production has come is in the register, so that several processes
 * share the work and each call goes on where the last one ended. A round goes
 * through all certificates by id; the next begins when half of the time of
 * answers is over, and in between only new certificates are looked for. A
 * round renews what is a quarter of its time old: all but what was issued
 * lately, so that no call looks at many certificates with nothing to do for
 * them, and one round that was slower than the next leaves no gap.
 */
struct progress {
	int64_t after;   /* id of the last certificate that was looked at */
	int64_t started; /* when the round began */
	int64_t made;    /* when it was noted; not in its bytes */
};
#define PROGRESS_LEN 16

struct todo {
	struct register_cert cert;
	bool due;                /* it needs a new answer */
	struct ocsp_reply reply; /* the new answer */
};

struct page {
	struct progress progress;
	size_t n;
	struct todo todo[PAGE];
};

static void page_clear(struct page *page)
{
	for (size_t i = 0; i < page->n; i++)
		blob_done(&page->todo[i].reply.der);
	page->n = 0;
}

static void cleanup_page(struct page **page)
{
	if (*page)
		page_clear(*page);
	free(*page);
}

static enum devid_err get_progress(
	struct ca *ca, struct progress *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	struct register_blob blob;
	enum devid_err rc;

	*ret = (struct progress) { .after = 0 };
	publish_name(ca, "ocsp-next", name);
	rc = register_blob_get(ca->reg, name, &blob, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	if (blob.data.len != PROGRESS_LEN)
		return devid_fail(
			err, DEVID_ERR_IO, "register: %s: damaged", name);
	ret->after = (int64_t)bytes_load(blob.data.data, 8);
	ret->started = (int64_t)bytes_load(blob.data.data + 8, 8);
	ret->made = blob.made;
	return DEVID_OK;
}

static enum devid_err put_progress(
	struct ca *ca, const struct progress *p, struct devid_error *err)
{
	char name[PUBLISH_NAME_MAX];
	uint8_t data[PROGRESS_LEN];
	const struct register_blob blob = { { data, sizeof(data) }, INT64_MAX,
		p->made };

	bytes_store(data, 8, (uint64_t)p->after);
	bytes_store(data + 8, 8, (uint64_t)p->started);
	publish_name(ca, "ocsp-next", name);
	return register_blob_put(ca->reg, name, &blob, err);
}

static enum devid_err note_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct page *page = arg;

	(void)err; /* the walk has a limit */
	page->todo[page->n].cert = *cert;
	page->todo[page->n++].due = false; /* told by is_due() */
	return DEVID_OK;
}

/* Whether the stored answer about @cert has less than three quarters of its
 * time left, is from the future, or is not there. */
static enum devid_err is_due(struct ca *ca, const struct register_cert *cert,
	int64_t now, bool *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	struct register_blob stored;
	enum devid_err rc;

	publish_ocsp_name(ca, cert, name);
	rc = register_blob_get(ca->reg, name, &stored, &cause);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &cause);
	*ret = rc != DEVID_OK || ca_clock_is_early(stored.made, now) ||
	       stored.expires - now < (int64_t)ca->conf->ocsp_hours * 2700;
	return DEVID_OK;
}

/* CertID with SHA-1 and NULL parameters, as clients write it. */
static struct view make_cert_id(struct der_out *out, const uint8_t *name,
	const uint8_t *key, const struct register_cert *cert)
{
	struct view sha1 = oid_algorithm(ALGORITHM_SHA1);

	der_out_element(out, DER_INTEGER, cert->serial, cert->serial_len);
	der_out_element(out, DER_OCTET_STRING, key, 20);
	der_out_element(out, DER_OCTET_STRING, name, 20);
	der_out_bytes(out, sha1.data, sha1.len);
	der_out_wrap(out, DER_SEQUENCE, 0);
	return der_out_view(out);
}

struct producer {
	struct responder responder;
	uint8_t name[20], key[20]; /* SHA-1 of the CA's */
	int64_t left;              /* answers that may still be signed */
};

static enum devid_err sign_one(
	const struct producer *p, struct todo *todo, struct devid_error *err)
{
	uint8_t buf[CERT_ID_MAX];
	struct der_out out = der_out_init(buf, sizeof(buf));
	struct build_ocsp what = { .reason = 0 };
	enum devid_err rc;

	what.cert_id = make_cert_id(&out, p->name, p->key, &todo->cert);
	rc = publish_ocsp_sign(
		&p->responder, &todo->cert, &what, &todo->reply.der, err);
	if (rc == DEVID_OK) {
		todo->reply.expires = (int64_t)what.next_update;
		todo->reply.made = (int64_t)what.this_update;
	}
	return rc;
}

/* Looks at the next page and marks what is due, at most @p->left: the page
 * ends before the first that is one too many. */
static enum devid_err read_page(struct ca *ca, struct producer *p,
	struct page *page, struct devid_error *err)
{
	struct register_page which = { ca->issuer_hash, 0, PAGE };
	int64_t now = (int64_t)time(NULL);
	enum devid_err rc = get_progress(ca, &page->progress, err);

	/* What was answered by a clock ahead is done again from the start. */
	if (rc == DEVID_OK && ca_clock_is_early(page->progress.made, now))
		page->progress = (struct progress) { 0, now, 0 };
	page->progress.made = now;
	which.after = page->progress.after;
	if (rc == DEVID_OK)
		rc = register_each_cert(ca->reg, &which, note_cert, page, err);
	if (rc == DEVID_OK && page->n == 0 &&
		now - page->progress.started >=
			(int64_t)ca->conf->ocsp_hours * 1800) {
		page->progress = (struct progress) { 0, now, now };
		which.after = 0;
		rc = register_each_cert(ca->reg, &which, note_cert, page, err);
	}
	for (size_t i = 0; rc == DEVID_OK && i < page->n; i++) {
		struct todo *todo = &page->todo[i];

		rc = is_due(ca, &todo->cert, now, &todo->due, err);
		if (todo->due && p->left == 0)
			page->n = i;
		else if (todo->due)
			p->left--;
	}
	return rc;
}

static enum devid_err write_page(
	struct ca *ca, const struct page *page, struct devid_error *err)
{
	char name[PUBLISH_NAME_MAX];
	enum devid_err rc = register_begin(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; rc == DEVID_OK && i < page->n; i++) {
		const struct todo *todo = &page->todo[i];
		const struct register_blob answer = { blob_view(
							      &todo->reply.der),
			todo->reply.expires, todo->reply.made };

		if (!todo->due)
			continue;
		publish_ocsp_name(ca, &todo->cert, name);
		rc = register_blob_put(ca->reg, name, &answer, err);
	}
	if (rc == DEVID_OK)
		rc = put_progress(ca, &page->progress, err);
	if (rc == DEVID_OK)
		return register_commit(ca->reg, err);
	register_rollback(ca->reg);
	return rc;
}

/*
 * One page: reads, signs outside of any transaction (a token is slow, and
 * others want to issue meanwhile), writes. Two processes may do the same page;
 * both answers are right. *@ret_more: there may be another page.
 */
static enum devid_err do_page(struct ca *ca, struct producer *p,
	struct page *page, bool *ret_more, struct devid_error *err)
{
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = read_page(ca, p, page, err);
	register_rollback(ca->reg);
	*ret_more = page->n > 0;
	for (size_t i = 0; rc == DEVID_OK && i < page->n; i++) {
		if (page->todo[i].due)
			rc = sign_one(p, &page->todo[i], err);
	}
	if (rc != DEVID_OK || page->n == 0)
		return rc;
	page->progress.after = page->todo[page->n - 1].cert.id;
	return write_page(ca, page, err);
}

enum devid_err publish_ocsp(
	struct ca *ca, int64_t limit, int64_t *ret_n, struct devid_error *err)
{
	CLEANUP(cleanup_page) struct page *page = calloc(1, sizeof(*page));
	struct devid_error cause = { DEVID_OK, "" };
	struct producer p = { .left = limit };
	bool more = true;
	enum devid_err rc;
	int tries = 0;

	if (!page)
		return fail_no_memory_for(err, "OCSP");
	rc = responder_init(ca, (int64_t)time(NULL), &p.responder, err);
	if (rc == DEVID_OK)
		rc = publish_issuer_hashes(ca, 20, p.name, p.key, err);
	if (rc != DEVID_OK)
		return rc;
	while (more && p.left > 0) {
		int64_t left = p.left;

		devid_error_clear(&cause);
		rc = do_page(ca, &p, page, &more, &cause);
		page_clear(page);
		memset(page, 0, sizeof(*page));
		if (rc == DEVID_ERR_STATE && ++tries < PUBLISH_TRIES) {
			p.left = left; /* another got on: look again */
			more = true;
			continue;
		}
		if (rc != DEVID_OK)
			return fail_with(err, rc, &cause);
	}
	*ret_n = limit - p.left;
	return DEVID_OK;
}

enum devid_err publish_ocsp_early(
	struct ca *ca, bool *ret, struct devid_error *err)
{
	struct progress progress;
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = get_progress(ca, &progress, err);
	register_rollback(ca->reg); /* nothing was changed */
	*ret = rc == DEVID_OK &&
	       ca_clock_is_early(progress.made, (int64_t)time(NULL));
	return rc;
}
