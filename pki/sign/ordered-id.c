/* SPDX-License-Identifier: Apache-2.0 */
#include "ordered-id.h"

#include <time.h>

#include "bytes.h"

void ordered_id_at(uint64_t ms, uint8_t ret[ORDERED_ID_TIME])
{
	bytes_store(ret, ORDERED_ID_TIME, ms);
}

uint64_t ordered_id_time(const uint8_t id[ORDERED_ID_TIME])
{
	return bytes_load(id, ORDERED_ID_TIME);
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
