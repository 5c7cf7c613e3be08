/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_RULES_H
#define DEVID_INSPECT_RULES_H

/*
 * The rules of X.509 that each kind of certificate is judged by: encoding,
 * signature algorithm, validity, and what a CA's must say. @cert is the same
 * certificate decoded, or NULL where OpenSSL cannot; then the rules that need
 * it are not applicable.
 */

#include "inspect-private.h"

/* Of an IDevID or IAK: the whole profile. */
void inspect_rules_devid(struct inspect_run *run, struct view der, X509 *cert,
	enum devid_profile_kind kind);

/* Of any end entity's. @ocsp: it signs OCSP answers. */
void inspect_rules_end_entity(
	struct inspect_run *run, struct view der, X509 *cert, bool ocsp);

/* Of a CA's (RFC 5280 4.2). */
void inspect_rules_ca(struct inspect_run *run, struct view der, X509 *cert);

/* Of an EK certificate, besides those of the TCG. */
void inspect_rules_ek(struct inspect_run *run, struct view der);

#endif
