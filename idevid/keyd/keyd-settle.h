/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_SETTLE_H
#define DEVID_KEYD_SETTLE_H

/*
 * Tells the TPM that power may go, some time after a key was used: a cut is
 * then no failed attempt until the next use. Each time is a write in the TPM's
 * NV, which wears, so it is done once a start, a minute after the first use,
 * and more often only by a setting.
 *
 * While it is to be told, the file "unsettled" is in the state folder: should
 * the service be ended before, its next start tells it at once.
 */

#include <devid/error.h>
#include "module.h"

#include <systemd/sd-event.h>

#define SETTLE_SECONDS 60 /* after the first use; a limit of ours */

struct settle {
	sd_event *event;        /* borrowed */
	struct module *module;  /* borrowed; set before the loop runs */
	sd_event_source *timer; /* owned, or NULL */
	const char *state_dir;  /* borrowed */
	unsigned every;         /* seconds; 0: once */
	unsigned limit;         /* seconds the TPM may take; 0: our own */
	bool waiting;           /* the timer runs */
	bool done;              /* at least once since the start */
};

/* In how many seconds, after a use now; 0: not at all. */
unsigned settle_delay(const struct settle *s);

/* How many seconds the TPM may take for it. */
unsigned settle_limit(const struct settle *s);

/* Tells what a service that was ended before did not. For the start. */
void settle_resume(struct settle *s);

/* A key was used. @arg is the struct settle. */
void settle_note_use(void *arg);

/* The end of the service: what waits is told at once. */
void settle_done(struct settle *s);

#endif
