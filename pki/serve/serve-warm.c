/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-warm.h"

#include <errno.h>
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

struct serve_warm *serve_warm_start(const struct ca *ca)
{
	struct serve_warm *w;
	int r = ENOMEM;

	if (db_is_postgres(register_db(ca->reg)))
		return NULL;
	w = calloc(1, sizeof(*w));
	if (w) {
		w->conf = ca->conf;
		atomic_init(&w->stop, false);
		r = serve_thread_start(&w->thread, run, w);
	}
	if (r == 0)
		return w;
	log_warn("serve: reading the register into memory: %s", strerror(r));
	free(w);
	return NULL;
}

void serve_warm_join(struct serve_warm *w)
{
	if (!w)
		return;
	atomic_store(&w->stop, true);
	(void)pthread_join(w->thread, NULL); /* it is ours and was started */
	free(w);
}
