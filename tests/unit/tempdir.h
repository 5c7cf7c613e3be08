/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TEMPDIR_H
#define TEST_TEMPDIR_H

/* A temporary folder per test. Everything asserts. */

#include <limits.h>
#include <stddef.h>

struct tempdir {
	char path[64];
};

/* In the folder that TMPDIR names; else in memory, where a sync costs nothing;
 * where that cannot be, in /tmp. */
struct tempdir tempdir_new(void);

/* The same, never in memory unless TMPDIR or /tmp is: for tests of what comes
 * through a crash. */
struct tempdir tempdir_new_on_disk(void);

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
