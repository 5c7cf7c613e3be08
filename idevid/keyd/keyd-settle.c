/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-settle.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
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

unsigned settle_limit(const struct settle *s)
{
	return s->limit != 0 && s->limit < LIMIT_SECONDS ? s->limit
							 : LIMIT_SECONDS;
}

/* Of the state folder; "" when that is too long for one. */
static const char *mark_path(const struct settle *s)
{
	static char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/unsettled", s->state_dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		path[0] = '\0';
	return path;
}

static void set_mark(const struct settle *s, bool set)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc =
		set ? files_write_unsynced(mark_path(s), "", 0, 0644, &err)
		    : files_remove(mark_path(s), &err);

	if (rc != DEVID_OK)
		log_warn("%s", devid_error_text(&err));
}

/* False, and told, when the TPM did not take it. */
static bool tell(struct settle *s)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	s->waiting = false;
	/* A TPM that hangs must not hang the service. */
	(void)alarm(settle_limit(s));
	rc = module_settle(s->module, &err);
	(void)alarm(0);
	if (rc != DEVID_OK)
		log_warn("%s: a power cut may count as a failed attempt",
			devid_error_text(&err));
	else
		log_debug("tpm: told that power may go");
	if (rc == DEVID_OK)
		set_mark(s, false);
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
	set_mark(s, true);
	if (r < 0)
		log_error("timer: %s", strerror(-r));
}

void settle_resume(struct settle *s)
{
	/* A use of this start has its timer already. */
	if (!s->waiting && access(mark_path(s), F_OK) == 0)
		(void)tell(s); /* else it is told after the next use */
}

void settle_done(struct settle *s)
{
	if (s->waiting)
		(void)tell(s); /* nothing more can be done */
	s->timer = sd_event_source_disable_unref(s->timer);
}
