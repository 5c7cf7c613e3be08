/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CHALLENGE_H
#define DEVID_CHALLENGE_H

/*
 * What goes between CA and device after the TCG-CSR: a challenge that only
 * the TPM with the EK and the IAK can answer (TPM2_MakeCredential and
 * TPM2_ActivateCredential, TPM 2.0 part 1, 24), and its answer. As PEM, so
 * that a stick or a serial line can carry them:
 *
 *   -----BEGIN DEVID CHALLENGE-----          -----BEGIN DEVID ANSWER-----
 *   SEQUENCE {                               SEQUENCE {
 *     version INTEGER (1),                     version INTEGER (1),
 *     id OCTET STRING (16),                    id OCTET STRING (16),
 *     deadline INTEGER, seconds since 1970     secret OCTET STRING (32),
 *     serial UTF8String, of the device         ticket OCTET STRING }
 *     idObject OCTET STRING, TPM2B_ID_OBJECT
 *     encSecret OCTET STRING, TPM2B_ENCRYPTED_SECRET
 *     ticket OCTET STRING }
 *
 * The ticket is the CA's: what it has found out about the request, sealed. The
 * device gives it back as it got it, so that the CA keeps nothing of who has
 * not answered.
 */

#include <devid/error.h>

#include <stddef.h>
#include <stdint.h>

#define CHALLENGE_ID_LEN     16
#define CHALLENGE_SECRET_LEN 32
#define CHALLENGE_BLOB_MAX   600 /* TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET */
#define CHALLENGE_SERIAL_MAX 64
#define CHALLENGE_TICKET_MAX 2560
#define CHALLENGE_FILE_MAX   6144 /* bytes of PEM */

struct challenge_ticket {
	uint8_t data[CHALLENGE_TICKET_MAX];
	size_t len;
};

struct challenge {
	uint8_t id[CHALLENGE_ID_LEN];
	int64_t deadline; /* seconds since 1970, UTC; the CA's clock */
	char serial[CHALLENGE_SERIAL_MAX + 1];
	uint8_t id_object[CHALLENGE_BLOB_MAX];
	size_t id_object_len;
	uint8_t enc_secret[CHALLENGE_BLOB_MAX];
	size_t enc_secret_len;
	struct challenge_ticket ticket;
};

struct challenge_answer {
	uint8_t id[CHALLENGE_ID_LEN];
	uint8_t secret[CHALLENGE_SECRET_LEN];
	struct challenge_ticket ticket;
};

/*
 * PEM into @buf, NUL-terminated. Errors: TOO_LARGE; INVALID for a member that
 * the format does not hold: a negative deadline, an empty blob or ticket, a
 * serial that is empty or not printable ASCII.
 */
DEVID_MUST_CHECK enum devid_err challenge_encode(const struct challenge *in,
	char *buf, size_t size, struct devid_error *err);

/* Reads exactly one PEM block, surrounded by white space only; every member
 * within its bounds. Errors: SYNTAX, TOO_LARGE, UNSUPPORTED (version); the
 * text names the member. */
DEVID_MUST_CHECK enum devid_err challenge_parse(const uint8_t *pem, size_t len,
	struct challenge *ret, struct devid_error *err);

/* The same for answers. */
DEVID_MUST_CHECK enum devid_err challenge_answer_encode(
	const struct challenge_answer *in, char *buf, size_t size,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err challenge_answer_parse(const uint8_t *pem,
	size_t len, struct challenge_answer *ret, struct devid_error *err);

#endif
