/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_CA_H
#define DEVID_BUILD_CA_H

/* Certificates of CAs and OCSP responders, and requests for them. */

#include "build.h"

/* @issuer NULL: self-signed by @self. */
DEVID_MUST_CHECK enum devid_err build_ca(struct build_issuer *issuer,
	struct signer *self, const struct build_ca *what, struct blob *ret,
	struct devid_error *err);

/* PKCS#10 for @signer's key (RFC 2986). */
DEVID_MUST_CHECK enum devid_err build_request(struct signer *signer,
	const char *org, const char *cn, struct blob *ret,
	struct devid_error *err);

#endif
