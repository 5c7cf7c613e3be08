/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_ONCE_H
#define DEVID_MODULE_ONCE_H

/* One signature of a keystore, verified. */

#include "module-state.h"

#include <openssl/evp.h>

/* The hash with that number of enum sig_hash, or NULL. */
const EVP_MD *module_hash_md(unsigned hash);

/* Signs a digest with the key as it is in the keystore now and verifies the
 * result. Errors: CRYPTO, those of the keystore. */
DEVID_MUST_CHECK enum devid_err module_sign_once(struct module *m,
	struct module_key *key, const struct key_sign *what,
	struct key_sig *ret, struct devid_error *err);

/* Signs a constant with the RSA key and says whether its PSS salt is as long
 * as its hash. Errors: CRYPTO when it is no signature whatever its salt, those
 * of the keystore. */
DEVID_MUST_CHECK enum devid_err module_try_pss(struct module *m,
	struct module_key *key, bool *ret_fits, struct devid_error *err);

#endif
