/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_RULES_H
#define DEVID_REGISTRAR_RULES_H

/* What a registrar refuses by, each with a name that answers and audit log
 * have. */

#include "ldevid-csr.h"
#include <devid/error.h>

enum registrar_rule {
	REGISTRAR_RULE_NONE,
	REGISTRAR_CLIENT_UNKNOWN, /* of no maker that is admitted */
	REGISTRAR_CLIENT_MAKER_REVOKED,
	REGISTRAR_CLIENT_NO_LIST, /* not covered by its maker's list */
	REGISTRAR_CLIENT_INVALID, /* expired, weak, a broken signature */
	REGISTRAR_CLIENT_PROFILE, /* no IDevID, or no LDevID */
	REGISTRAR_CLIENT_KIND,    /* an LDevID where an IDevID is wanted... */
	REGISTRAR_CLIENT_UNLISTED,
	REGISTRAR_CLIENT_REVOKED,
	REGISTRAR_CLIENT_RETIRED,
	REGISTRAR_CSR_SERIAL_NUMBER, /* another device's */
	REGISTRAR_CSR_KEY_POLICY,    /* a type that the profile has not */
	REGISTRAR_CSR_KEY_TAKEN,     /* another device's, or its IDevID's */
	REGISTRAR_CSR_NAMES,         /* subjectAltName: not the device's */
	REGISTRAR_CSR_USAGE,         /* purposes that the profile has not */
	REGISTRAR_EVIDENCE_MISSING,
	REGISTRAR_EVIDENCE_FORM,
	REGISTRAR_EVIDENCE_EPOCH_INDEX, /* another counter than devid's */
	REGISTRAR_APPROVAL,             /* a person refused it */
	REGISTRAR_RULES,
};

/* "client-unlisted"; "" for NONE; static. */
const char *registrar_rule_name(enum registrar_rule rule);

/* "csr-key-weak": of ldevid-csr.h's; static. */
const char *registrar_csr_rule_name(enum ldevid_csr_rule rule);

#define VERDICT_TEXT_MAX 200

/* Why somebody is refused. */
struct verdict {
	const char *rule;            /* static; NULL: not refused */
	char text[VERDICT_TEXT_MAX]; /* one line */
};

/* Notes the first reason; returns DEVID_ERR_DENIED, which with a rule noted
 * means this refusal and nothing else. */
enum devid_err verdict_refuse(struct verdict *v, const char *rule,
	const char *fmt, ...) DEVID_PRINTF(3, 4);

#endif
