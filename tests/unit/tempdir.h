/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TEMPDIR_H
#define TEST_TEMPDIR_H

/* A temporary folder per test. Everything asserts. */

#include <limits.h>
#include <stddef.h>

struct tempdir {
	char path[64];
};

struct tempdir tempdir_new(void);

/* Removes the folder and what is in it, one level of folders deep. */
void tempdir_remove(const struct tempdir *dir);

/* The path of @name in it; valid until the eighth next call. */
const char *tempdir_file(const struct tempdir *dir, const char *name);

/* Writes @len bytes to @name in it, with @mode. */
void tempdir_write(const struct tempdir *dir, const char *name,
	const void *data, size_t len, unsigned mode);

/* How many entries the folder has. */
size_t tempdir_count(const struct tempdir *dir);

#endif
