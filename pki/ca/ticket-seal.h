/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TICKET_SEAL_H
#define DEVID_TICKET_SEAL_H

/*
 * The ticket of a challenge decides who gets a certificate, and it is in other
 * hands until the challenge is answered. So it carries an HMAC under a key in a
 * file that the CA machines of one register share.
 */

#include "challenge.h"
#include "der.h"
#include "register.h"

#define CA_SEAL_KEY_LEN 32
#define CA_SEAL_LEN     32 /* HMAC-SHA-256 */

/*
 * Reads the key from @path, which only its owner, root or this user, may read;
 * makes it when it is not there. Errors: DENIED (owner, mode), SYNTAX (another
 * size), IO, CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err ca_seal_load(const char *path,
	uint8_t ret[CA_SEAL_KEY_LEN], struct devid_error *err);

/* Makes @key one for the register whose register_secret() is @secret: a ticket
 * is good at that one only, and who wants to make one needs both. Errors:
 * CRYPTO. */
DEVID_MUST_CHECK enum devid_err ca_seal_bind(uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t secret[REGISTER_SECRET_LEN], struct devid_error *err);

/* Puts the seal of challenge @id behind what is in @ticket. Errors: TOO_LARGE,
 * CRYPTO. */
DEVID_MUST_CHECK enum devid_err ca_seal_add(const uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t id[CHALLENGE_ID_LEN], struct challenge_ticket *ticket,
	struct devid_error *err);

/* What is before the seal in @ticket, borrowed. Errors: NOT_FOUND: not made for
 * @id by a CA with this key. */
DEVID_MUST_CHECK enum devid_err ca_seal_open(const uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t id[CHALLENGE_ID_LEN],
	const struct challenge_ticket *ticket, struct view *ret,
	struct devid_error *err);

#endif
