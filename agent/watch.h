/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_WATCH_H
#define DEVID_AGENT_WATCH_H

/*
 * Tells when one of a few paths appears, vanishes or is replaced, also when
 * its folder does not exist yet. inotify only: nothing is polled.
 */

#include "error.h"

#include <stddef.h>
#include <systemd/sd-event.h>

#define WATCH_MAX 4

struct watch;

/* @changed gets the index of the path in @paths (copied; at most WATCH_MAX).
 * It may be called without a change. Errors: IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err watch_new(sd_event *event,
	const char *const *paths, size_t n_paths,
	void (*changed)(void *user, size_t index), void *user,
	struct watch **ret_watch, struct devid_error *err);

void watch_free(struct watch *watch);

#endif
