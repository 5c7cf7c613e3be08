/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REVOKED_LIST_H
#define DEVID_REVOKED_LIST_H

/*
 * The issuing CAs that a root has revoked, as a text that its custodian can
 * read: a line each, `SERIAL TIME REASON`; SERIAL in hex, TIME as
 * YYYYMMDDHHMMSSZ, REASON by its name in RFC 5280 5.3.1. Lines that are empty
 * or begin with '#' are passed over.
 */

#include "build.h"

#define REVOKED_LIST_MAX      1000  /* entries; a limit of ours */
#define REVOKED_LIST_FILE_MAX 65536 /* bytes */

/* *@ret is the caller's (free()), NULL for no entries. A serial number that
 * is there twice is an error. Errors: SYNTAX, with the line; TOO_LARGE;
 * NOMEM. */
DEVID_MUST_CHECK enum devid_err revoked_list_parse(const char *text, size_t len,
	struct build_revoked **ret, size_t *ret_n, struct devid_error *err);

#endif
