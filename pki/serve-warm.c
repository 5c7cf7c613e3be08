/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-warm.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "serve-queue.h"

#define WORTH_TELLING 1000 /* milliseconds */

struct serve_warm {
	const struct ca_conf *conf; /* borrowed */
	pthread_t thread;
	atomic_bool stop;
};

static void *run(void *arg)
{
	struct serve_warm *w = arg;
	struct devid_error err = { DEVID_OK, "" };
	int64_t start = serve_clock(), took;

	if (register_warm(w->conf->reg, &w->stop, &err) != DEVID_OK) {
		log_warn("serve: reading the register into memory: %s",
			devid_error_text(&err));
		return NULL;
	}
	took = serve_clock() - start;
	if (took >= WORTH_TELLING && !atomic_load(&w->stop))
		log_info("serve: the register's indexes were read into memory "
			 "in %.1f s",
			(double)took / 1000);
	return NULL;
}

enum devid_err serve_warm_start(const struct ca_conf *conf,
	struct serve_warm **ret, struct devid_error *err)
{
	struct serve_warm *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	int r;

	if (!w)
		return devid_fail(err, DEVID_ERR_NOMEM, "serve: no memory");
	w->conf = conf;
	atomic_init(&w->stop, false);
	/* Signals are the event thread's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&w->thread, NULL, run, w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		free(w);
		return devid_fail(
			err, DEVID_ERR_IO, "serve: thread: %s", strerror(r));
	}
	*ret = w;
	return DEVID_OK;
}

void serve_warm_join(struct serve_warm *w)
{
	if (!w)
		return;
	atomic_store(&w->stop, true);
	(void)pthread_join(w->thread, NULL); /* it is ours and was started */
	free(w);
}
