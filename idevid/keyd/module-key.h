/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_KEY_H
#define DEVID_MODULE_KEY_H

/* A key found in the keystore, derived again, told with its certificate. */

#include "module-state.h"

/*
 * Sees to it that the key is in the keystore with its public key: loads it,
 * derives it again if its place is empty, adopts it when no certificate says
 * which key it must be. Errors: NOT_FOUND, MISMATCH, those of the keystore.
 */
DEVID_MUST_CHECK enum devid_err module_ensure_key(
	struct module *m, struct module_key *key, struct devid_error *err);

/* The same, but not asked again about a key that was seen unless @look; and
 * that it is enabled, and its certificate. Errors also: KEY_DISABLED,
 * CERT_DISABLED. */
DEVID_MUST_CHECK enum devid_err module_check_usable(
	struct module *m, enum key_id id, bool look, struct devid_error *err);

/* Counts what the keystore, which has the leaf, has of @key's chain. */
void module_count_stored(struct module *m, struct module_key *key);

/*
 * Makes a key persistent that was to be so from its making, which was
 * interrupted: <key>.pin is there. Not when a key is used: that writes no NV.
 * What stands in its way is told, and it is tried again at the next start and
 * when somebody who manages keys asks.
 */
void module_finish_pin(struct module *m, struct module_key *key);

#endif
