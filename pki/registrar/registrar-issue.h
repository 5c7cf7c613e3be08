/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_ISSUE_H
#define DEVID_REGISTRAR_ISSUE_H

/* An LDevID, with its row in the list, in one transaction. */

#include "registrar-client.h"
#include "registrar-evidence.h"
#include "store-issued.h"

/* What is to be issued; all borrowed. */
struct issue {
	struct registrar *r;
	const struct client *client;
	const struct registrar_profile *profile;
	const struct ldevid_csr_view *csr;
	const char *spki, *csr_hash; /* hex */
	const char *maker;
	struct residency residency;
	bool renew;
	bool replace; /* a live one for the same key gives way */
	int64_t now;
};

/*
 * Signs, makes room, and writes `issued` and `site`; *@ret, DER, is the
 * caller's, *@ret_key where it is found. Errors: EXISTS (somebody else issued
 * for this key meanwhile), of the token and the database.
 */
DEVID_MUST_CHECK enum devid_err registrar_issue(struct store *s,
	const struct issue *what, struct blob *ret, struct site_key *ret_key,
	struct devid_error *err);

#endif
