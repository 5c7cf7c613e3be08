/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <string.h>

#include "findings.h"
#include "judge-key.h"
#include "judge-net.h"
#include "judge-onboard.h"

void judge_facts(const json_t *facts, struct findings *ret)
{
	memset(ret, 0, sizeof(*ret));
	judge_key(facts, ret);
	judge_net(facts, ret);
	judge_onboard(facts, ret);
	findings_sort(ret);
}

enum judge_area judge_area(
	const struct findings *findings, enum complaint_area area)
{
	bool unseen = findings->hidden[area];

	for (size_t i = 0; i < findings->n; i++) {
		const struct complaint *is = findings->list[i].is;

		if (is->area == area && is->level != COMPLAINT_UNSEEN)
			return JUDGE_WRONG;
		if (is->area == area)
			unseen = true;
	}
	if (findings->unused[area])
		return JUDGE_UNUSED;
	return unseen ? JUDGE_UNKNOWN : JUDGE_WELL;
}

/* What one finding makes of a device. */
static enum judge_word word_of(const struct complaint *is)
{
	bool vital = is->area <= COMPLAINT_AREA_FILES;

	/* That no agent runs, or there is no registrar, is how many a device is
	 * meant to be. */
	if (strcmp(is->id, "agent-absent") == 0 ||
		strcmp(is->id, "no-registrar") == 0)
		return JUDGE_USABLE;
	if (is->level == COMPLAINT_UNSEEN)
		return vital ? JUDGE_UNSURE : JUDGE_USABLE;
	return vital && is->level == COMPLAINT_FAULT ? JUDGE_UNUSABLE
						     : JUDGE_DEGRADED;
}

enum judge_word judge_word(
	const struct findings *findings, const struct finding **ret_first)
{
	/* What is known to be bad counts before what is not known, and that
	 * before what only might be better. */
	static const enum judge_word order[] = { JUDGE_UNUSABLE, JUDGE_UNSURE,
		JUDGE_DEGRADED };

	for (size_t w = 0; w < sizeof(order) / sizeof(order[0]); w++) {
		for (size_t i = 0; i < findings->n; i++) {
			if (word_of(findings->list[i].is) != order[w])
				continue;
			*ret_first = &findings->list[i];
			return order[w];
		}
	}
	*ret_first = NULL;
	return JUDGE_USABLE;
}

const char *judge_word_name(enum judge_word word)
{
	static const char *const names[] = {
		[JUDGE_USABLE] = "usable",
		[JUDGE_DEGRADED] = "degraded",
		[JUDGE_UNUSABLE] = "unusable",
		[JUDGE_UNSURE] = "unknown",
	};

	return names[word];
}
