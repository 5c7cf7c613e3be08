/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_CHAIN_H
#define DEVID_CA_CHAIN_H

/* Whether devices can take what a CA will hand them above their own
 * certificates. It does not check whether they form a chain. */

#include <devid/error.h>

#include <stddef.h>

/*
 * Judges the PEM @pem, the CA's certificate and those above it, by the limits
 * that a device's last step has: more is to be refused before anything is
 * issued. @path begins messages. *@ret_len: bytes of those that are no roots,
 * as a device keeps them. Errors: TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err ca_chain_check(const char *path,
	const char *pem, size_t *ret_len, struct devid_error *err);

#endif
