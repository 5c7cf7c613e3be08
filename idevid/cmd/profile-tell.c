/* SPDX-License-Identifier: Apache-2.0 */
#include "profile-tell.h"

#include <devid/profile.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "der.h"

static void tell(const char *name, const struct devid_rule_result *r)
{
	(void)fprintf(stderr, "devid: cert: %s: not so: %s (%s)%s%s\n", name,
		devid_rule_text(r->rule), devid_rule_clause(r->rule),
		r->detail[0] ? ": " : "", r->detail);
}

bool profile_tell(const char *name, struct view chain)
{
	CLEANUP(cleanup_free)
	struct devid_profile_report *report = malloc(sizeof(*report));
	struct view content, leaf = chain;
	enum key_id id;
	uint8_t tag;
	int profile;

	if (!report)
		return false;
	profile = key_id_by_name(name, &id) ? key_id_row(id)->profile : -1;
	/* What is no DER at all breaks the first rule. */
	(void)der_take(&chain, &tag, &content, &leaf);
	if (profile < 0 || devid_profile_check(leaf.data, leaf.len,
				   (enum devid_profile_kind)profile,
				   DEVID_PROFILE_STRICT, report))
		return true;
	for (int i = 1; i < DEVID_RULE_COUNT; i++) {
		if (report->results[i].verdict == DEVID_FAIL)
			tell(name, &report->results[i]);
	}
	return false;
}
