/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_STORE_H
#define DEVID_MODULE_STORE_H

/* Certificates into the keystore: the last step of a provisioning, and the one
 * that others can stand in the way of. For the module-*.c files only. */

#include "module-state.h"

/*
 * Whether module_store_chain() would be let for both keys of a pair, and finds
 * room for both leaves, so that it is known before a CA issues. A leaf that is
 * not known yet is taken for one of 1536 bytes, or more with a longer key,
 * which is of @alg as long as it is not there. What is stored already may stay.
 * OK where certificates are not stored. Errors: EXISTS, DENIED, TOO_LARGE,
 * those of the keystore.
 */
DEVID_MUST_CHECK enum devid_err module_check_store(struct module *m,
	const struct module_key *idevid, const struct module_key *iak,
	enum key_alg alg, struct devid_error *err);

/*
 * Stores the leaf that @chain begins with, and of what is above it as much as
 * fits. A leaf may take the room of what is above the other key's. Errors:
 * EXISTS, DENIED, TOO_LARGE, those of the keystore; when it fails at the leaf,
 * nothing is changed.
 */
DEVID_MUST_CHECK enum devid_err module_store_chain(struct module *m,
	const struct module_key *key, struct view chain,
	struct devid_error *err);

#endif
