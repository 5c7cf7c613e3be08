/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-settle.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LIMIT_SECONDS 30 /* as for other short requests, keyd-requests.c */

unsigned settle_delay(const struct settle *s)
{
	if (s->waiting || (s->done && s->every == 0))
		return 0;
	if (!s->done && (s->every == 0 || s->every > SETTLE_SECONDS))
		return SETTLE_SECONDS;
	return s->every;
}

/* False, and told, when the TPM did not take it. */
static bool tell(struct settle *s)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	s->waiting = false;
	/* A TPM that hangs must not hang the service. */
	(void)alarm(LIMIT_SECONDS);
	rc = module_settle(s->module, &err);
	(void)alarm(0);
	if (rc != DEVID_OK)
		log_warn("%s: a power cut may count as a failed attempt",
			devid_error_text(&err));
	else
		log_debug("tpm: told that power may go");
	return rc == DEVID_OK;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct settle *s = userdata;

	(void)source; /* is s->timer */
	(void)usec;   /* now */
	/* Not done: it is tried again after the next use. */
	s->done = tell(s);
	return 0;
}

void settle_note_use(void *arg)
{
	struct settle *s = arg;
	unsigned delay = settle_delay(s);
	int r;

	if (delay == 0)
		return;
	s->timer = sd_event_source_disable_unref(s->timer);
	r = sd_event_add_time_relative(s->event, &s->timer, CLOCK_MONOTONIC,
		delay * 1000000ull, 0, on_timer, s);
	s->waiting = r >= 0;
	if (r < 0)
		log_error("timer: %s", strerror(-r));
}

void settle_done(struct settle *s)
{
	/* The next start does not know of this use. */
	if (s->waiting)
		(void)tell(s); /* nothing more can be done */
	s->timer = sd_event_source_disable_unref(s->timer);
}
