/* SPDX-License-Identifier: Apache-2.0 */
#include "est-worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fail.h"
#include "http-thread.h"
#include "log.h"

/* Milliseconds between duties, and after they have failed. */
#define DUTIES_PAUSE 15000
#define DUTIES_AGAIN 5000

struct est_worker {
	struct registrar *r;   /* borrowed */
	struct est_line *line; /* borrowed */
	pthread_t thread;
	int64_t due; /* the duties, http_clock() */
	bool failed; /* they did, the last time: that is said once */
	bool told_gone;
};

void est_work(struct registrar *r, struct est_job *job)
{
	const struct registrar_ask ask = {
		.client = { job->cert, job->chain },
		.label = job->label[0] ? job->label : NULL,
		.csr = blob_view(&job->csr),
		.renew = job->op == EST_REENROL,
		.now = (int64_t)time(NULL),
	};

	switch (job->op) {
	case EST_CACERTS:
		registrar_cacerts(r, &job->answer);
		break;
	case EST_CSRATTRS:
		registrar_csrattrs(r, ask.label, &job->answer);
		break;
	case EST_NONCE:
		registrar_nonce(r, &ask, &job->answer);
		break;
	case EST_ENROL:
	case EST_REENROL:
		registrar_enrol(r, &ask, &job->answer);
		break;
	case EST_ONBOARDING:
		registrar_document(r, &ask, &job->answer);
		break;
	}
}

static void reload(struct est_worker *w)
{
	struct devid_error err = { DEVID_OK, "" };
	struct est_news news = { .reloaded = true };

	if (registrar_reload(w->r, &err) != DEVID_OK ||
		registrar_ca_names(w->r, &news.names, &err) != DEVID_OK) {
		log_warn("reload: %s", devid_error_text(&err));
		news.names = NULL;
	} else {
		log_info("reload: makers' roots and lists were read again");
	}
	est_line_tell(w->line, &news);
}

static void do_duties(struct est_worker *w)
{
	struct devid_error err = { DEVID_OK, "" };
	bool failed;

	if (http_clock() < w->due)
		return;
	failed = registrar_duties(w->r, (int64_t)time(NULL), &err) != DEVID_OK;
	if (failed && !w->failed)
		log_warn("duties: %s", devid_error_text(&err));
	else if (!failed && w->failed)
		log_info("duties: all is well again");
	w->failed = failed;
	est_line_set_trouble(
		w->line, failed ? "the registrar's duties fail\n" : NULL);
	w->due = http_clock() + (failed ? DUTIES_AGAIN : DUTIES_PAUSE);
}

/* Tells the event thread, once, that the token does not come back. */
static void tell_gone(struct est_worker *w)
{
	const struct est_news news = { .gone = true };

	if (w->told_gone || !registrar_gone(w->r))
		return;
	w->told_gone = true;
	est_line_tell(w->line, &news);
}

static void *run(void *arg)
{
	struct est_worker *w = arg;

	for (;;) {
		struct est_job *job = est_line_take(w->line, w->due);

		if (job) {
			est_work(w->r, job);
			est_line_finish(w->line, job);
		} else if (est_line_ended(w->line)) {
			return NULL;
		}
		if (est_line_reload_asked(w->line))
			reload(w);
		/* Who waits for an answer comes before what is only due. */
		do_duties(w);
		tell_gone(w);
	}
}

enum devid_err est_worker_start(struct registrar *r, struct est_line *line,
	struct est_worker **ret, struct devid_error *err)
{
	struct est_worker *w = calloc(1, sizeof(*w));
	int e;

	if (!w)
		return fail_no_memory(err);
	w->r = r;
	w->line = line;
	e = http_thread_start(&w->thread, run, w);
	if (e != 0) {
		free(w);
		return devid_fail(
			err, DEVID_ERR_IO, "serve: thread: %s", strerror(e));
	}
	*ret = w;
	return DEVID_OK;
}

void est_worker_join(struct est_worker *w)
{
	if (!w)
		return;
	(void)pthread_join(w->thread, NULL); /* it is ours and was started */
	free(w);
}
