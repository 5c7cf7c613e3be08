/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_JUDGE_H
#define DEVID_CA_JUDGE_H

/* The first half of step 1: is a request from a genuine TPM, and what is its
 * challenge? It needs neither register nor token. */

#include "ca.h"

/* What was found out about a request, and its challenge: as little as can be, a
 * full line is a thousand of them. */
struct ca_judged {
	struct devid_error error;          /* code OK: it proves what it must */
	enum proof_rule rule;              /* that refused it, or NONE */
	char serial[TCG_CSR_NAME_MAX + 1]; /* also of one that was refused */
	/* The rest is there where it was not refused. */
	struct register_device device; /* as in struct ca_ticket */
	uint8_t key_fingerprint[N_MAKER_ROLES][32];
	enum key_alg alg; /* of both keys */
	char *text;       /* owned: the challenge as it is handed out */
};

void ca_judged_free(struct ca_judged *judged);

/*
 * The first half of step 1, all that needs neither register nor token: fills
 * job->judged where it is NULL. One thread may do this while another uses @ca.
 * A verdict becomes the job's in ca_challenge(). A job stays as it is when
 * memory is out, without TPM vendors' roots and without the key of challenges.
 */
void ca_judge(struct ca *ca, struct ca_job *jobs, size_t n_jobs);

/* The TPM vendors that are trusted from now on; @ca takes @trust and frees what
 * it had. What was judged before stays judged. Waits while ca_judge() looks at
 * requests. */
void ca_set_trust(struct ca *ca, struct ek_trust *trust);

/* How often the register's clock was set back (register-clock.h): challenges
 * that are made from now on say so. */
void ca_set_turns(struct ca *ca, int64_t turns);

#endif
