/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_SIGN_H
#define DEVID_MODULE_SIGN_H

/* What the module signs for whoever may ask (keyd-policy.h). */

#include <devid/error.h>
#include "key.h"
#include "purpose.h"

#include <stddef.h>
#include <stdint.h>

struct module;

struct module_sign {
	const char *key;
	unsigned scheme; /* enum sig_scheme, unchecked */
	unsigned hash;   /* enum sig_hash, unchecked */
	const uint8_t *data;
	size_t data_len;
};

/*
 * What the bytes in @what are, before anybody is allowed to have them signed.
 * Errors: NOT_FOUND, PURPOSE, UNSUPPORTED (scheme or hash of another key
 * type), DISABLED.
 */
DEVID_MUST_CHECK enum devid_err module_sign_purpose(struct module *m,
	const struct module_sign *what, struct purpose_verdict *ret,
	struct devid_error *err);

/*
 * Hashes, signs with one TPM command and verifies the signature with the
 * certificate's public key before giving it out (a fault in the module must
 * not leak the key). The caller has called module_sign_purpose() for the same
 * bytes.
 */
DEVID_MUST_CHECK enum devid_err module_sign(struct module *m,
	const struct module_sign *what, struct key_sig *ret,
	struct devid_error *err);

#endif
