/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fact.h"

void findings_add(struct findings *f, const char *id, const char *subject,
	const char *fmt, ...)
{
	const struct complaint *is = complaint_find(id);
	struct finding *found = &f->list[f->n];
	va_list ap;

	assert(is);
	if (f->n == JUDGE_MAX)
		return;
	f->n++;
	found->is = is;
	(void)snprintf(found->subject, sizeof(found->subject), "%s", subject);
	va_start(ap, fmt);
	(void)vsnprintf(found->evidence, sizeof(found->evidence), fmt, ap);
	va_end(ap);
	/* Facts are quoted, some come from the network, and long ones are cut.
	 */
	fact_tame(found->subject);
	fact_tame(found->evidence);
}

/* Stable: of equal ones the order of looking stays. */
void findings_sort(struct findings *f)
{
	for (size_t i = 1; i < f->n; i++) {
		struct finding moved = f->list[i];
		size_t k = i;

		for (; k > 0 && f->list[k - 1].is > moved.is; k--)
			f->list[k] = f->list[k - 1];
		f->list[k] = moved;
	}
}
