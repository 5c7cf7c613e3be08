/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_STATE_H
#define DEVID_MODULE_STATE_H

/*
 * What the module knows of its keys, in memory and in the state folder
 * (module.h). For the module-*.c files only.
 */

#include <devid/error.h>
#include "bytes.h"
#include "certification.h"
#include "keystore.h"
#include "readers.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct module_key {
	enum key_id id;
	enum key_alg alg; /* NONE while no public key is known */
	struct key_blob spki;
	EVP_PKEY *pub;  /* owned, or NULL */
	uint8_t *chain; /* owned: DER certificates, leaf first */
	size_t chain_len;
	size_t leaf_len;  /* of @chain */
	uint8_t n_certs;  /* in @chain */
	uint8_t n_stored; /* of them in the keystore, from the leaf on */
	bool present;     /* seen in the keystore, equal to @spki */
	bool enabled;
	bool cert_enabled; /* its certificate */
	bool imported;     /* made elsewhere */
	bool pin_due;      /* made to be persistent, and is not yet */
	enum wire_tls13 tls13;
	uint8_t probes;     /* to be tried yet; 0: it is known, or given up */
	bool underivable;   /* this keystore tried and does not make it */
	bool mirror_unread; /* there but not readable: not overwritten */
	bool synced; /* mirror compared with the keystore's certificate */
	/* What is not right with it, as it was last looked for; "": nothing */
	char why[DEVID_ERROR_TEXT_MAX];
};

/* What is found in a chain: its leaf's key, its leaf's length, how many. */
struct module_chain {
	struct key_blob spki;
	size_t leaf_len;
	uint8_t n_certs;
};

struct module {
	struct keystore *keystore; /* borrowed; outlives the module */
	const char *state_dir;     /* borrowed; outlives the module */
	bool store_certificates;   /* in the keystore as well as on disk */
	bool forgive;              /* failed attempts, as yet */
	const struct certification *minimum; /* borrowed, or NULL */
	void (*used)(void *arg);             /* or NULL */
	void *used_arg;
	void (*readers)(void *arg, enum key_id id, struct readers *ret);
	void *readers_arg;
	void (*warn)(const char *line);
	struct module_key keys[N_KEYS];
	enum devid_err health;
	char health_text[DEVID_ERROR_TEXT_MAX];
	struct wire_tries tries;
	struct timespec health_at; /* CLOCK_MONOTONIC; 0 = never */
	bool initialized;          /* the keystore has answered once */
	struct wire_counters counters;
	struct wire_erasure erasure;
	struct wire_about about;
};

/* The row of the key with @name, which need not be there, or NULL and NOT_FOUND
 * in @err. */
struct module_key *module_find(
	struct module *m, const char *name, struct devid_error *err);

/* The key with @name as far as there is one. Errors: NOT_FOUND; while the
 * keystore has never answered, NOT_INITIALIZED, with what it says. */
DEVID_MUST_CHECK enum devid_err module_find_known(struct module *m,
	const char *name, struct module_key **ret, struct devid_error *err);

/* Errors: KEY_DISABLED, CERT_DISABLED (when it has a certificate). */
DEVID_MUST_CHECK enum devid_err module_check_enabled(
	const struct module_key *key, struct devid_error *err);

/* Whether it is one of the owner's (ROLE_HOME_OWNER). */
bool module_is_owners(const struct module_key *key);

/* Whether there is something to tell of a key that is none: a file of the
 * owner's that cannot be used. */
bool module_is_told(const struct module_key *key);

/* Says one warning about a key, with @cause behind it. */
void module_warn_key(struct module *m, const struct module_key *key,
	const char *what, const struct devid_error *cause);

/* To be called after each use of a key. */
void module_note_use(const struct module *m);

/* Writes @name in the state folder to @buf, which has PATH_MAX bytes. Errors:
 * INVALID. */
DEVID_MUST_CHECK enum devid_err module_state_file(const struct module *m,
	const char *name, char *buf, struct devid_error *err);

/* Writes <key>@suffix in the state folder to @buf, which has PATH_MAX bytes.
 * Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err module_state_path(const struct module *m,
	const struct module_key *key, const char *suffix, char *buf,
	struct devid_error *err);

/* Makes @spki the public key of @key. Errors: UNSUPPORTED. */
DEVID_MUST_CHECK enum devid_err module_set_spki(struct module_key *key,
	const struct key_blob *spki, struct devid_error *err);

/*
 * That @spki, which is to be @key's, is no other key's: under a second name it
 * would sign while the first is disabled, and for the purposes of both. Of two
 * that are both not in use yet, the one before the other in the table has it.
 * Errors: KEY_EXISTS.
 */
DEVID_MUST_CHECK enum devid_err module_check_only_name(const struct module *m,
	const struct module_key *key, const struct key_blob *spki,
	struct devid_error *err);

/*
 * Whether @der, DER certificates, can be @key's chain: at most four, each
 * issued by the next, the first one of the public key that @key has, if it has
 * one. Errors: SYNTAX, MISMATCH, TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err module_check_chain(const struct module_key *key,
	struct view der, struct module_chain *ret, struct devid_error *err);

/* The same, and makes them @key's chain, which takes the public key if it has
 * none. */
DEVID_MUST_CHECK enum devid_err module_set_chain(struct module_key *key,
	const uint8_t *der, size_t len, struct devid_error *err);

/* Reads mirror and marks of @key. Errors leave it without a chain. */
DEVID_MUST_CHECK enum devid_err module_state_load(
	struct module *m, struct module_key *key, struct devid_error *err);

/* Writes @chain, DER certificates, as the mirror <key>.pem. */
DEVID_MUST_CHECK enum devid_err module_state_store_chain(struct module *m,
	const struct module_key *key, struct view chain,
	struct devid_error *err);

/* Writes the key reference <key>.key when it is missing or differs. */
DEVID_MUST_CHECK enum devid_err module_state_store_ref(struct module *m,
	const struct module_key *key, struct devid_error *err);

/* The public key in the key reference <key>.key. Errors: NOT_FOUND, SYNTAX;
 * MISMATCH, it is of another name. */
DEVID_MUST_CHECK enum devid_err module_state_read_ref(struct module *m,
	const struct module_key *key, struct key_blob *ret,
	struct devid_error *err);

/*
 * Has the files of a key that is not listed read by its readers alone, and by
 * everybody where the file system keeps no access lists. Errors: UNSUPPORTED
 * then, so that it is told.
 */
DEVID_MUST_CHECK enum devid_err module_state_share(struct module *m,
	const struct module_key *key, struct devid_error *err);

/* Makes or removes the mark <key>@suffix, an empty file. */
DEVID_MUST_CHECK enum devid_err module_state_mark(struct module *m,
	const struct module_key *key, const char *suffix, bool there,
	struct devid_error *err);

/* Enables or disables @key, or its certificate (@of_cert), on the disk and then
 * in memory. */
DEVID_MUST_CHECK enum devid_err module_state_enable(struct module *m,
	struct module_key *key, bool of_cert, bool enable,
	struct devid_error *err);

/* Removes <key>@suffix; that it is not there is no error. */
DEVID_MUST_CHECK enum devid_err module_state_remove(struct module *m,
	const struct module_key *key, const char *suffix,
	struct devid_error *err);

/* Removes all files of a key of the owner's but <key>.sealed; <key>.gone, which
 * says that they are to go, is the last one. */
DEVID_MUST_CHECK enum devid_err module_state_remove_all(struct module *m,
	const struct module_key *key, struct devid_error *err);

/* Forgets chain and public key: there is no such key. */
void module_key_clear(struct module_key *key);

#endif
