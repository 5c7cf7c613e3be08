/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_STATES_H
#define DEVID_ONBOARD_STATES_H

/*
 * Onboarding as one table, [state][event] -> {handler, next state, timeout}. An
 * empty cell rejects: the event is logged at debug and nothing else happens.
 * The diagram in docs/onboard-states.md is printed from this table
 * (`devid-agent --dump-onboarding`). The handlers are in onboard-steps.c.
 */

#include <devid/error.h>
#include "onboard-steps.h"

#include <stdio.h>

enum onboard_timeout {
	ONBOARD_TIMEOUT_NONE, /* stop the timer */
	ONBOARD_TIMEOUT_KEEP, /* leave it as it is */
	ONBOARD_TIMEOUT_ADDRESS,
	ONBOARD_TIMEOUT_PENDING,
	ONBOARD_TIMEOUT_TRY,
	ONBOARD_TIMEOUT_BACKOFF,
};

/* Does the work of a cell, after the state was changed, and returns the event
 * that follows at once, or ONBOARD_EVENT_NONE. */
typedef enum onboard_event (*onboard_handler)(struct onboarder *o);

struct onboard_cell {
	onboard_handler handler; /* NULL: the cell rejects */
	enum onboard_state next;
	enum onboard_timeout timeout;
};

/* The cell for @event in @state; never NULL. */
const struct onboard_cell *onboard_states_get(
	enum onboard_state state, enum onboard_event event);

/* "no-carrier", "address" etc. */
const char *onboard_event_name(enum onboard_event event);

/* Gives @event to the table, and then what follows from it. */
void onboard_dispatch(struct onboarder *o, enum onboard_event event);

/* Writes the diagram as Markdown with a Mermaid block. Error: IO. */
DEVID_MUST_CHECK enum devid_err onboard_states_dump(FILE *out);

#endif
