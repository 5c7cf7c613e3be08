/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OVERVIEW_JUDGE_H
#define DEVID_OVERVIEW_JUDGE_H

/* What is known of a unit, and what follows: how far it has come, and why
 * somebody must do something. */

#include <stdbool.h>
#include <stdint.h>

#include "site-words.h"
#include "view.h"

#define OVERVIEW_SILENT_DAYS 30   /* then a unit in production is missed */
#define OVERVIEW_ENROL_TIME  3600 /* seconds that enrolment may take */

/* Texts are borrowed; times are seconds since 1970, -1: it did not happen. */
struct overview_facts {
	struct view unit, model;
	bool listed;             /* one of its certificates is let in */
	bool revoked;            /* one of them was revoked */
	int64_t created;         /* of the newest LDevID that lives */
	int64_t not_after;       /* its end */
	int64_t asked;           /* a request that waits for approval */
	int64_t denied;          /* approval was refused */
	int64_t first_seen;      /* at a port */
	int64_t seen;            /* the last time */
	struct view where, port; /* then: switch and port */
	struct view verdict;     /* then: "accepted" or why not (seen.sql) */
	bool with_ldevid;        /* then: it showed an LDevID */
};

struct overview_verdict {
	enum report_site_state state;
	enum report_site_cause cause; /* REPORT_SITE_NONE: nobody must */
	struct view detail;           /* borrowed from the facts; may be "" */
};

struct overview_verdict overview_judge(
	const struct overview_facts *facts, int64_t now);

#endif
