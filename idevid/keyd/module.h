/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_H
#define DEVID_MODULE_H

/*
 * The DevID module of IEEE 802.1AR-2018 clause 7: the rules about keys and
 * certificates, on top of a keystore that only does as it is told. It does
 * not know who asks; keyd-policy does.
 *
 * Files in the state folder: <key>.pem is a mirror of the certificate in the
 * keystore with the intermediates behind it, <key>.key a key reference
 * (keyref.h), <key>.disabled exists while the key is disabled, idevid.probed
 * has what a probe signature showed (module-probe.h). None is secret. The
 * keystore's certificate wins over the mirror.
 */

#include <devid/error.h>
#include "key.h"
#include "keystore.h"
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
	/* Called after each use of a key, unless NULL. */
	void (*used)(void *arg);
	void *used_arg;
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

/* Certificate and chain as DER, one behind the other; borrowed until the next
 * call. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err module_chain(struct module *m, const char *key,
	const uint8_t **ret, size_t *ret_len, struct devid_error *err);

/*
 * Makes IDevID and IAK in the keystore and their key references. Keys of the
 * same algorithm that are there already stay and are no error. Errors:
 * EXISTS (another algorithm, or another object in the place).
 */
DEVID_MUST_CHECK enum devid_err module_create(
	struct module *m, enum key_alg alg, struct devid_error *err);

/*
 * Installs the certificate of @key and its intermediates: @der holds DER
 * certificates, leaf first, each issued by the next. The same leaf again is
 * no error and may bring other intermediates; another leaf is EXISTS, since
 * an IDevID is never replaced (802.1AR 7.2). MISMATCH: of another key.
 */
DEVID_MUST_CHECK enum devid_err module_install(struct module *m,
	const char *key, const uint8_t *der, size_t len,
	struct devid_error *err);

/* 802.1AR key enable and disable; survives a restart. */
DEVID_MUST_CHECK enum devid_err module_enable(struct module *m, const char *key,
	bool enable, struct devid_error *err);

/* Always refused: DENIED for an IDevID or IAK, NOT_FOUND for any other. */
DEVID_MUST_CHECK enum devid_err module_delete(
	struct module *m, const char *key, struct devid_error *err);

#endif
