/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_CHALLENGE_H
#define DEVID_CA_CHALLENGE_H

/* Step 1: what was judged meets the register, and leaves as a challenge. */

#include "ca.h"

/*
 * Step 1: judges each TCG-CSR and makes a challenge for those that prove what
 * they must; of these nothing is written. Refused with an audit line: what
 * proof.h refuses; a serial number or EK that has live certificates with other
 * keys (EXISTS); with CA_AGAIN_REFUSE, any that has certificates. job->judged
 * is used up. Returns an error only when the register cannot be used: then each
 * job has it too.
 */
DEVID_MUST_CHECK enum devid_err ca_challenge(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

#endif
