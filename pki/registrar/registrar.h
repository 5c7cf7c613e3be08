/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_H
#define DEVID_REGISTRAR_H

/*
 * A site's registrar: who may have an LDevID, and its issue. One thread uses
 * it. Clients are judged here, whatever the transport has found out: the
 * transport only proves that the client has the key of its certificate.
 *
 * What it does not do: HTTP, Base64 and PKCS #7, which are the transport's.
 */

#include "blob.h"
#include "registrar-conf.h"
#include "view.h"
#include <devid/error.h>

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#define REGISTRAR_CSR_MAX       65536 /* bytes of DER; a limit of ours */
#define REGISTRAR_NONCE_LEN     32
#define REGISTRAR_NONCE_SECONDS 300

struct pin_source;
struct registrar;

/* Who asks: the peer of a TLS handshake, both borrowed. */
struct registrar_client {
	X509 *cert;             /* its own; never NULL */
	STACK_OF(X509) * chain; /* those that it sent besides, or NULL */
};

struct registrar_ask {
	struct registrar_client client;
	const char *label; /* borrowed; NULL: none was in the path */
	struct view csr;   /* DER of a PKCS #10 request */
	bool renew;        /* simplereenroll */
	int64_t now;       /* seconds since 1970 */
};

enum registrar_status {
	REGISTRAR_DONE,       /* 200: there is a certificate */
	REGISTRAR_PENDING,    /* 202: a person has to approve it */
	REGISTRAR_REFUSED,    /* 403: by a rule */
	REGISTRAR_NONCE_GONE, /* 409: get another nonce, try again */
	REGISTRAR_ABSENT,     /* 404: no such label, no document */
	REGISTRAR_TROUBLE,    /* 503: not the client's fault */
};

#define REGISTRAR_TEXT_MAX 256

struct registrar_answer {
	enum registrar_status status;
	const char *rule;              /* static; "" when there is none */
	char text[REGISTRAR_TEXT_MAX]; /* one line: why, without the rule */
	unsigned retry_after;          /* seconds; of PENDING and TROUBLE */
	struct blob body; /* the caller's; of DONE: a certificate, DER */
};

void registrar_answer_done(struct registrar_answer *answer);

/*
 * Opens database, CA key and makers' trust; @conf is borrowed until
 * registrar_close(). @pin: sources beside pin_file of the configuration, or
 * NULL. Errors: those of the parts; DENIED from the token's PIN is never to
 * be tried again by a program.
 */
DEVID_MUST_CHECK enum devid_err registrar_open(
	const struct registrar_conf *conf, const struct pin_source *pin,
	struct registrar **ret, struct devid_error *err);
void registrar_close(struct registrar *r);

/* Reads the makers' roots and revocation lists again; keeps those that it has
 * when one cannot be read. Errors: those of the files. */
DEVID_MUST_CHECK enum devid_err registrar_reload(
	struct registrar *r, struct devid_error *err);

/* What has to be done now and then, at least once a minute: the revocation
 * list in time, nonces and requests that nobody asks for any more. Errors: of
 * the database, the token and the publish folder. */
DEVID_MUST_CHECK enum devid_err registrar_duties(
	struct registrar *r, int64_t now, struct devid_error *err);

/* Whether the token or its session was lost: nothing is signed any more, and a
 * PIN is tried once by a program. Who goes on opens the registrar anew. */
bool registrar_gone(const struct registrar *r);

/*
 * Names of all CAs that clients' certificates may come from, for the TLS
 * server's CertificateRequest (RFC 8446 4.2.4). *@ret is the caller's.
 * Errors: NOMEM.
 */
DEVID_MUST_CHECK enum devid_err registrar_ca_names(struct registrar *r,
	STACK_OF(X509_NAME) * *ret, struct devid_error *err);

/* RFC 7030 4.1: the site's CA and the certificates above it, @ret->body the
 * concatenation of their DER, the issuing CA first. */
void registrar_cacerts(struct registrar *r, struct registrar_answer *ret);

/* RFC 7030 4.5, RFC 9908: @ret->body is the DER of CsrAttrs. ABSENT: no such
 * label. */
void registrar_csrattrs(
	struct registrar *r, const char *label, struct registrar_answer *ret);

/* RFC 7030 4.2: always fills *@ret. The same request again, with the client
 * still admitted, gives the same certificate. */
void registrar_enrol(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret);

/* @ret->body: REGISTRAR_NONCE_LEN bytes for the client's evidence, good for
 * REGISTRAR_NONCE_SECONDS and one enrolment; an earlier one is gone. */
void registrar_nonce(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret);

/* @ret->body: the onboarding document of the client's unit, else the default
 * one (JSON). ABSENT: there is neither. */
void registrar_document(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret);

#endif
