/* SPDX-License-Identifier: Apache-2.0 */
#include "est-serve.h"

#include <stdlib.h>

#include "est-body.h"
#include "est-http.h"
#include "est-public.h"
#include "est-tls.h"
#include "est-worker.h"
#include "fail.h"
#include "http-end.h"
#include "http-open.h"
#include "log.h"

/* New connections get what was read again; what cannot be used is told, and
 * all stays as it was. */
static void renew_tls(struct est_server *s)
{
	struct devid_error err = { DEVID_OK, "" };
	SSL_CTX *tls = NULL;

	if (!s->http.tls)
		return; /* that side does not listen */
	if (est_tls_new(s->conf, s->names, &tls, &err) == DEVID_OK)
		http_set_tls(&s->http, tls);
	else
		log_warn("reload: %s", devid_error_text(&err));
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct est_server *s = arg;
	struct est_news news;
	struct est_job *job = est_line_collect(s->line, &news);

	(void)fd; /* the line's */
	(void)what;
	while (job) {
		struct est_job *next = job->next;

		s->http.pending--;
		est_job_done(s, job);
		est_job_free(job);
		job = next;
	}
	if (news.names) {
		sk_X509_NAME_pop_free(s->names, X509_NAME_free);
		s->names = news.names;
	}
	if (news.reloaded)
		renew_tls(s);
	if (news.gone) {
		s->token_gone = true;
		http_end(&s->http);
	}
}

static void on_hup(void *arg)
{
	struct est_server *s = arg;

	est_line_reload(s->line);
}

static enum devid_err watch_line(struct est_server *s, struct devid_error *err)
{
	s->on_done = event_new(s->http.base, est_line_fd(s->line),
		EV_READ | EV_PERSIST, on_done, s);
	if (!s->on_done || event_add(s->on_done, NULL) < 0)
		return fail_no_memory_for(err, "serve");
	return DEVID_OK;
}

static enum devid_err open_all(struct est_server *s,
	const struct http_setup *setup, struct http_listen listen[2],
	struct devid_error *err)
{
	enum devid_err rc = http_open(setup, &s->http, err);
	SSL_CTX *tls = NULL;

	if (rc == DEVID_OK && listen[HTTP_STATIONS].n > 0)
		rc = est_tls_new(s->conf, s->names, &tls, err);
	http_set_tls(&s->http, tls);
	if (rc == DEVID_OK)
		rc = est_line_new(&s->line, err);
	if (rc == DEVID_OK)
		rc = watch_line(s, err);
	if (rc == DEVID_OK)
		rc = http_listen(&s->http, listen, err);
	return rc;
}

static void close_all(struct est_server *s)
{
	if (s->on_done)
		event_free(s->on_done);
	http_close(&s->http);
	est_line_free(s->line);
	sk_X509_NAME_pop_free(s->names, X509_NAME_free);
}

enum devid_err est_serve(const struct registrar_conf *conf, struct registrar *r,
	struct http_listen listen[2], struct devid_error *err)
{
	struct est_server s = { .conf = conf };
	const struct http_setup setup = {
		.connections_max = conf->connections_max,
		.sides = { [HTTP_STATIONS] = { "est", est_on_request,
				   EST_BODY_MAX },
			[HTTP_PUBLIC] = { "public", est_on_public,
				EST_PUBLIC_BODY_MAX } },
		.on_hup = on_hup,
		.arg = &s,
	};
	struct est_worker *worker = NULL;
	enum devid_err rc;

	rc = registrar_ca_names(r, &s.names, err);
	if (rc == DEVID_OK)
		rc = open_all(&s, &setup, listen, err);
	if (rc == DEVID_OK)
		rc = est_worker_start(r, s.line, &worker, err);
	if (rc == DEVID_OK) {
		rc = http_run(&s.http, err);
		est_line_end(s.line);
		est_worker_join(worker);
	}
	/* Nobody logs in again here: a PIN is tried once by a program. */
	if (rc == DEVID_OK && s.token_gone)
		rc = devid_fail(err, DEVID_ERR_UNREACHABLE,
			"serve: the token or its session was lost: ended, to "
			"be started again");
	close_all(&s);
	return rc;
}
