/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_CERTIFY_H
#define DEVID_MODULE_CERTIFY_H

/* What the module states to a site: where a key of the owner's is, and what
 * ends it. */

#include <devid/error.h>
#include "wire.h"

struct module;

/*
 * What the IAK of the first pair states of the owner's key @name over @nonce.
 * It is verified before it is given out; a key that has gone from its place is
 * looked for, or derived, again. Errors: INVALID (a nonce of another length, a
 * key of the maker's), NOT_FOUND, KEY_DISABLED, CERT_DISABLED, CRYPTO (it does
 * not verify), those of the keystore. @ret may be changed also on errors.
 */
DEVID_MUST_CHECK enum devid_err module_certify(struct module *m,
	const char *name, struct view nonce, struct wire_certify *ret,
	struct devid_error *err);

/* The same of the counter of erasures; @name is the IAK's, of the first pair,
 * or INVALID. Errors also: NOT_FOUND, no key of the owner's was ever made. */
DEVID_MUST_CHECK enum devid_err module_certify_epoch(struct module *m,
	const char *name, struct view nonce, struct wire_certify *ret,
	struct devid_error *err);

#endif
