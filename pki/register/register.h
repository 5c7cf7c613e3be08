/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_H
#define DEVID_REGISTER_H

/*
 * The register of what the CA issued: devices, certificates, answered
 * challenges, CRL numbers and the audit log, in SQLite or PostgreSQL with the
 * same schema. A certificate is in its row before anybody can have it; no row
 * is without its certificate. All calls but register_open() are inside
 * register_begin() and register_commit() or register_rollback(). After an
 * error other than NOT_FOUND, EXISTS and those of a row function, the
 * transaction is over but for its rollback (db.h).
 *
 * It does not check that a device gets both its certificates: that is whoever
 * puts them into one transaction (ca_issue()).
 */

#include "build.h"
#include "challenge.h"
#include "db.h"
#include <devid/error.h>
#include "key.h"
#include "signer.h"

#include <time.h>

#define REGISTER_NAME_MAX 65
#define REGISTER_WHO_MAX  129

struct reg; /* of register_open() */

void register_close(struct reg *reg);
struct db *register_db(struct reg *reg); /* borrowed; for tests and export */

DEVID_MUST_CHECK enum devid_err register_begin(
	struct reg *reg, struct devid_error *err);
/* For looking only: others go on writing, and what they write is not seen. */
DEVID_MUST_CHECK enum devid_err register_begin_read(
	struct reg *reg, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err register_commit(
	struct reg *reg, struct devid_error *err);
void register_rollback(struct reg *reg);

#define REGISTER_SECRET_LEN 32

/* Random bytes that were made with the register: no other has them. */
DEVID_MUST_CHECK enum devid_err register_secret(struct reg *reg,
	uint8_t ret[REGISTER_SECRET_LEN], struct devid_error *err);

/* ---- answered challenges ---- */

/*
 * Marks the challenge @id as answered: of two that do, one gets OK. Errors:
 * EXISTS. What is not answered is nowhere in the register.
 */
DEVID_MUST_CHECK enum devid_err register_challenge_use(struct reg *reg,
	const uint8_t id[CHALLENGE_ID_LEN], struct devid_error *err);

/* Forgets those that were made before @before, in seconds since 1970, as their
 * ids say (ordered-id.h), at most @limit; *@ret_n: how many. */
DEVID_MUST_CHECK enum devid_err register_challenge_purge(struct reg *reg,
	int64_t before, int64_t limit, int64_t *ret_n, struct devid_error *err);

/* ---- devices ---- */

enum register_state {
	REGISTER_LIVE,
	REGISTER_REVOKED,
	REGISTER_REPLACED
};

struct register_device {
	int64_t id;
	char serial[REGISTER_NAME_MAX];
	char model[REGISTER_NAME_MAX];
	uint8_t ek_fingerprint[32]; /* SHA-256 of the EK's SubjectPublicKeyInfo:
				     * the same EK with another certificate
				     * is the same TPM */
	uint8_t ek_cert_fingerprint[32];
	char tpm_vendor[REGISTER_NAME_MAX];
	char tpm_model[REGISTER_NAME_MAX];
	char tpm_firmware[REGISTER_NAME_MAX];
	char station[REGISTER_WHO_MAX]; /* who asked */
	int64_t created;
	enum register_state state;
};

/* In what a device of the register is like one that wants to get in. */
enum register_holder {
	/* live, the same serial number, or one that differs in case alone:
	 * both are one X.501 name */
	REGISTER_BY_SERIAL,
	REGISTER_BY_EK, /* live, the same EK */
	/* The same EK, and its certificates were revoked because their keys
	 * are compromised (reason 1); the last of several. */
	REGISTER_BY_EK_COMPROMISED,
	/* It has, live or not, a live IDevID certificate for the same key. IAKs
	 * are not indexed: it would cost a fifth more per device. */
	REGISTER_BY_KEY,
	REGISTER_N_HOLDERS
};

struct register_holders {
	bool found[REGISTER_N_HOLDERS];
	struct register_device device[REGISTER_N_HOLDERS]; /* where found */
};

/* What one that wants to get in is known by; borrowed. */
struct register_identity {
	const char *serial;
	const uint8_t *ek_fingerprint;  /* 32 bytes */
	const uint8_t *key_fingerprint; /* 32 bytes: of the IDevID */
};

/* ---- certificates ---- */

struct register_cert {
	int64_t id;
	int64_t device;     /* 0: a CA's or an OCSP responder's */
	enum key_role role; /* of a device's */
	enum key_alg alg;   /* type of its key */
	uint8_t issuer[32]; /* SHA-256 of the issuer's Name, DER */
	uint8_t serial[SERIAL_LEN];
	size_t serial_len;
	uint8_t key_fingerprint[32]; /* SHA-256 of SubjectPublicKeyInfo */
	int64_t created;
	enum register_state state;
	int64_t revoked_at;
	int64_t revoked_seq; /* of register_each_revoked() */
	int reason;
	const uint8_t *der; /* borrowed */
	size_t der_len;
};

typedef enum devid_err register_cert_fn(
	void *arg, const struct register_cert *cert, struct devid_error *err);

/* Certificates of one issuer whose revocations came after the one numbered
 * @after (0: all). */
struct register_revoked {
	const uint8_t *issuer; /* borrowed; 32 bytes */
	int64_t after;
};

/* Those with id > @after, at most @limit. */
struct register_page {
	const uint8_t *issuer; /* borrowed; 32 bytes; of certificates only */
	int64_t after, limit;
};

typedef enum devid_err register_device_fn(void *arg,
	const struct register_device *device, struct devid_error *err);

/* ---- numbers, publications ---- */

/* Next CRL number of @issuer (full and delta share the sequence, RFC 5280
 * 5.2.3), starting with 1. */
DEVID_MUST_CHECK enum devid_err register_crl_number(struct reg *reg,
	const uint8_t issuer[32], uint64_t *ret, struct devid_error *err);

/* A pre-produced OCSP answer or a published CRL. */
struct register_blob {
	struct view data; /* borrowed */
	int64_t expires;
	int64_t made; /* when, by the clock of who made it */
};

/* Stores it under @name, in place of what was there. */
DEVID_MUST_CHECK enum devid_err register_blob_put(struct reg *reg,
	const char *name, const struct register_blob *what,
	struct devid_error *err);

/* Its data is valid until the next call. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err register_blob_get(struct reg *reg,
	const char *name, struct register_blob *ret, struct devid_error *err);

/* ---- audit log ---- */

struct register_audit_line {
	char instance[REGISTER_NAME_MAX];
	int64_t seq;
	const char *line; /* borrowed */
	uint8_t hash[32];
	const uint8_t *signature; /* borrowed: over the hash; NULL: none */
	size_t signature_len;
};

/* What is borrowed in @line is valid until it returns. */
typedef enum devid_err register_audit_fn(void *arg,
	const struct register_audit_line *line, struct devid_error *err);

#endif
