/* SPDX-License-Identifier: Apache-2.0 */
#include "backoff.h"

uint32_t backoff_next(struct backoff *b, uint32_t random)
{
	uint32_t base = BACKOFF_MAX_MS;
	uint32_t span;

	if (b->failures < 6)
		base = (uint32_t)BACKOFF_FIRST_MS << b->failures;
	if (base > BACKOFF_MAX_MS)
		base = BACKOFF_MAX_MS;
	if (b->failures < UINT32_MAX)
		b->failures++;
	span = base / 2;
	return base - base / 4 + random % (span + 1);
}

void backoff_reset(struct backoff *b)
{
	b->failures = 0;
}
