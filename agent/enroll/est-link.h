/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_LINK_H
#define DEVID_EST_LINK_H

/*
 * A connection to one EST server, by libcurl and with a key of devid-keyd: TLS
 * 1.2 or later (RFC 7030 3.3, RFC 9325), judged by the anchors that are given
 * and by no others of this machine. Nothing is followed, nothing is taken from
 * the environment, and all is bounded: bytes, time, and slowness.
 */

#include <devid/error.h>

#include "blob.h"
#include "cleanup.h"
#include "enroll-result.h"
#include "view.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

#define EST_LINK_TYPE_MAX 128 /* of a Content-Type, with its NUL */
#define EST_LINK_URL_MAX  256 /* of a Location as it is told */

/* Limits of ours, in seconds. */
#define EST_LINK_CONNECT_SECONDS 20 /* with the handshake; a TPM is slow */
#define EST_LINK_TOTAL_SECONDS   60 /* for one answer */
#define EST_LINK_SLOW_SECONDS    10 /* below EST_LINK_SLOW_BYTES a second */
#define EST_LINK_SLOW_BYTES      64

struct est_link_conf {
	const char *host; /* borrowed, as all here */
	unsigned port;
	const char *proxy;   /* URL; NULL: none */
	struct view anchors; /* PEM: roots, or the server's own */
	time_t floor;        /* below it the clock is wrong; 0: it is right */
	X509 *cert;          /* what this device shows; NULL: nothing */
	STACK_OF(X509) * above; /* between it and its root; may be NULL */
	EVP_PKEY *key;          /* of a provider */
};

/* Initialises libcurl and OpenSSL without files and environment of theirs, and
 * loads the provider devid of the folder @modules: once, before est_link_new()
 * and before the process is confined. Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err est_link_init(
	const char *modules, struct devid_error *err);

struct est_link;

/* Makes one, connecting nowhere yet. What @conf points to has to stay. Errors:
 * NOMEM, CRYPTO (no certificate in the anchors). */
DEVID_MUST_CHECK enum devid_err est_link_new(const struct est_link_conf *conf,
	struct est_link **ret, struct devid_error *err);

void est_link_free(struct est_link *link);

CLEANUP_DEFINE(est_link, struct est_link *, est_link_free)

struct est_ask {
	const char *path;      /* "/.well-known/est/cacerts" */
	const char *accept;    /* media type */
	const char *post_type; /* media type of @body; NULL: it is a GET */
	struct view body;
	size_t max; /* bytes of an answer */
};

struct est_answer {
	long status;
	char type[EST_LINK_TYPE_MAX];    /* "" for none */
	char location[EST_LINK_URL_MAX]; /* of a redirect */
	long retry_after;                /* seconds, not bounded; 0: none */
	struct blob body;                /* owned: est_answer_done() */
};

void est_answer_done(struct est_answer *answer);

/* Asks, on the connection that there is or a new one. An answer of any status
 * is NONE; else why there is none, with its words in @err. */
DEVID_MUST_CHECK enum enroll_class est_link_ask(struct est_link *link,
	const struct est_ask *ask, struct est_answer *ret,
	struct devid_error *err);

#endif
