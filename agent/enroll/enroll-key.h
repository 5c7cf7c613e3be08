/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ENROLL_KEY_H
#define DEVID_ENROLL_KEY_H

/*
 * What devid-enroll has of devid-keyd: the identity that it shows, the key that
 * it asks a certificate for, and evidence of where that is. All through the key
 * socket and the provider.
 */

#include <devid/error.h>

#include "blob.h"
#include "cleanup-openssl.h"
#include "key.h"
#include "view.h"
#include "wire.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

/* An identity, all owned: enroll_identity_done(). */
struct enroll_identity {
	X509 *cert;
	STACK_OF(X509) * above; /* as devid-keyd has them, roots too */
	EVP_PKEY *key;          /* of the provider */
};

/* The key @name with its certificate. Errors: those of the key socket;
 * CERT_NOT_FOUND, CRYPTO. */
DEVID_MUST_CHECK enum devid_err enroll_identity_load(const char *socket,
	const char *name, struct enroll_identity *ret, struct devid_error *err);

void enroll_identity_done(struct enroll_identity *identity);

/* The key @name of the provider; *@ret is the caller's. */
DEVID_MUST_CHECK enum devid_err enroll_key_open(
	const char *name, EVP_PKEY **ret, struct devid_error *err);

/* Sees to it that there is an enabled key @name without a certificate: makes it
 * with @alg; one of another algorithm, which nothing hangs on yet, is made
 * anew. What devid-keyd says of it is in *@ret. */
DEVID_MUST_CHECK enum devid_err enroll_key_make(const char *socket,
	const char *name, enum key_alg alg, struct wire_key *ret,
	struct devid_error *err);

/*
 * Writes the AttestationBundle of the key @name: what the IAK states of it and
 * of the counter of erasures over @nonce, and the certificates of the IAK.
 * *@ret is the caller's. Errors: CERT_NOT_FOUND and NOT_FOUND (no certified IAK
 * here), others of the key socket.
 */
DEVID_MUST_CHECK enum devid_err enroll_key_evidence(const char *socket,
	const char *name, struct view nonce, struct blob *ret,
	struct devid_error *err);

/* Installs the @chain, DER, leaf first, and enables key and certificate. */
DEVID_MUST_CHECK enum devid_err enroll_key_install(const char *socket,
	const char *name, struct view chain, struct devid_error *err);

/* Deletes the key with all that hangs on it; that it is not there is OK. */
DEVID_MUST_CHECK enum devid_err enroll_key_drop(
	const char *socket, const char *name, struct devid_error *err);

#endif
