/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_ATTEST_H
#define DEVID_MODULE_ATTEST_H

/* What the module states to the manufacturer's CA (TCG DevID 13.1). */

#include <devid/error.h>
#include "wire.h"

struct module;

/*
 * What a CA is to know before it certifies the IDevID @name and the IAK of its
 * pair: EK certificate (@ek_cert,
 * or where that is empty the keystore's own), public areas, the certification
 * of the IDevID by the IAK, which is verified before it is given out. A key
 * that has gone from its place is derived again. Errors: NOT_FOUND (no key, or
 * no EK certificate), INVALID (no IDevID), KEY_DISABLED, MISMATCH, CRYPTO, and
 * those of a wrong
 * @ek_cert (keystore.h). @ret may be changed also on errors.
 */
DEVID_MUST_CHECK enum devid_err module_attest(struct module *m,
	const char *name, struct view ek_cert, struct wire_attest *ret,
	struct devid_error *err);

/* Opens a credential for this module's EK and IAK. Errors: as above, SYNTAX,
 * and MISMATCH when it is made for another. */
DEVID_MUST_CHECK enum devid_err module_activate(struct module *m,
	const char *name, const struct wire_credential *what,
	struct wire_secret *ret, struct devid_error *err);

#endif
