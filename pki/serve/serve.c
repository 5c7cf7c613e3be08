/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include <stdlib.h>

#include "fail.h"
#include "http-open.h"
#include "serve-http.h"
#include "serve-private.h"
#include "serve-tls.h"
#include "serve-worker.h"
#include "tcg-csr.h"

#define CACHE_ENTRIES 4096
#define REFRESH_TICKS 30 /* seconds between looks at the publish folder */

static void on_second(void *arg)
{
	struct serve *s = arg;

	if (++s->ticks % REFRESH_TICKS == 0)
		serve_files_refresh(&s->files);
}

static void on_hup(void *arg)
{
	struct serve *s = arg;

	serve_queue_reload(s->queue);
}

static enum devid_err watch_queue(struct serve *s, struct devid_error *err)
{
	s->on_done = event_new(s->http.base, serve_queue_fd(s->queue),
		EV_READ | EV_PERSIST, serve_on_done, s);
	if (!s->on_done || event_add(s->on_done, NULL) < 0)
		return fail_no_memory_for(err, "serve");
	return DEVID_OK;
}

static enum devid_err open_all(struct serve *s, const struct http_setup *setup,
	struct http_listen listen[2], struct devid_error *err)
{
	enum devid_err rc = http_open(setup, &s->http, err);
	SSL_CTX *tls = NULL;

	for (size_t i = 0; i < s->conf->n_stations; i++)
		http_rate_init(
			&s->rates[i], s->conf->stations[i].rate, http_clock());
	if (rc == DEVID_OK && listen[HTTP_STATIONS].n > 0)
		rc = serve_tls_new(s->conf, &tls, err);
	http_set_tls(&s->http, tls);
	if (rc == DEVID_OK)
		rc = serve_cache_new(CACHE_ENTRIES, &s->cache, err);
	if (rc == DEVID_OK)
		rc = serve_queue_new(&s->queue, err);
	if (rc == DEVID_OK)
		rc = watch_queue(s, err);
	if (rc == DEVID_OK)
		rc = http_listen(&s->http, listen, err);
	return rc;
}

static void close_all(struct serve *s)
{
	if (s->on_done)
		event_free(s->on_done);
	http_close(&s->http);
	serve_files_done(&s->files);
	serve_cache_free(s->cache);
	serve_queue_free(s->queue);
	free(s);
}

enum devid_err serve_run(const struct ca_conf *conf, struct ca *ca,
	struct http_listen listen[2], struct devid_error *err)
{
	struct serve *s = calloc(1, sizeof(*s));
	const struct http_setup setup = {
		.connections_max = conf->connections_max,
		.sides = { [HTTP_STATIONS] = { "stations", serve_on_station,
				   TCG_CSR_MAX },
			[HTTP_PUBLIC] = { "public", serve_on_public,
				OCSP_REQUEST_MAX } },
		.on_second = on_second,
		.on_hup = on_hup,
		.arg = s,
	};
	struct serve_worker *worker = NULL;
	enum devid_err rc;

	if (!s)
		return fail_no_memory_for(err, "serve");
	s->conf = conf;
	s->files.dir = conf->publish;
	s->files.ca_name = conf->name;
	rc = open_all(s, &setup, listen, err);
	if (rc == DEVID_OK)
		rc = serve_worker_start(ca, s->queue, &worker, err);
	if (rc == DEVID_OK) {
		serve_files_refresh(&s->files);
		rc = http_run(&s->http, err);
		serve_queue_end(s->queue);
		serve_worker_join(worker);
	}
	/* Nobody logs in again here: a PIN is tried once by a program. */
	if (rc == DEVID_OK && s->token_gone)
		rc = devid_fail(err, DEVID_ERR_UNREACHABLE,
			"serve: the token or its session was lost: ended, to "
			"be started again");
	close_all(s);
	return rc;
}
