/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_TRUST_H
#define DEVID_EK_TRUST_H

/* Between loading (ek-load.c) and verifying (ek-trust.c). */

#include "ek-cert.h"

#include <openssl/x509.h>

struct ek_issuers;

struct ek_trust {
	X509_STORE *store;              /* owned: anchors and CRLs */
	STACK_OF(X509) * intermediates; /* owned */
	STACK_OF(X509_CRL) * crls;      /* owned */
	struct ek_issuers *issuers;     /* owned */
	size_t n_anchors;
};

/* Trusts nobody yet. NULL when memory is out. */
struct ek_trust *ek_trust_alloc(void);

#endif
