/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OUTPUT_H
#define DEVID_OUTPUT_H

/*
 * Opens where an output goes, by one rule for all programs: a regular file is
 * replaced, nothing becomes a file, and what else has the name is left alone.
 * A file is written without a name, or under one that nobody can guess, and
 * gets its own when it is whole: after a kill or a power cut there is the old
 * content or the new. Nothing that was there before is ever removed.
 *
 * Not looked at: who owns the file, and links in the folders above it.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cleanup.h"

enum output_flags {
	/* NULL and "-" (standard output), /dev/stdout, /dev/stderr, /dev/fd/N,
	 * and a fifo or a device that is there: written through, at once. */
	OUTPUT_STREAMS = 1,
	OUTPUT_ONLY_NEW = 2, /* a file that is there is EXISTS */
	OUTPUT_UNSYNCED = 4, /* what a power cut may take */
};

struct output;

/*
 * Looks at @path and opens what is to be written; a new file gets @mode. To be
 * called before the work whose result goes there: it refuses what
 * output_commit() would. A fifo is waited for until somebody reads it.
 * Errors: DENIED (a link, with its target; a folder, a socket, and without
 * OUTPUT_STREAMS a fifo or a device), EXISTS, IO.
 */
DEVID_MUST_CHECK enum devid_err output_open(const char *path, mode_t mode,
	unsigned flags, struct output **ret, struct devid_error *err);

/* To write to; the output's own. */
int output_fd(const struct output *out);

DEVID_MUST_CHECK enum devid_err output_write(struct output *out,
	const void *data, size_t len, struct devid_error *err);

/* Gives what was written its name, on disk. Errors: as output_open(). */
DEVID_MUST_CHECK enum devid_err output_commit(
	struct output *out, struct devid_error *err);

/* Without a commit before it nothing has changed. */
void output_free(struct output *out);

CLEANUP_DEFINE(output, struct output *, output_free)

/* All of it: open, write, commit. */
DEVID_MUST_CHECK enum devid_err output_put(struct output *out, const void *data,
	size_t len, struct devid_error *err);

/* Whether output_open() with OUTPUT_STREAMS would write @path through: nothing
 * that lies there could be kept or read again. */
bool output_is_stream(const char *path);

/* The folder of @path, opened to be synced; -1 with errno on failure. */
int output_open_folder(const char *path);

#endif
