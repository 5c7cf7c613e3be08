/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FILES_H
#define DEVID_FILES_H

/*
 * Files that decide something. Reading refuses what another user could have
 * changed; writing leaves the old or the new content after a kill or a power
 * cut at any instruction, never a mixture.
 */

#include <devid/error.h>

#include "blob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads the regular file @path whole. Symbolic links in the last component
 * are refused, and so are files that are not owned by root or the caller or
 * that group or others can write. @max is the largest accepted size in bytes.
 * On success *@ret_data is the caller's (free()), NUL-terminated beyond
 * *@ret_len. Errors: NOT_FOUND, DENIED, TOO_LARGE, IO, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err files_read(const char *path, size_t max,
	uint8_t **ret_data, size_t *ret_len, struct devid_error *err);

/* The same of what is secret: one whose mode has any bit of @denied is DENIED.
 * *@ret is the caller's, to be erased. */
DEVID_MUST_CHECK enum devid_err files_read_secret(const char *path, size_t max,
	mode_t denied, struct blob *ret, struct devid_error *err);

/* The same of a file that another user wrote, as @ret->data with a NUL behind
 * it: still a regular file and no link, and within @max. */
DEVID_MUST_CHECK enum devid_err files_read_foreign(const char *path, size_t max,
	struct blob *ret, struct devid_error *err);

/*
 * Makes @path a file of @len bytes of @data with @mode, by the rules of
 * output.h: a regular file is replaced, on disk before it returns, anything
 * else is DENIED. Errors: DENIED, IO (the old file, if any, is untouched).
 */
DEVID_MUST_CHECK enum devid_err files_write_atomic(const char *path,
	const void *data, size_t len, mode_t mode, struct devid_error *err);

/* The same without waiting for the disk: a kill leaves the old or the new
 * content, a power cut anything. */
DEVID_MUST_CHECK enum devid_err files_write_unsynced(const char *path,
	const void *data, size_t len, mode_t mode, struct devid_error *err);

/* The same for a file that is not there yet. Errors: EXISTS besides. */
DEVID_MUST_CHECK enum devid_err files_create(const char *path, const void *data,
	size_t len, mode_t mode, struct devid_error *err);

/* Removes @path and syncs its folder. That it is not there is no error.
 * Errors: IO. */
DEVID_MUST_CHECK enum devid_err files_remove(
	const char *path, struct devid_error *err);

/* Renames a file within its folder and syncs that; what had the new name is
 * gone. Errors: NOT_FOUND, IO. */
DEVID_MUST_CHECK enum devid_err files_rename(
	const char *from, const char *to, struct devid_error *err);

/* Whether there is anything with that name, which may be a broken link; also
 * true where it cannot be looked at. */
bool files_exists(const char *path);

/*
 * Sees to it that @n files may be open at one time: raises the soft limit of
 * this process where it must. A server that runs out of descriptors cannot take
 * a connection, nor see that it goes. Errors: INVALID when the hard limit is
 * lower; @what, a setting, is named.
 */
DEVID_MUST_CHECK enum devid_err files_allow_open(
	const char *what, unsigned n, struct devid_error *err);

#endif
