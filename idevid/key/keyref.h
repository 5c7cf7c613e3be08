/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYREF_H
#define DEVID_KEYREF_H

/*
 * The PEM file that stands where a program wants a private key:
 *
 *   -----BEGIN DEVID KEY-----
 *   DevIDKeyReference ::= SEQUENCE {
 *       version    INTEGER (0),
 *       name       UTF8String,            -- "idevid"
 *       publicKey  SubjectPublicKeyInfo }
 *   -----END DEVID KEY-----
 *
 * It holds no secret: devid-keyd signs for whoever may ask it. A request
 * carries the name alone, so after a change of keys a stale file gives
 * signatures that its public half does not verify.
 */

#include <devid/error.h>

#include <stddef.h>
#include <stdint.h>

#define KEYREF_PEM_NAME "DEVID KEY"

/* Longest key name, without the zero byte; a limit of ours. */
#define KEY_NAME_MAX 31

/* Longest SubjectPublicKeyInfo: RSA-4096 has 550 bytes. */
#define KEYREF_SPKI_MAX 1024

/* Longest DER form, with all headers. */
#define KEYREF_DER_MAX (KEYREF_SPKI_MAX + KEY_NAME_MAX + 16)

struct keyref {
	char name[KEY_NAME_MAX + 1];
	uint8_t spki[KEYREF_SPKI_MAX];
	size_t spki_len;
};

/* Whether @name is 1 to KEY_NAME_MAX of a-z, 0-9 and '-'. */
int keyref_name_ok(const char *name, size_t len);

/* Parses the DER inside the PEM armour. Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err keyref_parse(const uint8_t *der, size_t len,
	struct keyref *ret, struct devid_error *err);

/*
 * Writes the DER form of @ref to @buf of KEYREF_DER_MAX bytes and its length
 * to *@ret_len. Errors: INVALID when the name or the key does not fit.
 */
DEVID_MUST_CHECK enum devid_err keyref_encode(const struct keyref *ref,
	uint8_t *buf, size_t *ret_len, struct devid_error *err);

#endif
