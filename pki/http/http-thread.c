/* SPDX-License-Identifier: Apache-2.0 */
#include "http-thread.h"

#include <signal.h>

int http_thread_start(pthread_t *ret, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(ret, NULL, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
