/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_FILE_H
#define DEVID_CMD_FILE_H

/* Files that a command reads and writes. */

#include <devid/error.h>

#include "blob.h"

/* Reads @path or, for "-", standard input, at most @max bytes. *@ret is the
 * caller's. Errors: as files_read(), without its demands on owner and mode:
 * what is read here is judged by its content. */
DEVID_MUST_CHECK enum devid_err cmd_file_read(const char *path, size_t max,
	struct blob *ret, struct devid_error *err);

/* Writes to @path (atomically), or to standard output when it is NULL or
 * "-". */
DEVID_MUST_CHECK enum devid_err cmd_file_write(const char *path,
	const void *data, size_t len, struct devid_error *err);

#endif
