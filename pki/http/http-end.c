/* SPDX-License-Identifier: Apache-2.0 */
#include "http-end.h"

#include <systemd/sd-daemon.h>

#include "log.h"

/* Told to end: how long sockets still accept what is on its way, silent
 * connections may still ask, and everything may take. Milliseconds. */
#define DRAIN_ACCEPT 100
#define DRAIN_IDLE   2000
#define DRAIN_MAX    30000

static void stop_listening(struct http_server *s)
{
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < HTTP_LISTEN_MAX; i++) {
			if (s->bound[side][i])
				evhttp_del_accept_socket(
					s->evhttp[side], s->bound[side][i]);
			s->bound[side][i] = NULL;
		}
	}
}

void http_drain(struct http_server *s)
{
	int64_t now = http_clock();
	int64_t passed = now - s->drain_start;

	if (passed >= DRAIN_ACCEPT)
		stop_listening(s);
	if (passed >= DRAIN_IDLE)
		http_conns_end_idle(s->conns);
	if (now >= s->drain_end)
		log_warn("serve: giving up on %u connections, %u requests",
			http_conns_count(s->conns), s->pending);
	if (now >= s->drain_end || (passed >= DRAIN_ACCEPT && s->pending == 0 &&
					   http_conns_count(s->conns) == 0))
		(void)event_base_loopbreak(s->base); /* of our own loop */
}

void http_set_tick(struct http_server *s)
{
	const struct timeval second = { .tv_sec = 1 };
	const struct timeval moment = { .tv_usec = 50000 };

	/* A timer that cannot be set needs memory that was there before. */
	(void)event_add(s->on_tick, s->drain_end ? &moment : &second);
}

void http_end(struct http_server *s)
{
	if (s->drain_end)
		return;
	log_info("serve: ending: no new connections, %u requests at work",
		s->pending);
	(void)sd_notify(0, "STOPPING=1"); /* nobody may be listening */
	s->drain_start = http_clock();
	s->drain_end = s->drain_start + DRAIN_MAX;
	http_set_tick(s);
}
