/* SPDX-License-Identifier: Apache-2.0 */
#include "ordered-id.h"

#include <time.h>

void ordered_id_at(uint64_t ms, uint8_t ret[ORDERED_ID_TIME])
{
	for (int i = 0; i < ORDERED_ID_TIME; i++)
		ret[i] = (uint8_t)(ms >> (8 * (ORDERED_ID_TIME - 1 - i)));
}

uint64_t ordered_id_time(const uint8_t id[ORDERED_ID_TIME])
{
	uint64_t ms = 0;

	for (int i = 0; i < ORDERED_ID_TIME; i++)
		ms = ms << 8 | id[i];
	return ms;
}

bool ordered_id_stamp(uint8_t ret[ORDERED_ID_TIME])
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	ordered_id_at(
		(uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
		ret);
	return true;
}
