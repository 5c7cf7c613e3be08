/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_TRUST_H
#define DEVID_AGENT_TRUST_H

/*
 * Trust on first use of the RADIUS server, for a device in its factory state:
 * the first server that lets it in is remembered, and from then on no other
 * is accepted. Remembered are the SHA-256 of the server's certificate, and,
 * when it has a DNS name and came with an issuer, both of these: a renewed
 * certificate of the same name and issuer is accepted too.
 *
 * Not checked here: the chain. wpa_supplicant verifies it against the file
 * that trust_write_ca() writes, its only anchor, and the name with it;
 * trust_allows() demands to be told whether it did (@verified). A store that
 * cannot be read allows nobody.
 */

#include <devid/error.h>
#include "event.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What the events of one handshake tell of the server. */
struct trust_candidate {
	bool has_leaf;
	uint8_t leaf[EVENT_HASH_LEN];
	char name[EVENT_TEXT_MAX]; /* first DNS name, or "" */
	int depth;                 /* of the issuer below, or 0: none */
	bool has_issuer;
	uint8_t issuer[EVENT_HASH_LEN]; /* topmost certificate shown */
	uint8_t *der;                   /* owned: that certificate */
	size_t der_len;
};

struct trust {
	char *path;  /* owned */
	bool broken; /* the store is there but not readable */
	bool pinned;
	uint8_t leaf[EVENT_HASH_LEN];
	bool has_ca; /* name, ca and der are set */
	char name[EVENT_TEXT_MAX];
	uint8_t ca[EVENT_HASH_LEN];
	uint8_t *der; /* owned */
	size_t der_len;
	time_t since;
};

/* Loads the store at @path; none is no error. On an error @trust is usable
 * and refuses every server. Errors: of files_read(), SYNTAX. */
DEVID_MUST_CHECK enum devid_err trust_load(
	struct trust *trust, const char *path, struct devid_error *err);

void trust_done(struct trust *trust);

/* Whether the server may be trusted. @verified: wpa_supplicant checked its
 * chain and name against what is remembered. */
bool trust_allows(const struct trust *trust,
	const struct trust_candidate *server, bool verified);

/* Remembers @server in memory and in the store (atomically). On IO the memory
 * holds it all the same. Error: STATE (something is remembered already, or
 * nothing is known of @server), IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err trust_remember(struct trust *trust,
	const struct trust_candidate *server, time_t now,
	struct devid_error *err);

/*
 * Writes the remembered issuer to @path in OpenSSL's "TRUSTED CERTIFICATE"
 * form: its trust setting (server authentication) makes an issuer that is not
 * self-signed a full trust anchor. Errors: STATE (none remembered), IO, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err trust_write_ca(
	const struct trust *trust, const char *path, struct devid_error *err);

/* Adds what @ev tells; EVENT_EAP_STARTED begins anew. Certificates are only
 * kept when @keep_der. */
void trust_note(
	struct trust_candidate *server, const struct event *ev, bool keep_der);

void trust_candidate_clear(struct trust_candidate *server);

#define TRUST_HEX_MAX (2 * EVENT_HASH_LEN + 1)
void trust_hex(const uint8_t hash[EVENT_HASH_LEN], char out[TRUST_HEX_MAX]);

#endif
