/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CLIENT_H
#define DEVID_CLIENT_H

/*
 * The client's side of the key socket. Each call makes its own connection,
 * so a restart of devid-keyd, a fork of the caller or several threads need
 * no care. Every path to the socket: $DEVID_KEYD_SOCKET when it is set and
 * the program is not set-user-ID, else WIRE_SOCKET_DEFAULT.
 */

#include <devid/error.h>
#include "key.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sends @req and waits for its answer, at most 300 s for what a TPM may take
 * long for and 60 s for all else. An error that the service returned is
 * returned with its text. On success the data of the answer is in @ret; data
 * that does not fit there is PROTOCOL. The copies of @req and of the
 * answer that are made here are erased.
 * Errors: KEYD_ABSENT, TIMEOUT, PROTOCOL, and whatever the service answers.
 */
DEVID_MUST_CHECK enum devid_err client_request(const char *path,
	const struct wire_request *req, struct room *ret,
	struct devid_error *err);

/* WIRE_STATUS. */
DEVID_MUST_CHECK enum devid_err client_status(
	const char *path, struct wire_status *ret, struct devid_error *err);

/* What it says of the key @name. Errors: NOT_FOUND; the state of a module that
 * is not well and has told of no such key. */
DEVID_MUST_CHECK enum devid_err client_find_key(const char *path,
	const char *name, struct wire_key *ret, struct devid_error *err);

/* A request whose answer holds nothing. */
struct client_change {
	uint8_t op;
	uint8_t arg;
	uint16_t hash;
	const char *key; /* NULL: of no key */
	struct view data;
};

DEVID_MUST_CHECK enum devid_err client_change(const char *path,
	const struct client_change *what, struct devid_error *err);

/* WIRE_IMPORT; no copy of the key is left here. */
DEVID_MUST_CHECK enum devid_err client_import(const char *path, const char *key,
	const struct wire_import *what, bool persistent,
	struct devid_error *err);

/* WIRE_CHAIN: certificate and those above it, DER. */
DEVID_MUST_CHECK enum devid_err client_chain(const char *path, const char *key,
	struct room *ret, struct devid_error *err);

struct client_sign {
	const char *key;
	enum sig_scheme scheme;
	enum sig_hash hash;
	const uint8_t *data; /* what is to be signed, never a digest */
	size_t data_len;
};

/* WIRE_SIGN. */
DEVID_MUST_CHECK enum devid_err client_sign(const char *path,
	const struct client_sign *what, struct key_sig *ret,
	struct devid_error *err);

/* WIRE_ATTEST of the IDevID @key and its IAK. @ek_cert, DER, may be empty: the
 * module's own. */
DEVID_MUST_CHECK enum devid_err client_attest(const char *path, const char *key,
	struct view ek_cert, struct wire_attest *ret, struct devid_error *err);

/* WIRE_ACTIVATE. *@ret is to be erased. Errors also: MISMATCH, made for
 * another TPM or another IAK. */
DEVID_MUST_CHECK enum devid_err client_activate(const char *path,
	const char *key, const struct wire_credential *what,
	struct wire_secret *ret, struct devid_error *err);

/* WIRE_CERTIFY of @key, one of the owner's, over @nonce. @ret may be changed
 * also on errors. Errors also: NOT_FOUND, there is no such key or no IAK;
 * INVALID, a nonce of another length, or a key of the maker's. */
DEVID_MUST_CHECK enum devid_err client_certify(const char *path,
	const char *key, struct view nonce, struct wire_certify *ret,
	struct devid_error *err);

/* WIRE_EPOCH over @nonce; as above. Errors also: NOT_FOUND, no key of the
 * owner's was ever made. */
DEVID_MUST_CHECK enum devid_err client_epoch(const char *path,
	struct view nonce, struct wire_certify *ret, struct devid_error *err);

#endif
