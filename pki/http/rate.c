/* SPDX-License-Identifier: Apache-2.0 */
#include "rate.h"

#include <time.h>

#define COST 60000 /* of one request: a minute in milliseconds */

void http_rate_init(struct http_rate *rate, unsigned a_minute, int64_t now)
{
	rate->a_minute = a_minute;
	rate->burst = a_minute;
	rate->credit = (int64_t)a_minute * COST;
	rate->last = now;
}

bool http_rate_take(struct http_rate *rate, int64_t now, unsigned *ret_wait)
{
	int64_t full = (int64_t)rate->burst * COST;
	int64_t passed = now - rate->last;
	int64_t a_second = (int64_t)rate->a_minute * 1000;

	if (rate->a_minute == 0)
		return true;
	if (passed > 0) {
		/* More than a minute fills it; and cannot overflow. */
		rate->credit += (passed > COST ? COST : passed) *
				(int64_t)rate->a_minute;
		rate->last = now;
	}
	if (rate->credit > full)
		rate->credit = full;
	if (rate->credit >= COST) {
		rate->credit -= COST;
		return true;
	}
	*ret_wait = (unsigned)((COST - rate->credit + a_second - 1) / a_second);
	return false;
}

bool http_share_take(const struct http_share *share, int64_t now)
{
	unsigned wait;

	if (!http_rate_take(share->own, now, &wait))
		return false;
	if (http_rate_take(share->all, now, &wait))
		return true;
	share->own->credit += COST; /* it was there a moment ago */
	return false;
}

int64_t http_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
