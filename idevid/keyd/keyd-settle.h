/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_SETTLE_H
#define DEVID_KEYD_SETTLE_H

/*
 * Tells the TPM that power may go, some time after a key was used: a cut is
 * then no failed attempt until the next use. Each time is a write in the TPM's
 * NV, which wears, so it is done once a start, a minute after the first use,
 * and more often only by a setting.
 */

#include <devid/error.h>
#include "module.h"

#include <systemd/sd-event.h>

#define SETTLE_SECONDS 60 /* after the first use; a limit of ours */

struct settle {
	sd_event *event;        /* borrowed */
	struct module *module;  /* borrowed; set before the loop runs */
	sd_event_source *timer; /* owned, or NULL */
	unsigned every;         /* seconds; 0: once */
	bool waiting;           /* the timer runs */
	bool done;              /* at least once since the start */
};

/* In how many seconds, after a use now; 0: not at all. */
unsigned settle_delay(const struct settle *s);

/* A key is used. @arg is the struct settle. */
void settle_note_use(void *arg);

/* The end of the service: what waits is told at once. */
void settle_done(struct settle *s);

#endif
