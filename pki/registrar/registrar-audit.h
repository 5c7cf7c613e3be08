/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_AUDIT_H
#define DEVID_REGISTRAR_AUDIT_H

/* Lines of the audit log, in the transaction of what they tell. */

#include "registrar-rules.h"
#include "site-key.h"
#include "store.h"

struct registrar_event {
	int64_t now;
	const char *name; /* "enrol" */
	const char *who;  /* an operator, or NULL: the device itself */
	const char *unit; /* or NULL: not known */
	const struct site_key *client;      /* who asked, or NULL */
	const struct site_key *certificate; /* what it got, or NULL */
	const char *profile, *maker, *key;  /* or NULL */
	int64_t epoch;                      /* or STORE_NO_EPOCH */
	const char *told;              /* what else there is to know, or NULL */
	const struct verdict *refused; /* with a rule, or NULL */
};

/* Errors: NOMEM, of the database. */
DEVID_MUST_CHECK enum devid_err registrar_audit(struct store *s,
	const struct registrar_event *event, struct devid_error *err);

#endif
