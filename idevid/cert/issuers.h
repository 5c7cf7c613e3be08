/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ISSUERS_H
#define DEVID_ISSUERS_H

/*
 * Issuers that were verified up to an anchor, and the quick check of a
 * certificate below one of them: issuer name, key identifier, dates, signature
 * (RFC 5280 6.1.3 a). It only ever accepts; what it does not accept, the full
 * verification judges and explains. Safe for several threads.
 */

#include "cert.h"

#include <openssl/x509.h>
#include <time.h>

#define ISSUERS_HASH_LEN 32 /* SHA-256 */

struct issuers;

/* For at most @max issuers, of which the oldest gives way, each with a note of
 * @note_size bytes. @libctx (NULL: the default one) is borrowed. NULL when
 * memory is out. */
struct issuers *issuers_new(OSSL_LIB_CTX *libctx, size_t max, size_t note_size);
void issuers_free(struct issuers *issuers);

/* Forgets all; for when the anchors change. */
void issuers_clear(struct issuers *issuers);

/* A verified path: the issuer first, the anchor last. All borrowed. */
struct issuers_path {
	X509 *const *certs;
	X509_CRL *const
		*crls; /* the list of each of them, or NULL; NULL: none */
	size_t n;
};

/*
 * Remembers the issuer @path->certs[0] for as long as every certificate and
 * every list of the path is valid, with a copy of @note. Silently does nothing
 * when the issuer is not fit for it, because a name constraint or a policy
 * below the anchor needs the whole path, or when memory is out.
 */
void issuers_add(struct issuers *issuers, const struct issuers_path *path,
	const void *note);

/*
 * Whether a remembered issuer may vouch, for what @arg is about. @hash: SHA-256
 * of the issuer's certificate. Called with a lock held; it does not call back.
 */
typedef bool issuers_fit(
	void *arg, const uint8_t hash[ISSUERS_HASH_LEN], const void *note);

/* Whether @leaf is proved at @now by a remembered issuer that @fit takes; that
 * one was its last. */
bool issuers_check(struct issuers *issuers, const struct cert_view *leaf,
	time_t now, issuers_fit *fit, void *arg);

#endif
