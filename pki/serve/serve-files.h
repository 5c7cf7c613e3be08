/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_FILES_H
#define DEVID_SERVE_FILES_H

/*
 * The published lists and certificates in memory. A file may be replaced
 * while the old one is being sent: who sends holds it.
 */

#include "serve-route.h"

#include <sys/stat.h>

#define SERVE_FILE_SIZE_MAX (64u << 20) /* bytes; a limit of ours */

struct serve_blob {
	unsigned refs;
	uint8_t *data; /* owned */
	size_t len;
	char tag[36]; /* in quotes, for an ETag */
	time_t changed;
};

struct serve_files {
	const char *dir;                         /* borrowed */
	const char *ca_name;                     /* borrowed */
	struct serve_blob *blobs[SERVE_N_FILES]; /* owned; NULL: no file */
	struct stat seen[SERVE_N_FILES];
};

/* Reads what has changed. A file that cannot be read stays as it was, with a
 * warning; one that is gone goes. */
void serve_files_refresh(struct serve_files *files);
void serve_files_done(struct serve_files *files);

/* Gives up one reference. */
void serve_blob_unref(struct serve_blob *blob);

#endif
