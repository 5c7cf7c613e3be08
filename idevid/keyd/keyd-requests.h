/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_REQUESTS_H
#define DEVID_KEYD_REQUESTS_H

/*
 * The request table of devid-keyd: which operations there are, who may ask
 * them, and what is done. A record comes in, a record goes out.
 */

#include "keyd-policy.h"
#include "module.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Refusals of one user, so that nobody fills the log with his own. */
struct refusal_count {
	uid_t uid;
	time_t since;     /* CLOCK_MONOTONIC seconds; 0: slot not used */
	unsigned lines;   /* logged since then */
	unsigned dropped; /* not logged since then */
};

#define REFUSAL_USERS   8  /* users counted at a time; a limit of ours */
#define REFUSAL_LINES   20 /* lines of one user ... */
#define REFUSAL_SECONDS 10 /* ... in so many seconds */

struct requests {
	struct module *module;       /* borrowed */
	const struct policy *policy; /* borrowed */
	unsigned limit; /* seconds for any request; 0: each has its own */
	uint32_t signatures;
	uint32_t refused;
	/* The last one is of all who find no other. */
	struct refusal_count refusals[REFUSAL_USERS + 1];
};

/*
 * Answers the record @in from @peer into @ret, which has room for
 * WIRE_ANSWER_MAX bytes; one line is logged for each signature, refusal and
 * change. Returns false when the record is not of the protocol: the connection
 * is to be closed after the answer.
 */
bool requests_answer(struct requests *r, const struct peer *peer,
	struct view in, struct room *ret);

/*
 * Counts and logs that something of @peer was refused, @what as
 * `subject: cause`. Of one user, REFUSAL_LINES lines in REFUSAL_SECONDS are
 * logged and how many more there were is told with the next; beyond
 * REFUSAL_USERS of them all others share one such count.
 */
void requests_refuse(
	struct requests *r, const struct peer *peer, const char *what);

#endif
