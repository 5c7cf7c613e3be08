/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_OWNER_H
#define DEVID_MODULE_OWNER_H

/*
 * The owner's keys: made, brought, taken out, ended all at once. For the
 * module-*.c files and devid-keyd's requests.
 *
 * A key is there when <key>.sealed is. Its marks are written before that file,
 * so that it begins as its role says; what was written before an interruption
 * does not count. A key that goes is first renamed to <key>.gone, from which
 * on there is none; what is left of it goes after that, or at the next start.
 * One that is to be persistent has <key>.pin until it is so.
 * An erasure begins with the file `erasing`; as long as that is there a start
 * goes on with it, and `erased` tells when it was made.
 */

#include <devid/error.h>
#include "key.h"
#include "wire.h"

#include <stdbool.h>

struct module;
struct module_key;

/*
 * Reads <key>.sealed and gives it to the keystore; finishes what was begun
 * before. What is wrong is told. Returns whether there is such a key, which
 * may not be usable (key->why).
 */
bool module_owner_start(struct module *m, struct module_key *key);

/* Finishes what was begun before and had to wait for the keystore. */
void module_owner_go_on(struct module *m);

/* Makes the key. Errors: KEY_EXISTS, those of the keystore. When it cannot be
 * made persistent as asked for, there is none. */
DEVID_MUST_CHECK enum devid_err module_owner_create(struct module *m,
	struct module_key *key, enum key_alg alg, bool persistent,
	struct devid_error *err);

/*
 * Takes in a key that was made elsewhere, and its certificates if there are
 * any (802.1AR 7.2, LDevID key insertion). All is checked before anything is
 * written. Errors: KEY_EXISTS, DENIED (a role that takes none), those of
 * private_key_read() and module_check_chain().
 */
DEVID_MUST_CHECK enum devid_err module_import(struct module *m,
	const char *name, const struct wire_import *what, bool persistent,
	struct devid_error *err);

/* Takes the key out, with its certificates. Errors: NOT_FOUND,
 * IDEVID_KEY_DELETION; TPM_ABSENT and nothing is changed. */
DEVID_MUST_CHECK enum devid_err module_delete(
	struct module *m, const char *name, struct devid_error *err);

/* Has the key sign with one command from now on, or no longer. Errors:
 * NOT_FOUND, DENIED (a maker's key always does), those of the keystore. */
DEVID_MUST_CHECK enum devid_err module_persist(struct module *m,
	const char *name, bool persistent, struct devid_error *err);

#endif
