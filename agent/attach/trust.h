/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_TRUST_H
#define DEVID_AGENT_TRUST_H

/*
 * Trust on first use of the RADIUS server, for a device in its factory state:
 * the first server that lets it in is remembered. From then on a server is
 * accepted that has the remembered certificate, or another one for the same
 * key; or one that is verified below the remembered issuer and has the same
 * DNS name, or one in the same domain.
 *
 * The issuer is the topmost certificate that the server sent: a root, below
 * which intermediates may change, or an intermediate, below which they may
 * not. A server that sent none is held by its key alone, until it sends one.
 *
 * Not checked here: the chain. wpa_supplicant verifies it against the file
 * that trust_write_ca() writes, its only anchor, and the names with it;
 * trust_allows() demands to be told whether it did (@verified). That a server
 * holds the key of its certificate is what TLS proves. A store that cannot be
 * read allows nobody.
 */

#include <devid/error.h>
#include "event.h"
#include "names.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What the events of one handshake tell of the server. */
struct trust_candidate {
	bool has_leaf;
	uint8_t leaf[EVENT_HASH_LEN];
	uint8_t *key; /* owned: its SubjectPublicKeyInfo, or NULL */
	size_t key_len;
	struct names names;
	int depth; /* of the issuer below, or 0: none */
	bool has_issuer;
	uint8_t issuer[EVENT_HASH_LEN]; /* topmost certificate shown */
	uint8_t *der;                   /* owned: that certificate, or NULL */
	size_t der_len;
};

struct trust {
	char *path;  /* owned */
	bool broken; /* the store is there but not readable */
	bool pinned;
	uint8_t leaf[EVENT_HASH_LEN];
	uint8_t *key; /* owned, or NULL */
	size_t key_len;
	char name[NAMES_LEN]; /* or "" */
	bool has_ca;          /* ca and der are set */
	bool is_root;         /* that one is self-issued */
	uint8_t ca[EVENT_HASH_LEN];
	uint8_t *der; /* owned */
	size_t der_len;
	time_t since;
};

/* What trust_learn() did. */
enum trust_change {
	TRUST_KEPT,
	TRUST_FIRST,   /* remembered on first use */
	TRUST_RENEWED, /* another certificate of the same server */
	TRUST_GREW,    /* its issuer is remembered now, or another one */
};

/* Loads the store at @path; none is no error. On an error @trust is usable
 * and refuses every server. Errors: of files_read(), SYNTAX. */
DEVID_MUST_CHECK enum devid_err trust_load(
	struct trust *trust, const char *path, struct devid_error *err);

void trust_done(struct trust *trust);

/* Whether the server may be trusted. @verified: wpa_supplicant checked its
 * chain and names against what is remembered. */
bool trust_allows(const struct trust *trust,
	const struct trust_candidate *server, bool verified);

/* Whether it has the remembered certificate, or another one for its key. */
bool trust_has_key(
	const struct trust *trust, const struct trust_candidate *server);

/*
 * The server that trust_allows() has let the device in: remembers what of it
 * is new, in memory and in the store (atomically). On IO the memory holds it
 * all the same. Another issuer is taken only from a server that has the
 * remembered key, and an intermediate never in place of a root. Error: STATE
 * (not allowed, or nothing is known of it), IO, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err trust_learn(struct trust *trust,
	const struct trust_candidate *server, bool verified,
	enum trust_change *ret_change, struct devid_error *err);

/* The names that are admitted below the remembered issuer: that of the server,
 * and those in its domain when that has two labels or more. */
void trust_names(const struct trust *trust, struct names *ret_names);

#define TRUST_TEXT_MAX 512
/* For a person: which later servers will be accepted. "" without a memory. */
void trust_survives(const struct trust *trust, char ret[TRUST_TEXT_MAX]);

/*
 * Writes the remembered issuer to @path in OpenSSL's "TRUSTED CERTIFICATE"
 * form: its trust setting (server authentication) makes an issuer that is not
 * self-signed a full trust anchor. Errors: STATE (none remembered), IO, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err trust_write_ca(
	const struct trust *trust, const char *path, struct devid_error *err);

/* Adds what @ev tells; EVENT_EAP_STARTED and EVENT_METHOD_PROPOSED begin
 * anew. */
void trust_note(struct trust_candidate *server, const struct event *ev);

void trust_candidate_clear(struct trust_candidate *server);

#define TRUST_HEX_MAX (2 * EVENT_HASH_LEN + 1)
void trust_hex(const uint8_t hash[EVENT_HASH_LEN], char out[TRUST_HEX_MAX]);

#endif
