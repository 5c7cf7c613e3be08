/* SPDX-License-Identifier: Apache-2.0 */
#include "ordered-id.h"

#include <time.h>

bool ordered_id_stamp(uint8_t ret[ORDERED_ID_TIME])
{
	struct timespec now;
	uint64_t ms;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < ORDERED_ID_TIME; i++)
		ret[i] = (uint8_t)(ms >> (8 * (ORDERED_ID_TIME - 1 - i)));
	return true;
}
