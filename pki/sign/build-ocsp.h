/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_OCSP_H
#define DEVID_BUILD_OCSP_H

/* OCSP answers, RFC 6960 4.2. */

#include "build.h"

/* A whole OCSPResponse (RFC 6960 4.2.1), responder by key hash, with
 * @responder_cert in it (NULL: none, the CA answers itself); produced at
 * @what->this_update. */
DEVID_MUST_CHECK enum devid_err build_ocsp(struct signer *responder,
	X509 *responder_cert, const struct build_ocsp *what, struct blob *ret,
	struct devid_error *err);

#endif
