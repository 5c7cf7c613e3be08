/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_USTAR_H
#define DEVID_USTAR_H

/*
 * A tar archive of plain files as POSIX.1-2017 has it (pax, "ustar Interchange
 * Format"), which every tar reads. It is only written here, never read: of a
 * library for archives this is the one page that would be used.
 */

#include <devid/error.h>

#include <stdint.h>
#include <time.h>

#include "output.h"
#include "view.h"

#define USTAR_BLOCK    512
#define USTAR_NAME_MAX 100

/* Writes the header of a regular file of mode 0644, root's, to @ret. Errors:
 * TOO_LARGE (name, or 8 GiB). */
DEVID_MUST_CHECK enum devid_err ustar_header(const char *name, uint64_t len,
	time_t mtime, unsigned char ret[USTAR_BLOCK], struct devid_error *err);

/* One file. Errors: of ustar_header() and output_write(). */
DEVID_MUST_CHECK enum devid_err ustar_add(struct output *out, const char *name,
	struct view data, time_t mtime, struct devid_error *err);

/* What ends an archive. */
DEVID_MUST_CHECK enum devid_err ustar_end(
	struct output *out, struct devid_error *err);

#endif
