/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_H
#define DEVID_CA_H

/*
 * An issuing CA at work: configuration, token, register, trust in TPM vendors.
 * One thread uses it; jobs come in batches, so that one commit to disk serves
 * all of a batch. One other thread may judge requests ahead (ca-judge.h).
 */

#include "build.h"
#include "ticket-seal.h"
#include "challenge.h"
#include "ek-cert.h"
#include <devid/error.h>
#include "proof.h"
#include "register.h"
#include "signer.h"
#include "token.h"

#include <openssl/x509.h>
#include <stdbool.h>

#define CA_CONF_DEFAULT DEVID_SYSCONFDIR "/devid/devid-ca.conf"

/* What a second request for a pair of keys that has its certificates gets, when
 * the EK is the same. Another EK, or other keys of a type that the device has,
 * are always refused. */
enum ca_again {
	CA_AGAIN_SAME,
	CA_AGAIN_REFUSE
};

enum ca_role {
	CA_ROLE_ISSUE = 1, /* challenge and issue */
	CA_ROLE_REVOKE = 2,
	CA_ROLE_READ = 4, /* look a device up */
};

#define CA_STATIONS_MAX 256

#define CA_CHALLENGE_SECONDS_MAX (31 * 86400)

struct ca_station {
	char name[REGISTER_WHO_MAX];
	uint8_t fingerprint[32]; /* SHA-256 of its client certificate */
	unsigned roles;          /* enum ca_role */
	unsigned rate;           /* requests a minute; 0: no limit */
};

struct ca_conf {
	char *name;          /* [ca] name: of the issuing CA, a-z 0-9 - */
	char *instance;      /* [ca] instance: of this process */
	char *reg;           /* [ca] register: URI of db.h */
	char *certificate;   /* [ca] certificate: the issuing CA's, PEM */
	char *chain;         /* [ca] chain: certificates above it, PEM */
	char *challenge_key; /* [ca] challenge_key: file */
	char *publish;       /* [ca] publish: folder of CRLs and so on */
	unsigned challenge_seconds; /* [ca]; default 86400, at most
				     * CA_CHALLENGE_SECONDS_MAX */
	enum ca_again again;
	/* [ca]; how many pairs of keys of a device get certificates, each of
	 * another type; 1 to N_KEY_PAIRS, default 1 */
	unsigned identities;
	char *crl_url, *delta_url, *ocsp_url, *issuer_url;
	unsigned crl_hours, delta_hours, ocsp_hours;
	char *module, *token, *key, *pin_file; /* [token] */
	char *ocsp_key, *ocsp_certificate, *audit_key;
	char *ek_roots; /* [ek] roots */
	struct ek_policy ek;
	char *listen, *listen_public; /* [serve] host:port; "" off */
	char *tls_certificate, *tls_key, *client_ca;
	unsigned connections_max;
	struct ca_station stations[CA_STATIONS_MAX]; /* [station NAME] */
	size_t n_stations;
};

struct ca {
	const struct ca_conf *conf;                /* borrowed */
	struct token *token;                       /* owned; NULL in tests */
	struct signer *signer;                     /* owned: the issuing key */
	struct signer *ocsp_signer, *audit_signer; /* owned; may be NULL */
	X509 *cert, *ocsp_cert;                    /* owned */
	struct build_issuer *issuer;               /* owned */
	uint8_t issuer_hash[32]; /* of the CA's subject Name */
	char *chain_pem;         /* owned: CA certificate and above it */
	struct ek_trust *trust;  /* owned */
	struct reg *reg;         /* owned */
	uint8_t seal_key[CA_SEAL_KEY_LEN]; /* of challenges; erased */
	bool has_seal_key;
	bool pin_refused;    /* ca_open() failed for the sake of the PIN */
	int64_t clock_turns; /* of the register, for challenges: ca-judge.h */
	bool clock_wrong;    /* of ca-clock.h: nothing may be signed */
	bool clock_back; /* ca_open() found the register ahead of the clock */
};

/* What is opened. */
#define CA_OPEN_REGISTER 1u
#define CA_OPEN_TOKEN    2u /* asks for the PIN */
#define CA_OPEN_TRUST    4u
#define CA_OPEN_SEAL     8u  /* the key of challenges; with the register */
#define CA_OPEN_CLOCK    16u /* compared with the register's */
#define CA_OPEN_ACCEPT   32u /* a person says that the clock is right */

struct ca_judged; /* ca-judge.h */

/* One piece of work of a batch. */
struct ca_job {
	/* in */
	const char *station;  /* who asks, for register and audit log */
	const uint8_t *input; /* TCG-CSR, or PEM of an answer; borrowed */
	size_t input_len;
	struct ca_judged *judged; /* owned; NULL: ca_challenge() has it done */
	/* out */
	enum devid_err code;
	struct devid_error error;
	enum proof_rule rule; /* that refused a request, or NONE */
	char *output;         /* owned: PEM of a challenge, or certificates */
	/* Of the device; "" when it is not known, or an answer was refused. */
	char serial[REGISTER_NAME_MAX];
};

void ca_job_done(struct ca_job *job);

#endif
