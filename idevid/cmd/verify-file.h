/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_FILE_H
#define DEVID_VERIFY_FILE_H

/* A saved chain for devid-verify(1). */

#include "verify-peer.h"

/*
 * Judges the PEM chain in @path ("-": standard input), leaf first. NOT_FOUND,
 * IO, TOO_LARGE, SYNTAX when there is no such file of certificates; then *@ret
 * is not written.
 */
DEVID_MUST_CHECK enum devid_err peer_check_file(struct devid_verifier *v,
	const char *path, const char *serial, struct peer_outcome *ret,
	struct devid_error *err);

#endif
