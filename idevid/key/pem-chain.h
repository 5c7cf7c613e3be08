/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PEM_CHAIN_H
#define DEVID_PEM_CHAIN_H

/*
 * A chain as the key socket and the keystore take it: DER certificates, one
 * behind the other. Whether they belong together is not looked at here.
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>

/*
 * Turns the PEM certificates in @pem (RFC 7468 5) into DER in @ret; what is no
 * certificate block is passed over. @what and @path begin the message of an
 * error. Errors: SYNTAX when there is none, TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err pem_chain_to_der(const char *what,
	const char *path, struct view pem, struct room *ret,
	struct devid_error *err);

#endif
