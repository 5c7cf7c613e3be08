/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded: the machine's clock is wrong for this program.
 *
 *   CLOCK_FAULT  seconds that it is ahead; less than 0: behind
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static time_t shift;

/* Once, before main(): a program may clear its environment. */
__attribute__((constructor)) static void take_shift(void)
{
	const char *text = getenv("CLOCK_FAULT");

	shift = text ? (time_t)atoll(text) : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret);

	if (r == 0 && clock == CLOCK_REALTIME)
		ret->tv_sec += shift;
	return r;
}

EXPORT time_t time(time_t *ret)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now); /* always there */
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
