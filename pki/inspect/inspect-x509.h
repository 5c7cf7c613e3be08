/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_X509_H
#define DEVID_INSPECT_X509_H

/* What every certificate says: facts, no rules. */

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "inspect-private.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* NULL: OpenSSL cannot decode it. The caller's. */
X509 *inspect_decode(struct view der);

/* Facts of any certificate; false when OpenSSL cannot decode it. */
bool inspect_x509(struct inspect_run *run, json_t *object, struct view der);

/* "P-256", "RSA-2048"... */
void inspect_key(struct inspect_run *run, json_t *object, const EVP_PKEY *key);

void inspect_name(struct inspect_run *run, json_t *object, const char *key,
	const X509_NAME *name);
void inspect_time(struct inspect_run *run, json_t *object, const char *key,
	const ASN1_TIME *t);

#endif
