/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-states.h"

#include "log.h"

/* With a registrar's name an address alone is enough: who gives none notes
 * none, and the device tries all the same. */
#define ADDRESS_WAIT_MS 10000
/* A try: several attaches, the server's silence between them. */
#define TRY_WAIT_MS 120000

#define N_STATES ONBOARD_N_STATES
#define N_EVENTS ONBOARD_N_EVENTS

static const char *const event_names[N_EVENTS] = {
	[ONBOARD_EVENT_NONE] = "none",
	[ONBOARD_EVENT_CARRIER] = "carrier",
	[ONBOARD_EVENT_NO_CARRIER] = "no-carrier",
	[ONBOARD_EVENT_READY] = "ready",
	[ONBOARD_EVENT_IDEVID] = "idevid",
	[ONBOARD_EVENT_ACTIVE] = "active",
	[ONBOARD_EVENT_CANDIDATE] = "candidate",
	[ONBOARD_EVENT_REFUSED] = "refused",
	[ONBOARD_EVENT_LOST] = "lost",
	[ONBOARD_EVENT_ADDRESS] = "address",
	[ONBOARD_EVENT_HOLD] = "hold",
	[ONBOARD_EVENT_DONE] = "done",
	[ONBOARD_EVENT_FETCHED] = "fetched",
	[ONBOARD_EVENT_DROPPED] = "dropped",
	[ONBOARD_EVENT_PENDING] = "pending",
	[ONBOARD_EVENT_FAILED] = "failed",
	[ONBOARD_EVENT_TIMEOUT] = "timeout",
	[ONBOARD_EVENT_RETRY] = "retry",
};

#define S(name) ONBOARD_##name
#define T(name) ONBOARD_TIMEOUT_##name
#define E(name) ONBOARD_EVENT_##name

/* One line for each cell. */
/* clang-format off */
/* Wherever a cable is in. */
#define UNPLUGGED                                                              \
	[E(NO_CARRIER)] = { onboard_on_unplug, S(NO_CARRIER), T(NONE) }

/* Wherever the port is open. */
#define SHUT                                                                   \
	[E(LOST)] = { onboard_on_unplug, S(AUTHENTICATING), T(NONE) }

/* Wherever the IDevID opened it: a re-authentication, or a port that is let in
 * with the LDevID after all. */
#define LET_IN_AGAIN(state)                                                    \
	[E(IDEVID)] = { onboard_on_nothing, S(state), T(KEEP) },               \
	[E(ACTIVE)] = { onboard_on_production, S(PRODUCTION), T(NONE) }

static const struct onboard_cell table[N_STATES][N_EVENTS] = {
	[S(NO_CARRIER)] = {
		[E(CARRIER)] = { onboard_on_carrier, S(AUTHENTICATING), T(NONE) },
	},
	[S(AUTHENTICATING)] = {
		UNPLUGGED,
		[E(READY)] = { onboard_on_try, S(TRYING), T(TRY) },
		[E(IDEVID)] = { onboard_on_provision, S(PROVISIONING), T(ADDRESS) },
		[E(ACTIVE)] = { onboard_on_production, S(PRODUCTION), T(NONE) },
		[E(REFUSED)] = { onboard_on_refused, S(FALLING_BACK), T(NONE) },
	},
	[S(PROVISIONING)] = {
		UNPLUGGED, SHUT, LET_IN_AGAIN(PROVISIONING),
		[E(ADDRESS)] = { onboard_on_enrol, S(ENROLLING), T(NONE) },
		[E(TIMEOUT)] = { onboard_on_enrol, S(ENROLLING), T(NONE) },
	},
	[S(ENROLLING)] = {
		UNPLUGGED, SHUT, LET_IN_AGAIN(ENROLLING),
		[E(DROPPED)] = { onboard_on_dropped, S(ENROLLING), T(NONE) },
		[E(DONE)] = { onboard_on_configure, S(CONFIGURING), T(NONE) },
		[E(PENDING)] = { onboard_on_pending, S(PENDING), T(PENDING) },
		[E(FAILED)] = { onboard_on_failed, S(HELD), T(BACKOFF) },
		[E(HOLD)] = { onboard_on_nothing, S(HELD), T(BACKOFF) },
	},
	[S(PENDING)] = {
		UNPLUGGED, SHUT, LET_IN_AGAIN(PENDING),
		[E(TIMEOUT)] = { onboard_on_enrol, S(ENROLLING), T(NONE) },
	},
	[S(CONFIGURING)] = {
		UNPLUGGED, SHUT, LET_IN_AGAIN(CONFIGURING),
		[E(FETCHED)] = { onboard_on_document, S(CONFIGURING), T(NONE) },
		[E(DONE)] = { onboard_on_try, S(TRYING), T(TRY) },
		[E(FAILED)] = { onboard_on_failed, S(HELD), T(BACKOFF) },
	},
	[S(TRYING)] = {
		UNPLUGGED,
		[E(CANDIDATE)] = { onboard_on_promote, S(PRODUCTION), T(NONE) },
		[E(REFUSED)] = { onboard_on_candidate_failed, S(FALLING_BACK), T(NONE) },
		[E(TIMEOUT)] = { onboard_on_candidate_failed, S(FALLING_BACK), T(NONE) },
	},
	[S(PRODUCTION)] = {
		UNPLUGGED, SHUT,
		[E(ACTIVE)] = { onboard_on_nothing, S(PRODUCTION), T(NONE) },
		[E(IDEVID)] = { onboard_on_provision, S(PROVISIONING), T(ADDRESS) },
		[E(DROPPED)] = { onboard_on_nothing, S(PRODUCTION), T(NONE) },
		[E(REFUSED)] = { onboard_on_refused, S(FALLING_BACK), T(NONE) },
	},
	[S(FALLING_BACK)] = {
		UNPLUGGED,
		[E(IDEVID)] = { onboard_on_provision, S(PROVISIONING), T(ADDRESS) },
		[E(ACTIVE)] = { onboard_on_production, S(PRODUCTION), T(NONE) },
		[E(REFUSED)] = { onboard_on_refused, S(FALLING_BACK), T(NONE) },
	},
	[S(HELD)] = {
		UNPLUGGED, SHUT, LET_IN_AGAIN(HELD),
		[E(ADDRESS)] = { onboard_on_retry, S(ENROLLING), T(NONE) },
		[E(TIMEOUT)] = { onboard_on_enrol, S(ENROLLING), T(NONE) },
		[E(RETRY)] = { onboard_on_retry, S(ENROLLING), T(NONE) },
	},
};

