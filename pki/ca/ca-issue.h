/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_ISSUE_H
#define DEVID_CA_ISSUE_H

/* Step 2: an answer is judged and certificates are issued. */

#include "ca.h"

/*
 * Step 2: judges each answer (constant time, once, before its deadline, by the
 * station that asked) and issues: IDevID, IAK and CA certificates as PEM, in
 * this order. Job errors: NOT_FOUND (not a challenge of this CA), EXISTS
 * (answer replayed; or the serial number was issued meanwhile), TIMEOUT (late),
 * MISMATCH (wrong secret: the challenge is used up), DENIED (other station).
 */
DEVID_MUST_CHECK enum devid_err ca_issue(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

#endif
