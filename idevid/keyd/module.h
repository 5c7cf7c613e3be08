/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_H
#define DEVID_MODULE_H

/*
 * The DevID module of IEEE 802.1AR-2018 clause 7: the rules about keys and
 * certificates, on top of a keystore that only does as it is told. It does
 * not know who asks; keyd-policy does.
 *
 * Files in the state folder: <key>.pem is a mirror of the certificate in the
 * keystore with the intermediates behind it, and of an owner's key all that
 * there is; <key>.key a key reference (keyref.h); marks say whether key and
 * certificate are enabled (key_id_mark()); <key>.probed has what a probe
 * signature showed (module-probe.h); module-owner.h has the rest. None is
 * secret; reference and certificates of a key whose role is not listed are for
 * its readers. The keystore's certificate wins over the mirror.
 */

#include <devid/error.h>
#include "certification.h"
#include "key.h"
#include "keystore.h"
#include "readers.h"
#include "view.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

struct module_options {
	struct keystore *keystore; /* borrowed; outlives the module */
	const char *state_dir;     /* borrowed; outlives the module */
	bool store_certificates;   /* in the keystore as well as on disk */
	bool forgive;              /* reset failed attempts, once it answers */
	/* What the keystore must assert before a maker's keys are made in it;
	 * borrowed, NULL: nothing. */
	const struct certification *minimum;
	/* Called after each use of a key, unless NULL. */
	void (*used)(void *arg);
	void *used_arg;
	/* Who may read the files of a key that is not listed; NULL: everybody,
	 * as with those of keys that are. */
	void (*readers)(void *arg, enum key_id id, struct readers *ret);
	void *readers_arg;
};

/*
 * *@ret is the caller's: module_free(). Reads the state folder and, if it
 * answers, the keystore; an absent keystore is no error here. What could not
 * be made right is told through @warn, one line each.
 */
DEVID_MUST_CHECK enum devid_err module_new(const struct module_options *options,
	void (*warn)(const char *line), struct module **ret,
	struct devid_error *err);

void module_free(struct module *m);

/* Tells the keystore that power may go (keystore.h). */
DEVID_MUST_CHECK enum devid_err module_settle(
	struct module *m, struct devid_error *err);

/* Enumerates the keys; asks the keystore how it is, at most once a second. */
void module_status(struct module *m, struct wire_status *ret);

/*
 * Looks for keys that were not in the keystore when it was last asked, and
 * derives again what was lost. That may take many TPM commands, so it is not
 * for everybody to ask.
 */
void module_recover(struct module *m);

/*
 * Makes the key @name. A maker's key comes with the other one of its pair; keys
 * of the same algorithm that are there already stay and are no error; an
 * owner's key is made @persistent or not (module-owner.h). Errors: NOT_FOUND
 * (no such name), KEY_EXISTS, EXISTS (another object in the place).
 */
DEVID_MUST_CHECK enum devid_err module_create(struct module *m,
	const char *name, enum key_alg alg, bool persistent,
	struct devid_error *err);

/* 802.1AR 7.2, initialisation: looks for everything afresh, and goes on with an
 * erasure that is not done. Errors:
 * NOT_INITIALIZED when the keystore has not answered once. */
DEVID_MUST_CHECK enum devid_err module_init(
	struct module *m, struct devid_error *err);

/* 802.1AR 7.2, add entropy: 1 to WIRE_STIR_MAX bytes. Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err module_stir(
	struct module *m, struct view in, struct devid_error *err);

#endif
