/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_RATE_H
#define DEVID_RATE_H

/*
 * A token bucket: so many requests a minute, and as many at once, or what burst
 * says, after silence. Whole numbers only, so that nothing is lost however
 * often it is asked.
 */

#include <stdbool.h>
#include <stdint.h>

struct http_rate {
	unsigned a_minute; /* 0: no limit */
	unsigned burst;    /* at once; as many as in a minute, by default */
	int64_t credit;    /* of requests, each costs a minute's milliseconds */
	int64_t last;      /* when it was counted, milliseconds */
};

/* A full bucket. */
void http_rate_init(struct http_rate *rate, unsigned a_minute, int64_t now);

/* Whether one more request may pass at @now (milliseconds of a clock that does
 * not go back); if not, *@ret_wait is after how many seconds. */
bool http_rate_take(struct http_rate *rate, int64_t now, unsigned *ret_wait);

/* Now: milliseconds of CLOCK_MONOTONIC. */
int64_t http_clock(void);

/* What one client has of what all may do. */
struct http_share {
	struct http_rate *all, *own; /* borrowed */
};

/* Takes from both, or from neither. */
bool http_share_take(const struct http_share *share, int64_t now);

#endif
