/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_ISSUERS_H
#define DEVID_EK_ISSUERS_H

/*
 * The issuers of EK certificates that ek-trust.c verified up to an anchor, and
 * the quick check of a certificate below one of them: issuer name, key
 * identifier, dates, revocation list, signature (RFC 5280 6.1.3 a). It only
 * ever accepts; what it does not accept, the full verification judges and
 * explains. For one thread.
 */

#include "ek-cert.h"

#include <openssl/x509.h>

#define EK_ISSUERS_MAX 256 /* the oldest gives way; a limit of ours */

struct ek_issuers;

/* NULL when memory is out. */
struct ek_issuers *ek_issuers_new(void);
void ek_issuers_free(struct ek_issuers *issuers);

/*
 * Remembers the issuer of the verified @chain (leaf first, anchor last). @crls
 * are all revocation lists there are; they outlive @issuers. Silently does
 * nothing when the issuer is not fit for it: name constraints, lists with
 * critical extensions or more than one of an issuer.
 */
void ek_issuers_add(struct ek_issuers *issuers, STACK_OF(X509) * chain,
	STACK_OF(X509_CRL) * crls);

/* Whether @cert is proved at @now by a remembered issuer. */
bool ek_issuers_check(
	struct ek_issuers *issuers, const struct ek_cert *cert, time_t now);

#endif
