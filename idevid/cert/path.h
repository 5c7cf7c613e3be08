/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PATH_H
#define DEVID_PATH_H

/*
 * What both full verifications, the verifier's and the EK's, ask of a path
 * besides OpenSSL's defaults (RFC 5280 6): its policies, what its certificates
 * may be used for, and the last second of notAfter. Not checked: revocation.
 *
 * OpenSSL 3.0 forgets to free policyConstraints of a certificate that has no
 * certificatePolicies: some 50 bytes a path. It looks at them behind all
 * signatures, so that only a CA below a trust anchor can have this.
 */

#include "cert.h"
#include "oid.h"

#include <openssl/x509.h>
#include <time.h>

/* Sets @ctx up: time @now, strength of 112 bits, at most @depth intermediates,
 * policies, and @flags (X509_V_FLAG_*) besides. False when memory is out. */
DEVID_MUST_CHECK bool path_prepare(
	X509_STORE_CTX *ctx, time_t now, int depth, unsigned long flags);

/* Whether the error of @ctx is none: notAfter or nextUpdate is this second,
 * which is still within (RFC 5280 4.1.2.5). For verify callbacks. */
bool path_is_last_second(X509_STORE_CTX *ctx);

/* Whether extendedKeyUsage of @cert is absent, or of its form and holds one of
 * the @n @purposes or anyExtendedKeyUsage (RFC 5280 4.2.1.12). */
bool path_allows(X509 *cert, const enum oid *purposes, size_t n);

/* Whether @cert has an extension that takes part in policies, so that what is
 * below it needs the whole path. */
bool path_has_policies(const X509 *cert);

/* Whether the policies of @leaf can refuse no path whose issuers have none:
 * for those who remember issuers. */
bool path_leaf_is_plain(const struct cert_view *leaf);

#endif
