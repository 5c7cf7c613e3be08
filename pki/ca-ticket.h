/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_TICKET_H
#define DEVID_CA_TICKET_H

/*
 * What a proved request leaves behind until its challenge is answered: just
 * what issuing needs, as bytes in the register. Written and read by this CA
 * only; read with bounds all the same.
 */

#include "ek-cert.h"
#include "keystore.h"
#include "proof.h"
#include "register.h"

#define CA_TICKET_MAX    4096
#define CA_HW_SERIAL_MAX 300

struct ca_ticket {
	struct register_device device; /* without id, created, state */
	char hw_serial[CA_HW_SERIAL_MAX];
	struct keystore_blob spki[N_KEY_ROLES];
	uint8_t key_fingerprint[N_KEY_ROLES][32]; /* SHA-256 of these */
};

/* Fills *@ret from a proof that no rule refuses, for @station. Errors:
 * INVALID (an EK certificate that cannot be named in a DevID), CRYPTO. */
DEVID_MUST_CHECK enum devid_err ca_ticket_from_proof(const struct proof *proof,
	const char *station, struct ca_ticket *ret, struct devid_error *err);

/* Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err ca_ticket_encode(const struct ca_ticket *in,
	uint8_t buf[CA_TICKET_MAX], size_t *ret_len, struct devid_error *err);

/* Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err ca_ticket_parse(const uint8_t *data, size_t len,
	struct ca_ticket *ret, struct devid_error *err);

#endif
