/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_PROBE_H
#define DEVID_MODULE_PROBE_H

/*
 * One signature on a constant with a new RSA key. It shows a TPM that makes PSS
 * salts of another length than TLS 1.3 wants, which nothing else does; of an EC
 * key it would show nothing. It is a use of the key like any other: after it a
 * power cut counts as a failed attempt. So it is made once, and what it showed
 * is kept in idevid.probed, bound to the public key and to the keystore's maker
 * and firmware. What is no signature at all shows nothing and is not kept.
 */

#include "module-state.h"

/* Sets tls13 of @key, which is in the keystore; unknown as long as nothing is.
 * Warns. */
void module_probe(struct module *m, struct module_key *key);

/* The same where nothing is known because the keystore did not answer: for
 * when it is well again. Asks it nothing otherwise. */
void module_probe_again(struct module *m, struct module_key *key);

#endif
