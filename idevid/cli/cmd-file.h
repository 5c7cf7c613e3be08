/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_FILE_H
#define DEVID_CMD_FILE_H

/* Files that a command reads and writes. */

#include <devid/error.h>

#include "blob.h"
#include "output.h"

/* Reads @path or, for "-", standard input, at most @max bytes. *@ret is the
 * caller's. Errors: as files_read(), without its demands on owner and mode:
 * what is read here is judged by its content. */
DEVID_MUST_CHECK enum devid_err cmd_file_read(const char *path, size_t max,
	struct blob *ret, struct devid_error *err);

/* The same of a private key: a file that everybody may read or write is DENIED.
 * *@ret is to be erased. */
DEVID_MUST_CHECK enum devid_err cmd_file_read_key(const char *path, size_t max,
	struct blob *ret, struct devid_error *err);

/* Opens --out: output_open() with OUTPUT_STREAMS, behind what was printed
 * before. To be called before work that cannot be done twice. */
DEVID_MUST_CHECK enum devid_err cmd_file_out(const char *path, mode_t mode,
	struct output **ret, struct devid_error *err);

/* Writes out what was printed. Errors: IO, "standard output: " and what the
 * system says: a full disk is told as one. */
DEVID_MUST_CHECK enum devid_err cmd_file_flush(struct devid_error *err);

#endif
