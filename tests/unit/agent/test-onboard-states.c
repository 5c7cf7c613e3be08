/* SPDX-License-Identifier: Apache-2.0 */
/* The table of onboarding: each cell, and its drawing. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "onboard-fixture.h"
#include "onboard-states.h"

#define S(name) ONBOARD_##name
#define E(name) ONBOARD_EVENT_##name

/* What each event leads to, on a device from the box; what is not here changes
 * nothing. Where a handler goes on by itself it is the end of that. */
static const struct step {
	enum onboard_state from;
	enum onboard_event event;
	enum onboard_state to;
} steps[] = {
	{ S(NO_CARRIER), E(CARRIER), S(AUTHENTICATING) },
	{ S(AUTHENTICATING), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(AUTHENTICATING), E(READY), S(TRYING) },
	{ S(AUTHENTICATING), E(IDEVID), S(PROVISIONING) },
	{ S(AUTHENTICATING), E(ACTIVE), S(PRODUCTION) },
	{ S(AUTHENTICATING), E(REFUSED), S(FALLING_BACK) },
	{ S(PROVISIONING), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(PROVISIONING), E(LOST), S(AUTHENTICATING) },
	{ S(PROVISIONING), E(IDEVID), S(PROVISIONING) },
	{ S(PROVISIONING), E(ACTIVE), S(PRODUCTION) },
	/* no domain came with it: there is no registrar */
	{ S(PROVISIONING), E(ADDRESS), S(HELD) },
	{ S(PROVISIONING), E(TIMEOUT), S(HELD) },
	{ S(ENROLLING), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(ENROLLING), E(LOST), S(AUTHENTICATING) },
	{ S(ENROLLING), E(IDEVID), S(ENROLLING) },
	{ S(ENROLLING), E(ACTIVE), S(PRODUCTION) },
	{ S(ENROLLING), E(DROPPED), S(ENROLLING) },
	{ S(ENROLLING), E(DONE), S(CONFIGURING) },
	{ S(ENROLLING), E(PENDING), S(PENDING) },
	{ S(ENROLLING), E(FAILED), S(HELD) },
	{ S(ENROLLING), E(HOLD), S(HELD) },
	{ S(PENDING), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(PENDING), E(LOST), S(AUTHENTICATING) },
	{ S(PENDING), E(IDEVID), S(PENDING) },
	{ S(PENDING), E(ACTIVE), S(PRODUCTION) },
	/* it is too early still, so it waits on */
	{ S(PENDING), E(TIMEOUT), S(PENDING) },
	{ S(CONFIGURING), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(CONFIGURING), E(LOST), S(AUTHENTICATING) },
	{ S(CONFIGURING), E(IDEVID), S(CONFIGURING) },
	{ S(CONFIGURING), E(ACTIVE), S(PRODUCTION) },
	{ S(CONFIGURING), E(FETCHED), S(CONFIGURING) },
	{ S(CONFIGURING), E(DONE), S(TRYING) },
	{ S(CONFIGURING), E(FAILED), S(HELD) },
	{ S(TRYING), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(TRYING), E(CANDIDATE), S(PRODUCTION) },
	{ S(TRYING), E(REFUSED), S(FALLING_BACK) },
	{ S(TRYING), E(TIMEOUT), S(FALLING_BACK) },
	{ S(PRODUCTION), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(PRODUCTION), E(LOST), S(AUTHENTICATING) },
	{ S(PRODUCTION), E(ACTIVE), S(PRODUCTION) },
	{ S(PRODUCTION), E(IDEVID), S(PROVISIONING) },
	{ S(PRODUCTION), E(DROPPED), S(PRODUCTION) },
	{ S(PRODUCTION), E(REFUSED), S(FALLING_BACK) },
	{ S(FALLING_BACK), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(FALLING_BACK), E(IDEVID), S(PROVISIONING) },
	{ S(FALLING_BACK), E(ACTIVE), S(PRODUCTION) },
	{ S(FALLING_BACK), E(REFUSED), S(FALLING_BACK) },
	{ S(HELD), E(NO_CARRIER), S(NO_CARRIER) },
	{ S(HELD), E(LOST), S(AUTHENTICATING) },
	{ S(HELD), E(IDEVID), S(HELD) },
	{ S(HELD), E(ACTIVE), S(PRODUCTION) },
	{ S(HELD), E(ADDRESS), S(ENROLLING) },
	/* too early */
	{ S(HELD), E(TIMEOUT), S(HELD) },
	{ S(HELD), E(RETRY), S(ENROLLING) },
};

