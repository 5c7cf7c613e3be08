/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REASON_H
#define DEVID_REASON_H

/* Reasons for revoking a certificate: CRLReason of RFC 5280 5.3.1. */

/* "keyCompromise" and so on, or -1. */
int reason_by_name(const char *name);

/* All of them, for messages: "unspecified, keyCompromise, ...". */
const char *reason_names(void);

/* The other way round; "unknown" for what nothing here is revoked for. */
const char *reason_name(int code);

#endif
