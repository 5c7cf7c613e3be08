/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_TICKET_H
#define DEVID_CA_TICKET_H

/*
 * What a proved request leaves behind until its challenge is answered: just
 * what issuing needs, as bytes that the challenge carries away and the answer
 * brings back. Written and read by CAs of one register only, and sealed
 * (ticket-seal.h); read with bounds all the same.
 */

#include "ticket-seal.h"
#include "ek-cert.h"
#include "key.h"
#include "proof.h"
#include "register.h"

#define CA_TICKET_MAX    (CHALLENGE_TICKET_MAX - CA_SEAL_LEN)
#define CA_HW_SERIAL_MAX 300

/* All texts at their longest and two RSA-4096 keys have room. */
_Static_assert(
	CA_TICKET_MAX >= 1 + 2 * (2 + 8) + 5 * (2 + REGISTER_NAME_MAX - 1) + 2 +
				 REGISTER_WHO_MAX - 1 + 2 + CA_HW_SERIAL_MAX -
				 1 + 5 * (2 + 32) + 2 * (2 + 550),
	"a ticket holds what a proof gives");

struct ca_ticket {
	int64_t deadline;        /* of the challenge */
	int64_t turns;           /* of the register's clock, at its making */
	uint8_t secret_hash[32]; /* SHA-256; the secret is not kept */
	struct register_device device; /* without id, created, state */
	char hw_serial[CA_HW_SERIAL_MAX];
	struct key_blob spki[N_MAKER_ROLES];
	uint8_t key_fingerprint[N_MAKER_ROLES][32]; /* SHA-256 of these */
	enum key_alg alg; /* of both; not in the bytes: the keys say it */
};

/* Fills *@ret, but for deadline, turns and secret_hash, from a proof that no
 * rule refuses, for @station. Errors: INVALID (an EK certificate that cannot be
 * named in a DevID), CRYPTO. */
DEVID_MUST_CHECK enum devid_err ca_ticket_from_proof(const struct proof *proof,
	const char *station, struct ca_ticket *ret, struct devid_error *err);

/* Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err ca_ticket_encode(const struct ca_ticket *in,
	uint8_t buf[CA_TICKET_MAX], size_t *ret_len, struct devid_error *err);

/* Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err ca_ticket_parse(const uint8_t *data, size_t len,
	struct ca_ticket *ret, struct devid_error *err);

#endif
