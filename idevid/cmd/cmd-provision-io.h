/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_IO_H
#define DEVID_CMD_PROVISION_IO_H

/* Files of `devid provision`, and standard input and output in their place. */

#include "provision-step.h"

/* Reads @path whole, standard input for "-"; *@ret is the caller's: free().
 * Errors: those of files_read(). */
DEVID_MUST_CHECK enum devid_err provision_read(const char *path, size_t max,
	uint8_t **ret, size_t *ret_len, struct devid_error *err);

/* Writes to --out with @mode, to standard output without it or for "-".
 * Errors: IO. */
DEVID_MUST_CHECK enum devid_err provision_write(const struct provision *p,
	const void *data, size_t len, unsigned mode, struct devid_error *err);

#endif
