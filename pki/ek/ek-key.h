/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_KEY_H
#define DEVID_EK_KEY_H

/* The public key of an EK certificate, in its one canonical encoding only, so
 * that the hash of the SubjectPublicKeyInfo stands for the key. */

#include "ek-cert.h"

/* Makes ret->key from ret->view. UNSUPPORTED, NOMEM. */
DEVID_MUST_CHECK enum devid_err ek_read_key(
	struct ek_cert *ret, struct devid_error *err);

#endif
