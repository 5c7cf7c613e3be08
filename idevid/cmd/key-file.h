/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_FILE_H
#define DEVID_KEY_FILE_H

/* Files of keys and certificates as people have them, in PEM or DER. What a key
 * is good for, and whether certificates belong together, is judged by
 * devid-keyd. */

#include <devid/error.h>

#include "blob.h"
#include "wire.h"

/* PKCS#8, DER. */
struct key_file {
	size_t len;
	uint8_t data[WIRE_PKCS8_MAX];
};

/*
 * Reads a private key from @path or, for "-", standard input: PKCS#8 or the
 * older forms of RSA and EC (RFC 8017 A.1.2, RFC 5915), alone or among other
 * blocks of PEM. *@ret is to be erased. Errors: NOT_FOUND, IO, TOO_LARGE;
 * DENIED: others may read the file; UNSUPPORTED: encrypted, or of a kind that
 * is not read; SYNTAX.
 */
DEVID_MUST_CHECK enum devid_err key_file_read(
	const char *path, struct key_file *ret, struct devid_error *err);

/* Reads certificates from @path or "-", one behind the other in DER. Errors:
 * as cmd_file_read(), SYNTAX, TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err key_file_read_certs(
	const char *path, struct room *ret, struct devid_error *err);

#endif
