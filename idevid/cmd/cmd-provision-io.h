/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_IO_H
#define DEVID_CMD_PROVISION_IO_H

/* Files of `devid provision`, and standard input and output in their place. */

#include "output.h"
#include "provision-step.h"

/* Reads @path whole, standard input for "-"; *@ret is the caller's: free().
 * Errors: those of files_read(). */
DEVID_MUST_CHECK enum devid_err provision_read(const char *path, size_t max,
	uint8_t **ret, size_t *ret_len, struct devid_error *err);

/* Opens --out, standard output without it, before the key service is asked
 * for anything. Errors: those of output_open(). */
DEVID_MUST_CHECK enum devid_err provision_out(const struct provision *p,
	unsigned mode, struct output **ret, struct devid_error *err);

#endif
