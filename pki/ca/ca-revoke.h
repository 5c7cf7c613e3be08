/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_REVOKE_H
#define DEVID_CA_REVOKE_H

/* Revocation, as the CA does it: all certificates of a device at once. */

#include "ca.h"

/* Revokes IDevID and IAK of the live device @serial. @reason: RFC 5280 5.3.1
 * without 6, 7 and 8. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err ca_revoke(struct ca *ca, const char *serial,
	int reason, const char *who, struct devid_error *err);

/* For @cause, NOT_FOUND since no device @serial is live: puts into it when the
 * newest was revoked, and why, if it was. Returns NOT_FOUND, or why the
 * register could not be asked. */
DEVID_MUST_CHECK enum devid_err ca_revoked_before(
	struct ca *ca, const char *serial, struct devid_error *cause);

#endif