static const struct step *find(
	enum onboard_state from, enum onboard_event event)
{
	for (size_t i = 0; i < N_OF(steps); i++) {
		if (steps[i].from == from && steps[i].event == event)
			return &steps[i];
	}
	return NULL;
}

static void try_cell(enum onboard_state from, enum onboard_event event)
{
	const struct step *step = find(from, event);
	struct onboard_world w;
	unsigned starts, shows, stops;

	onboard_world_new(&w, NULL);
	onboard_world_reach(&w, from);
	starts = w.n_starts;
	shows = w.n_shows;
	stops = w.n_stops;
	if (event == E(IDEVID)) /* another VLAN than that of the address */
		onboarder_no_address(w.o);
	/* what a handler asks of a candidate holds for one alone */
	if (from == S(AUTHENTICATING) && event == E(READY)) {
		w.o->facts.candidate = KEY_IDEVID + N_MAKER_KEYS;
		w.o->facts.stage = ONBOARD_STAGE_READY;
	}
	onboard_dispatch(w.o, event);
	if (w.o->state != (step ? step->to : from))
		fail_msg("%s: %s: %s", onboard_state_name(from),
			onboard_event_name(event),
			onboard_state_name(w.o->state));
	if (!step) {
		assert_int_equal(w.n_starts, starts);
		assert_int_equal(w.n_shows, shows);
		assert_int_equal(w.n_stops, stops);
	}
	/* A step that waits for a time has its timer, the rest none. */
	if (w.o->state == S(PENDING) || w.o->state == S(HELD) ||
		w.o->state == S(TRYING))
		assert_true(w.timer > 0);
	if (w.o->state == S(NO_CARRIER) || w.o->state == S(AUTHENTICATING) ||
		w.o->state == S(PRODUCTION))
		assert_true(w.timer == 0);
	onboard_world_done(&w);
}

static void each_cell_leads_where_it_says(void **state)
{
	(void)state;
	for (int s = 0; s < ONBOARD_N_STATES; s++) {
		for (int e = 1; e < ONBOARD_N_EVENTS; e++)
			try_cell((enum onboard_state)s, (enum onboard_event)e);
	}
}

static void each_step_is_a_cell_and_each_cell_a_step(void **state)
{
	(void)state;
	for (int s = 0; s < ONBOARD_N_STATES; s++) {
		for (int e = 0; e < ONBOARD_N_EVENTS; e++) {
			bool cell = onboard_states_get((enum onboard_state)s,
					    (enum onboard_event)e)
					    ->handler != NULL;

			assert_int_equal(
				cell, find((enum onboard_state)s,
					      (enum onboard_event)e) != NULL);
		}
	}
}

/* A cable that is pulled is seen everywhere, and nothing runs then. */
static void carrier_gone_ends_the_work_of_each_state(void **state)
{
	(void)state;
	for (int s = 1; s < ONBOARD_N_STATES; s++) {
		struct onboard_world w;

		onboard_world_new(&w, NULL);
		onboard_world_reach(&w, (enum onboard_state)s);
		onboarder_carrier(w.o, false);
		assert_int_equal(w.o->state, ONBOARD_NO_CARRIER);
		assert_false(w.o->working);
		assert_false(w.o->has_address);
		onboard_world_done(&w);
	}
}

static void dump_is_the_one_in_docs(void **state)
{
	FILE *docs = fopen("docs/onboard-states.md", "re");
	char *now_text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&now_text, &len);
	char file[16384];
	size_t n;

	(void)state;
	assert_non_null(docs); /* run from the source folder, as tests/check */
	assert_rc(onboard_states_dump(out), DEVID_OK);
	assert_int_equal(fclose(out), 0);
	n = fread(file, 1, sizeof(file), docs);
	assert_int_equal(fclose(docs), 0);
	assert_int_equal(n, len);
	assert_memory_equal(file, now_text, len);
	free(now_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_leads_where_it_says),
		cmocka_unit_test(each_step_is_a_cell_and_each_cell_a_step),
		cmocka_unit_test(carrier_gone_ends_the_work_of_each_state),
		cmocka_unit_test(dump_is_the_one_in_docs),
	};

	log_init("test-onboard-states", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
