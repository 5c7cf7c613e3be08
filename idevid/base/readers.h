/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_READERS_H
#define DEVID_READERS_H

/*
 * Who besides its owner and root may read a file: an access list of the file
 * system's (acl(5)), which the owner of a file sets without any privilege. Not
 * every file system keeps one.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>

#include "view.h"

#define READERS_MAX 400 /* they fit the 4 KiB that ext4 has for them */

struct reader {
	bool group;
	unsigned id; /* uid_t or gid_t */
};

struct readers {
	size_t n;
	struct reader list[READERS_MAX];
};

/* Adds one, unless he is there. Too many are left out: they read nothing. */
void readers_add(struct readers *r, bool group, unsigned id);

/* files_write_atomic() of a file that none but these may read, at no time.
 * Errors: UNSUPPORTED, and nothing is changed: the file system keeps no such
 * lists; those of files_write_atomic(). */
DEVID_MUST_CHECK enum devid_err readers_write(const char *path,
	struct view data, const struct readers *who, struct devid_error *err);

/* Makes a regular file that is there one of these readers; writes only what
 * differs. Errors: NOT_FOUND, UNSUPPORTED, IO. */
DEVID_MUST_CHECK enum devid_err readers_set(
	const char *path, const struct readers *who, struct devid_error *err);

#endif
