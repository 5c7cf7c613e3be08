/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_METRICS_H
#define DEVID_KEYD_METRICS_H

/*
 * Numbers of the service for a monitoring system: a file (base/metrics.h) that
 * is written at the start and once a minute, when something in it has changed.
 * There is no port. Everybody may read it: it counts keys and names none.
 */

#include <devid/error.h>
#include "keyd-requests.h"
#include "metrics.h"

#include <systemd/sd-event.h>

#define KEYD_METRICS_SECONDS 60 /* between two looks; a limit of ours */

struct keyd_metrics {
	sd_event *event;                 /* borrowed */
	const struct requests *requests; /* borrowed */
	const char *path;                /* borrowed; NULL: nothing is done */
	sd_event_source *timer;          /* owned, or NULL */
	struct blob written;             /* owned: what is in the file */
	bool failed;                     /* and that was told */
};

/* What @status says, in families whose names begin with "devid_keyd_". */
void keyd_metrics_put(struct metrics *m, const struct wire_status *status);

/* Writes the file for the first time, and sets the timer. That it cannot be
 * written is logged once, and tried again. */
void keyd_metrics_start(struct keyd_metrics *k);
void keyd_metrics_done(struct keyd_metrics *k);

#endif
