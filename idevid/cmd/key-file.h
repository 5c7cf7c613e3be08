/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_FILE_H
#define DEVID_KEY_FILE_H

/* Files of keys and certificates as people have them, in PEM or DER. What a key
 * is good for, and whether certificates belong together, is judged by
 * devid-keyd. */

#include <devid/error.h>

#include "blob.h"
#include "private-pem.h"

/*
 * Reads a private key from @path or, for "-", standard input (private-pem.h).
 * *@ret is to be erased. Errors: NOT_FOUND, IO; DENIED: others may read or
 * write the file; those of private_pem_parse().
 */
DEVID_MUST_CHECK enum devid_err key_file_read(
	const char *path, struct private_pem *ret, struct devid_error *err);

/* Reads certificates from @path or "-", one behind the other in DER. Errors:
 * as cmd_file_read(), SYNTAX, TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err key_file_read_certs(
	const char *path, struct room *ret, struct devid_error *err);

#endif
