/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-files.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "files.h"
#include "hex.h"
#include "log.h"

void serve_blob_unref(struct serve_blob *blob)
{
	if (!blob || --blob->refs > 0)
		return;
	free(blob->data);
	free(blob);
}

/* The first bytes of its hash: another one for other content. */
static void set_tag(struct serve_blob *blob)
{
	uint8_t hash[32] = { 0 };
	char hex[2 * 16 + 1];

	/* Without SHA-256 nothing else in this program works either. */
	(void)EVP_Digest(blob->data, blob->len, hash, NULL, EVP_sha256(), NULL);
	hex_encode(hash, 16, hex);
	(void)snprintf(blob->tag, sizeof(blob->tag), "\"%s\"", hex); /* fits */
}

static struct serve_blob *load(const char *path, const struct stat *st)
{
	struct serve_blob *blob = calloc(1, sizeof(*blob));
	struct devid_error err = { DEVID_OK, "" };

	if (!blob)
		return NULL;
	if (files_read(path, SERVE_FILE_SIZE_MAX, &blob->data, &blob->len,
		    &err) != DEVID_OK) {
		log_warn("publish: %s", devid_error_text(&err));
		free(blob);
		return NULL;
	}
	blob->refs = 1;
	blob->changed = st->st_mtime;
	set_tag(blob);
	return blob;
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void refresh_one(struct serve_files *f, enum serve_file file)
{
	CLEANUP(cleanup_free) char *path = NULL;
	struct serve_blob *blob;
	char name[256];
	struct stat st;

	serve_file_name(file, f->ca_name, name, sizeof(name));
	if (asprintf(&path, "%s/%s", f->dir, name) < 0) {
		path = NULL;
		return;
	}
	if (stat(path, &st) < 0) {
		serve_blob_unref(f->blobs[file]);
		f->blobs[file] = NULL;
		return;
	}
	if (f->blobs[file] && same(&st, &f->seen[file]))
		return;
	blob = load(path, &st);
	if (!blob)
		return;
	serve_blob_unref(f->blobs[file]);
	f->blobs[file] = blob;
	f->seen[file] = st;
}

void serve_files_refresh(struct serve_files *f)
{
	for (int i = 0; f->dir && i < SERVE_N_FILES; i++)
		refresh_one(f, (enum serve_file)i);
}

void serve_files_done(struct serve_files *f)
{
	for (int i = 0; i < SERVE_N_FILES; i++) {
		serve_blob_unref(f->blobs[i]);
		f->blobs[i] = NULL;
	}
}
