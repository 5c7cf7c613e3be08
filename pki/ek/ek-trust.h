/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_TRUST_H
#define DEVID_EK_TRUST_H

/* Between loading (ek-load.c) and verifying (ek-trust.c). */

#include "ek-cert.h"
#include "issuers.h"

#include <openssl/x509.h>

struct ek_trust {
	X509_STORE *store;              /* owned: anchors and CRLs */
	STACK_OF(X509) * intermediates; /* owned */
	STACK_OF(X509_CRL) * crls;      /* owned */
	struct issuers *issuers;        /* owned; notes: X509_CRL * of crls */
	size_t n_anchors;
	char notes[EK_TRUST_NOTES_MAX][EK_TRUST_NOTE_MAX];
	size_t n_notes;
	size_t n_notes_more; /* that the last note stands for, or 0 */
};

/* Notes what is in the folder and not used; more than fit are dropped. */
void ek_trust_add_note(
	struct ek_trust *trust, const char *path, const char *what);

/* Trusts nobody yet. NULL when memory is out. */
struct ek_trust *ek_trust_alloc(void);

/* Whether @cert is proved at @now by an issuer that was verified before. */
bool ek_trust_remembers(
	struct ek_trust *trust, const struct ek_cert *cert, time_t now);

#endif
