/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_BACKOFF_H
#define DEVID_AGENT_BACKOFF_H

/*
 * How long to wait before the next try: 1, 2, 4 ... 60 seconds, each made
 * shorter or longer by up to a quarter, so that a building full of devices
 * does not return in step after a power cut.
 */

#include <stdint.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS   60000

struct backoff {
	unsigned failures; /* since the last reset */
};

/* Counts a failure and returns the wait in milliseconds. @random is any
 * number; its low bits choose the jitter. */
uint32_t backoff_next(struct backoff *b, uint32_t random);

void backoff_reset(struct backoff *b);

#endif
