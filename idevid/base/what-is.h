/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_WHAT_IS_H
#define DEVID_WHAT_IS_H

/*
 * What a file seems to be that is not the one asked for, to say so in the
 * refusal. It looks at PEM lines and at the outer form of DER; nothing may
 * depend on the answer but words.
 */

#include "view.h"

#define WHAT_IS_MAX 96

/* "a certificate in PEM", "empty", "of no form known here": what follows "is"
 * in a sentence. Printable ASCII, never "". */
void what_is(struct view data, char out[WHAT_IS_MAX]);

/* The same of what should be @want, in the words of what_is(), and is not: "a
 * malformed one" where it has the form and cannot be read. */
void what_is_for(struct view data, const char *want, char out[WHAT_IS_MAX]);

#define WHAT_IS_CERT     "a certificate in PEM"
#define WHAT_IS_CERT_DER "a certificate in DER"
#define WHAT_IS_CRL_DER  "a revocation list in DER"
#define WHAT_IS_REQUEST  "a PKCS#10 request in PEM"
#define WHAT_IS_PUBLIC   "a public key in PEM"

/* Whether what_is() found a form that it knows. */
bool what_is_known(struct view data);

#endif
