/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_CERT_H
#define DEVID_MODULE_CERT_H

/* Certificates of keys: put in, enabled, given out, taken out (802.1AR 7.2). */

#include <devid/error.h>
#include "view.h"

#include <stdbool.h>

struct module;

/*
 * Certificate and chain as DER, one behind the other; borrowed until the next
 * call. @all: of disabled keys and certificates too. Errors: NOT_FOUND,
 * CERT_NOT_FOUND, KEY_DISABLED, CERT_DISABLED.
 */
DEVID_MUST_CHECK enum devid_err module_chain(struct module *m, const char *key,
	bool all, struct view *ret, struct devid_error *err);

/*
 * Installs the certificate of @key and its intermediates: @der holds DER
 * certificates, leaf first, each issued by the next. The same leaf again is
 * no error and may bring other intermediates, with a maker's key more of them
 * only: IDEVID_CHAIN_DELETION. Another leaf is CERT_EXISTS: that of a maker's
 * key is never replaced, that of an owner's key with @replace, at once, and
 * stays as enabled as it was. SUITE_MISMATCH, MISMATCH: of another key.
 * NOT_FOUND: there is no key.
 */
DEVID_MUST_CHECK enum devid_err module_install(struct module *m,
	const char *key, struct view der, bool replace,
	struct devid_error *err);

/* Puts @der, DER certificates, above the leaf in place of those that are
 * there; nothing: takes them away. Those of a maker's key stay, and @der begins
 * with them. Errors: CERT_NOT_FOUND, CERT_DISABLED,
 * IDEVID_CHAIN_DELETION, and those of module_install(). */
DEVID_MUST_CHECK enum devid_err module_install_above(struct module *m,
	const char *key, struct view der, struct devid_error *err);

/* Takes the certificate out, with what is above it. Errors: CERT_NOT_FOUND,
 * IDEVID_CERT_DELETION. */
DEVID_MUST_CHECK enum devid_err module_cert_delete(
	struct module *m, const char *key, struct devid_error *err);

/* 802.1AR key, and certificate, enable and disable; both survive a restart.
 * Errors: NOT_FOUND, CERT_NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err module_enable(struct module *m, const char *key,
	bool enable, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err module_cert_enable(struct module *m,
	const char *key, bool enable, struct devid_error *err);

#endif