/* clang-format on */

const struct onboard_cell *onboard_states_get(
	enum onboard_state state, enum onboard_event event)
{
	return &table[state][event];
}

const char *onboard_event_name(enum onboard_event event)
{
	return event_names[event];
}

static void arm_at(struct onboarder *o, uint64_t when)
{
	uint64_t now = o->ops->now(o->user);
	uint64_t ms = when > now ? when - now : 1;

	o->due = now + ms;
	o->next = time(NULL) + (time_t)((ms + 500) / 1000);
	o->ops->set_timer(o->user, ms);
}

static void disarm(struct onboarder *o)
{
	o->due = 0;
	o->next = 0;
	o->ops->set_timer(o->user, 0);
}

static void arm(struct onboarder *o, enum onboard_timeout timeout)
{
	switch (timeout) {
	case ONBOARD_TIMEOUT_NONE:
		disarm(o);
		return;
	case ONBOARD_TIMEOUT_KEEP:
		return;
	case ONBOARD_TIMEOUT_ADDRESS:
		/* Without its name there is nothing to try. */
		if (o->registrar[0])
			arm_at(o, o->ops->now(o->user) + ADDRESS_WAIT_MS);
		else
			disarm(o);
		return;
	case ONBOARD_TIMEOUT_PENDING:
		arm_at(o, o->wait_until);
		return;
	case ONBOARD_TIMEOUT_TRY:
		arm_at(o, o->ops->now(o->user) + TRY_WAIT_MS);
		return;
	case ONBOARD_TIMEOUT_BACKOFF:
		arm_at(o, o->not_before);
		return;
	}
}

/* The one place where the state changes. */
static void set_state(
	struct onboarder *o, enum onboard_state next, enum onboard_event cause)
{
	enum onboard_state old = o->state;

	if (next == old)
		return;
	o->state = next;
	o->facts.times[next] = time(NULL);
	log_info("onboarding: %s -> %s (%s)", onboard_state_name(old),
		onboard_state_name(next), onboard_event_name(cause));
}

void onboard_dispatch(struct onboarder *o, enum onboard_event event)
{
	while (event != ONBOARD_EVENT_NONE) {
		const struct onboard_cell *cell =
			onboard_states_get(o->state, event);

		if (!cell->handler) {
			log_debug("onboarding: %s: no matter while %s",
				onboard_event_name(event),
				onboard_state_name(o->state));
			return;
		}
		set_state(o, cell->next, event);
		event = cell->handler(o);
		arm(o, cell->timeout);
		o->ops->changed(o->user);
	}
}

static const char *timeout_text(enum onboard_timeout timeout)
{
	switch (timeout) {
	case ONBOARD_TIMEOUT_NONE:
	case ONBOARD_TIMEOUT_KEEP:
		return "";
	case ONBOARD_TIMEOUT_ADDRESS:
		return " [10 s where the registrar is named]";
	case ONBOARD_TIMEOUT_PENDING:
		return " [Retry-After]";
	case ONBOARD_TIMEOUT_TRY:
		return " [2 min]";
	case ONBOARD_TIMEOUT_BACKOFF:
		return " [10 s, 20 s, 40 s ... 1 h]";
	}
	return "";
}

/* One line for all events that lead from @from to @to with one timeout. */
static void dump_edge(FILE *out, int from, int to, int timeout)
{
	const char *between = " : ";

	for (int e = 0; e < N_EVENTS; e++) {
		const struct onboard_cell *c = &table[from][e];

		if (!c->handler || (int)c->next != to ||
			(int)c->timeout != timeout)
			continue;
		if (between[1] == ':')
			(void)fprintf(out, "    %s --> %s",
				onboard_state_name((enum onboard_state)from),
				onboard_state_name((enum onboard_state)to));
		(void)fprintf(out, "%s%s", between, event_names[e]);
		between = ", ";
	}
	if (between[1] != ':')
		(void)fprintf(out, "%s\n",
			timeout_text((enum onboard_timeout)timeout));
}

enum devid_err onboard_states_dump(FILE *out)
{
	/* Errors of fprintf() stay in the stream until ferror(). */
	(void)fputs(
		"# From the box to production\n\n"
		"Printed by `devid-agent --dump-onboarding` from the table in "
		"`agent/onboard/onboard-states.c`;\na unit test compares them. In "
		"brackets: how long until the event `timeout`.\n\n"
		"```mermaid\nstateDiagram-v2\n    [*] --> no-carrier\n",
		out);
	for (int from = 0; from < N_STATES; from++) {
		for (int to = 0; to < N_STATES; to++) {
			for (int t = 0; t <= ONBOARD_TIMEOUT_BACKOFF; t++)
				dump_edge(out, from, to, t);
		}
	}
	(void)fputs("```\n", out);
	if (fflush(out) != 0 || ferror(out))
		return DEVID_ERR_IO;
	return DEVID_OK;
}
