/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blob.h"
#include "bundle-parts.h"
#include "cleanup.h"
#include "digest.h"
#include "fact.h"
#include "fail.h"
#include "hex.h"
#include "ustar.h"

#define FOLDER "devid-bundle/"

/* A file of the bundle, or why there is none. */
struct entry {
	const struct bundle_part *part;
	char name[BUNDLE_NAME_MAX + 1];
	struct blob text; /* owned */
	struct devid_error err;
	enum devid_err rc;
};

struct bundle {
	size_t n;
	struct entry list[BUNDLE_PARTS_MAX];
};

/* Calls @part, for the key @id where it is of keys, with a FILE that becomes
 * *@ret. */
static enum devid_err print_part(const struct bundle_input *in,
	const struct bundle_part *part, enum key_id id, struct blob *ret,
	struct devid_error *err)
{
	enum devid_err rc;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return fail_no_memory_for(err, "bundle");
	rc = part->of_key ? part->of_key(in, id, out, err)
			  : part->print(in, out, err);
	if (fclose(out) != 0 && rc == DEVID_OK)
		rc = fail_no_memory_for(err, "bundle");
	if (rc != DEVID_OK) {
		free(text);
		return rc;
	}
	*ret = (struct blob) { (uint8_t *)text, len };
	return DEVID_OK;
}

static struct entry *add_entry(
	struct bundle *b, const struct bundle_part *part, const char *name)
{
	struct entry *e;

	if (b->n == BUNDLE_PARTS_MAX)
		return NULL; /* the table does not come so far */
	e = &b->list[b->n++];
	e->part = part;
	(void)snprintf(e->name, sizeof(e->name), "%s", name); /* fits */
	return e;
}

/* That there is no such key, or nobody to say so. */
static bool is_none(enum devid_err rc)
{
	return rc == DEVID_ERR_NOT_FOUND || rc == DEVID_ERR_CERT_NOT_FOUND ||
	       rc == DEVID_ERR_NOT_INITIALIZED || rc == DEVID_ERR_KEYD_ABSENT;
}

/* One of each key. Where there is none that is told of the first alone. */
static void collect_keys(const struct bundle_input *in, struct bundle *b,
	const struct bundle_part *part)
{
	enum key_id id;

	for (unsigned n = 0; key_id_of(part->role, n, &id); n++) {
		const char *mark = strstr(part->name, "%s");
		char name[BUNDLE_NAME_MAX + 1];
		struct entry *e;

		(void)snprintf(name, sizeof(name), "%.*s%s%s",
			(int)(mark - part->name), part->name, key_id_name(id),
			mark + 2); /* fits */
		e = add_entry(b, part, name);
		if (!e)
			return;
		e->rc = print_part(in, part, id, &e->text, &e->err);
		if (n > 0 && is_none(e->rc))
			b->list[--b->n] = (struct entry) { .part = NULL };
	}
}

static void collect(const struct bundle_input *in, struct bundle *b)
{
	for (const struct bundle_part *p = bundle_parts; p->name; p++) {
		struct entry *e;

		if (p->of_key) {
			collect_keys(in, b, p);
			continue;
		}
		e = add_entry(b, p, p->name);
		if (e)
			e->rc = print_part(
				in, p, KEY_IDEVID, &e->text, &e->err);
	}
}

static void bundle_free(struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		blob_done(&b->list[i].text);
	free(b);
}

CLEANUP_DEFINE(bundle, struct bundle *, bundle_free)

