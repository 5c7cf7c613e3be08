/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_WATCH_H
#define DEVID_AGENT_WATCH_H

/*
 * Tells when one of a few paths appears, vanishes or is replaced, also when
 * its folder does not exist yet. inotify only: nothing is polled.
 */

#include <devid/error.h>

#include <stddef.h>
#include <systemd/sd-event.h>

#define WATCH_MAX 97 /* a socket, four files of each key */

struct watch;

struct watch_options {
	const char *const *paths; /* borrowed, copied */
	size_t n_paths;           /* at most WATCH_MAX */
	/* Gets the index of the path; may be called without a change. */
	void (*changed)(void *user, size_t index);
	void *user; /* borrowed: for @changed */
};

/* *@ret_watch is the caller's: watch_free(). Errors: IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err watch_new(sd_event *event,
	const struct watch_options *options, struct watch **ret_watch,
	struct devid_error *err);

void watch_free(struct watch *watch);

#endif
