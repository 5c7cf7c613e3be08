/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_SEAL_H
#define DEVID_CA_SEAL_H

/*
 * A pending challenge decides who gets a certificate, and lies in a database
 * that others may be able to write. So each record carries an HMAC under a key
 * that is not in the database: a file that the CA machines of one register
 * share.
 */

#include "register.h"

#define CA_SEAL_KEY_LEN 32
#define CA_SEAL_LEN     32 /* HMAC-SHA-256 */

/*
 * Reads the key from @path, which only its owner may read; makes it when it is
 * not there. Errors: DENIED (mode), SYNTAX (another size), IO, CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err ca_seal_load(const char *path,
	uint8_t ret[CA_SEAL_KEY_LEN], struct devid_error *err);

/*
 * The seal of the record @c, whose request is the ticket alone. Errors:
 * CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err ca_seal_make(const uint8_t key[CA_SEAL_KEY_LEN],
	const struct register_challenge *c, uint8_t ret[CA_SEAL_LEN],
	struct devid_error *err);

/*
 * Takes the seal off the end of @c's request and checks it. Errors: MISMATCH:
 * not made by a CA with this key.
 */
DEVID_MUST_CHECK enum devid_err ca_seal_open(const uint8_t key[CA_SEAL_KEY_LEN],
	struct register_challenge *c, struct devid_error *err);

#endif