static void print_page(
	const struct bundle_input *in, const struct bundle *b, FILE *out)
{
	(void)fprintf(out,
		"A bundle of devid doctor, made at %s by uid %lld.\n\n"
		"It has no secret: devid keeps none outside the TPM, "
		"and of each file\nis only here what devid understood of it. "
		"It shows serial number, certificates,\naddresses, names of "
		"RADIUS servers and times: give it to whom you would tell\n"
		"these. SHA256SUMS says whether files are as they were made "
		"(sha256sum -c).\n\nWhat each file proves:\n",
		fact_text(in->facts, "time"), fact_number(in->facts, "uid"));
	for (size_t i = 0; i < b->n; i++) {
		const struct entry *e = &b->list[i];

		if (e->rc == DEVID_OK)
			(void)fprintf(
				out, "\n%s\n  %s\n", e->name, e->part->proves);
	}
	(void)fprintf(out, "\nNot in it, and why:\n\n");
	for (size_t i = 0; i < b->n; i++) {
		const struct entry *e = &b->list[i];

		if (e->rc != DEVID_OK)
			(void)fprintf(out, "%s\n  %s\n", e->name,
				devid_error_text(&e->err));
	}
}

static bool print_sum(const char *name, struct view data, FILE *out)
{
	uint8_t hash[32];
	char hex[2 * sizeof(hash) + 1];

	if (!digest_hash(data.data, data.len, hash))
		return false;
	hex_encode(hash, sizeof(hash), hex);
	(void)fprintf(out, "%s  %s\n", hex, name);
	return true;
}

/* Adds the file below the bundle's folder, and its sum to @sums. */
static enum devid_err add(struct output *out, const char *name,
	struct view data, FILE *sums, struct devid_error *err)
{
	char path[USTAR_NAME_MAX + 1];

	if (snprintf(path, sizeof(path), FOLDER "%s", name) >=
		(int)sizeof(path))
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "bundle: %s: too long", name);
	if (sums && !print_sum(name, data, sums))
		return devid_fail(err, DEVID_ERR_CRYPTO, "bundle: no hash");
	return ustar_add(out, path, data, time(NULL), err);
}

static enum devid_err add_page(const struct bundle_input *in,
	const struct bundle *b, struct output *out, FILE *sums,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t len = 0;
	FILE *page = open_memstream(&text, &len);

	if (!page)
		return fail_no_memory_for(err, "bundle");
	print_page(in, b, page);
	if (fclose(page) != 0)
		return fail_no_memory_for(err, "bundle");
	return add(out, "README.txt",
		(struct view) { (const uint8_t *)text, len }, sums, err);
}

static enum devid_err add_all(const struct bundle_input *in,
	const struct bundle *b, struct output *out, FILE *sums,
	struct devid_error *err)
{
	enum devid_err rc = add_page(in, b, out, sums, err);

	for (size_t i = 0; i < b->n && rc == DEVID_OK; i++) {
		const struct entry *e = &b->list[i];

		if (e->rc == DEVID_OK)
			rc = add(out, e->name, blob_view(&e->text), sums, err);
	}
	return rc;
}

enum devid_err bundle_write(const struct bundle_input *in, struct output *out,
	size_t *ret_n, size_t *ret_missing, struct devid_error *err)
{
	CLEANUP(cleanup_bundle) struct bundle *b = calloc(1, sizeof(*b));
	CLEANUP(cleanup_free) char *text = NULL;
	size_t len = 0, missing = 0;
	FILE *sums = b ? open_memstream(&text, &len) : NULL;
	enum devid_err rc;

	if (!sums)
		return fail_no_memory_for(err, "bundle");
	collect(in, b);
	rc = add_all(in, b, out, sums, err);
	if (fclose(sums) != 0 && rc == DEVID_OK)
		rc = fail_no_memory_for(err, "bundle");
	if (rc == DEVID_OK)
		rc = add(out, "SHA256SUMS",
			(struct view) { (const uint8_t *)text, len }, NULL,
			err);
	if (rc == DEVID_OK)
		rc = ustar_end(out, err);
	for (size_t i = 0; i < b->n; i++)
		missing += b->list[i].rc != DEVID_OK;
	*ret_n = b->n - missing + 2; /* the page and the sums */
	*ret_missing = missing;
	return rc;
}
