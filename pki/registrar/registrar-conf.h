/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_CONF_H
#define DEVID_REGISTRAR_CONF_H

/* The configuration file of a registrar, devid-registrar.conf(5). */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTRAR_CONF_DEFAULT DEVID_SYSCONFDIR "/devid/devid-registrar.conf"

#define REGISTRAR_MAKERS_MAX      32
#define REGISTRAR_PROFILES_MAX    32
#define REGISTRAR_NAME_MAX        33        /* with the NUL */
#define REGISTRAR_PROFILE_DEFAULT "default" /* without a label */

enum registrar_residency {
	REGISTRAR_RESIDENCY_REQUIRED, /* no certificate without evidence */
	REGISTRAR_RESIDENCY_WANTED,   /* asked for; goes without */
	REGISTRAR_RESIDENCY_NO,       /* not asked for */
};

/* [maker NAME]: whose IDevIDs are admitted, once they are on the list. */
struct registrar_maker {
	char name[REGISTRAR_NAME_MAX];
	char *roots; /* roots = FILE: PEM */
	char *crls;  /* crls = FILE: PEM, or NULL: none are looked at */
	/* epoch_nv = 0x...: NV index of the counter of erasures of its devices;
	 * 0: where devid has it, tpm-places.h. */
	uint32_t epoch_nv;
};

/* [profile NAME]: what a label of the path stands for; "default" is the one
 * without a label. */
struct registrar_profile {
	char name[REGISTRAR_NAME_MAX];
	unsigned days;      /* validity */
	unsigned key_types; /* bit n: enum key_alg n */
	enum registrar_residency residency;
	bool manual;          /* approval = manual */
	bool server;          /* server_auth = yes: extendedKeyUsage */
	unsigned live_max;    /* LDevIDs of a device that count at one time */
	unsigned retry_after; /* seconds, of a 202 */
};

struct registrar_conf {
	char *instance; /* [registrar] instance: of this process */
	char *database; /* [registrar] database: URI of db.h */
	char *seen;     /* [registrar] seen: SQLite file of RADIUS, or NULL */
	char *publish;  /* [registrar] publish: folder of the CRL, or NULL */
	char *listen;   /* [registrar] listen: HOST:PORT, EST */
	char *public;   /* [registrar] public: HOST:PORT, plain HTTP */
	char *certificate; /* [registrar] certificate: of the TLS server, PEM */
	char *key;         /* [registrar] key: its key, PEM */
	unsigned connections_max;
	char *ca_certificate; /* [ca] certificate: the site's CA, PEM */
	char *ca_chain;       /* [ca] chain: those above it, or NULL */
	char *organization;   /* [ca] organization: O of each LDevID */
	char *module, *token, *token_key; /* [ca] module, token, key */
	char *pin_file;                   /* [ca] pin_file */
	char *audit_key;                  /* [ca] audit_key: in the token */
	char *crl_url;                    /* [ca] crl_url */
	unsigned crl_hours;
	size_t n_makers;
	struct registrar_maker makers[REGISTRAR_MAKERS_MAX];
	size_t n_profiles;
	struct registrar_profile profiles[REGISTRAR_PROFILES_MAX];
};

/* Reads @path (NULL: REGISTRAR_CONF_DEFAULT). Errors: as conf_load(). */
DEVID_MUST_CHECK enum devid_err registrar_conf_load(
	const char *path, struct registrar_conf *ret, struct devid_error *err);
void registrar_conf_done(struct registrar_conf *conf);

/* The profile that @label names, NULL: "default"; NULL when there is none. */
const struct registrar_profile *registrar_conf_profile(
	const struct registrar_conf *conf, const char *label);

#endif
