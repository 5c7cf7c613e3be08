/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_H
#define DEVID_INSPECT_H

/*
 * Everything that can be said about a file from any maker: TCG-CSR, its
 * contents alone, certificates, chains, PKCS#10 requests, revocation
 * lists, challenges and answers. Nothing is written and no register is needed.
 */

#include "chain.h"
#include "ek-cert.h"
#include <devid/error.h>

#include <jansson.h>
#include <stdio.h>

#define INSPECT_FILE_MAX (1024 * 1024) /* bytes; a limit of ours */

struct inspect_options {
	struct ek_trust *trust;    /* borrowed; NULL: EK chains not judged */
	struct chain_store *roots; /* borrowed; NULL: chains not judged */
	struct ek_policy policy;   /* quirks that are tolerated */
	bool has_policy;           /* else each is tolerated with a warning */
	struct view signature;     /* of csrContents that come without it */
	time_t now;
};

/*
 * Says what @data is and what it says:
 * {"kind": K, "subject": {facts}, "rules": [{"rule","clause","verdict",
 * "detail"}...]}. The caller's (json_decref()). *@ret_refused tells whether a
 * rule refuses. Errors: SYNTAX (nothing that is known here), NOMEM.
 */
DEVID_MUST_CHECK enum devid_err inspect(const struct inspect_options *options,
	struct view data, json_t **ret, bool *ret_refused,
	struct devid_error *err);

#endif
