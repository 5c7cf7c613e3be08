/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ROLE_H
#define DEVID_ROLE_H

/*
 * The one table of what keys there are and what each is for. A key is one of a
 * role, with a number: idevid-0, tls-3. Everybody else asks this table, and
 * nobody else knows a role by its name or its value, but for the TPM's
 * templates (tpm-template.h) and the maker's pair.
 */

#include <stdbool.h>
#include <stddef.h>

enum key_role {
	KEY_ROLE_IDEVID,
	KEY_ROLE_IAK,
	KEY_ROLE_LDEVID,
	KEY_ROLE_EAP,
	KEY_ROLE_TLS,
};
#define N_KEY_ROLES 5

/* IDevID and IAK: what a maker certifies, always together. */
#define N_MAKER_ROLES 2

/* Every key that there can be, by a small number that all arrays of keys are
 * indexed with: first the pairs IDevID and IAK, then the other roles. */
enum key_id {
	KEY_IDEVID = 0, /* idevid-0 */
	KEY_IAK = 1,    /* iak-0 */
};
#define N_KEY_PAIRS  4
#define N_MAKER_KEYS (2 * N_KEY_PAIRS)
#define N_KEYS       (N_MAKER_KEYS + 4 + 4 + 8)

/* No key: what a variable begins with that one is yet to be found for. Nothing
 * takes it. */
#define KEY_NONE ((enum key_id)N_KEYS)

/* Where the private key lives. */
enum role_home {
	/* Derived from the module's own seed by a template of TCG: no owner
	 * removes it, and it comes back after TPM2_Clear. */
	ROLE_HOME_MAKER,
	/* Below the owner's storage parent, its bytes in the state folder:
	 * ends when the owner erases, or when the TPM is cleared. */
	ROLE_HOME_OWNER,
};

/* Bits of what a key may sign for; purpose.h says which bytes each is. */
enum purpose {
	PURPOSE_TLS_CLIENT = 1, /* CertificateVerify of a client */
	PURPOSE_TLS_SERVER = 2, /* CertificateVerify, ServerKeyExchange */
	PURPOSE_CSR = 4,        /* PKCS#10 or TCG-CSR for this very key */
};

/* "tls-client", "tls-server" or "csr". */
const char *purpose_name(enum purpose purpose);

/* Whose list of users (devid.conf) may manage keys of a role. */
enum role_manager {
	ROLE_MANAGER_MAKER,  /* keyd.manage */
	ROLE_MANAGER_LDEVID, /* keyd.manage_ldevid */
	ROLE_MANAGER_OWNER,  /* keyd.manage_keys */
};
#define N_ROLE_MANAGERS 3

struct role {
	const char *name;
	const char *what; /* for people, a few words */
	enum role_home home;
	unsigned n; /* how many there can be */
	enum role_manager manager;
	unsigned purposes; /* bits of enum purpose */
	bool imports;      /* a key made elsewhere may be put in */
	bool deletes;      /* keys and certificates may be taken out */
	bool listed;       /* everybody may see keys and certificates */
	bool enabled;      /* keys and certificates begin so (802.1AR 7.2) */
	int profile; /* enum devid_profile_kind of certificates; -1: any */
};

/* The row of @role, which is one of them; never NULL. */
const struct role *role_row(enum key_role role);

/* Of a key, which is less than N_KEYS. */
enum key_role key_id_role(enum key_id id);
unsigned key_id_number(enum key_id id);
const struct role *key_id_row(enum key_id id);

/* The name in full: a role and a number, but for the first of those that a
 * maker certifies, which are called by the role alone: "idevid", "idevid-1",
 * "ldevid-0". */
const char *key_id_name(enum key_id id);

/*
 * The end of the name of the file that says whether key @id, or its certificate
 * (@of_cert), is enabled. What begins enabled is disabled while that mark is
 * there; what begins disabled is enabled while it is. So without marks, as in a
 * folder that was restored in part, each is as it began.
 */
const char *key_id_mark(enum key_id id, bool of_cert);

/* What that says: @there, the mark is. */
bool key_id_is_enabled(enum key_id id, bool there);

/* The name of a role. */
const char *key_role_name(enum key_role role);

/* Number @number of @role; false when there is none. */
bool key_id_of(enum key_role role, unsigned number, enum key_id *ret);

/* The key with that name; a role alone is its number 0. False: none. */
bool key_id_by_name(const char *name, enum key_id *ret);

/* idevid-N and iak-N. */
struct key_pair {
	enum key_id idevid, iak;
};

/* The pair that @id is one of; false for keys of other roles. */
bool key_id_pair(enum key_id id, struct key_pair *ret);

#endif
