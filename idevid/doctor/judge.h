/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_JUDGE_H
#define DEVID_JUDGE_H

/*
 * Says what is wrong with a device, from facts (facts.h) alone: those of
 * another device or another day are judged in the same way, and a member that
 * is missing or of another type is passed over.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "complaint.h"

#define JUDGE_MAX          64 /* a limit of ours; what comes behind is cut */
#define JUDGE_SUBJECT_MAX  64
#define JUDGE_EVIDENCE_MAX 512

struct finding {
	const struct complaint *is;
	char subject[JUDGE_SUBJECT_MAX];   /* which key, port; or "" */
	char evidence[JUDGE_EVIDENCE_MAX]; /* what was seen; one line */
};

/* In the order of complaints: causes before what follows from them. */
struct findings {
	size_t n;
	struct finding list[JUDGE_MAX];
	/* What nobody could look at, since what leads there does not work; and
	 * what this device is not meant to have. */
	bool hidden[COMPLAINT_N_AREAS];
	bool unused[COMPLAINT_N_AREAS];
};

void judge_facts(const json_t *facts, struct findings *ret);

/* What is known of the area alone. */
enum judge_area {
	JUDGE_WELL,
	JUDGE_WRONG,
	JUDGE_UNKNOWN,
	JUDGE_UNUSED,
};
enum judge_area judge_area(
	const struct findings *findings, enum complaint_area area);

/*
 * The one word: whether this device can prove who it is. "degraded": it can,
 * but something else does not work or may soon not. *@ret_first is what says
 * so, or NULL.
 */
enum judge_word {
	JUDGE_USABLE,
	JUDGE_DEGRADED,
	JUDGE_UNUSABLE,
	JUDGE_UNSURE, /* "unknown" */
};
enum judge_word judge_word(
	const struct findings *findings, const struct finding **ret_first);
const char *judge_word_name(enum judge_word word);

#endif
