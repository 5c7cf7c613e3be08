/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ONBOARD_FIXTURE_H
#define TEST_ONBOARD_FIXTURE_H

/*
 * An onboarder with a real store in a temporary folder, and a stand-in for
 * port, programs, clock and timer. Everything asserts.
 */

#include "onboarder.h"

#include <stdbool.h>
#include <stdint.h>

#include "tempdir.h"

struct onboard_world {
	struct tempdir dir;  /* of onboard.json */
	struct tempdir keys; /* keyd's; the same but for tests of crashes */
	struct onboarder *o;
	uint64_t now; /* milliseconds */
	uint64_t timer;
	bool document_ok;
	unsigned n_shows, n_stops, n_starts;
	struct onboard_work work; /* begun last */
};

/* A device from the box, without a cable. */
void onboard_world_new(struct onboard_world *w, const char *registrar);

/* The same on folders that are there and stay; the document that is taken
 * names its key. End with onboarder_free(). */
void onboard_world_open(
	struct onboard_world *w, const char *dir, const char *keys);

/* The agent dies and begins again; @boot: so does the machine. */
void onboard_world_restart(
	struct onboard_world *w, const char *registrar, const char *boot);
void onboard_world_done(struct onboard_world *w);

/* devid-keyd has key and certificate of @name, or has them no more. */
void onboard_world_key(struct onboard_world *w, const char *name, bool there);

/* The work that runs ended well, or badly with @class. */
void onboard_world_work_ends(struct onboard_world *w);
void onboard_world_work_fails(struct onboard_world *w, const char *class);
/* The registrar asks to come again in @seconds. */
void onboard_world_work_pends(struct onboard_world *w, unsigned seconds);

/* As far as @state, on the shortest way, from no carrier. */
void onboard_world_reach(struct onboard_world *w, enum onboard_state state);

/* On to production from wherever it is, a cable in; each step succeeds. */
void onboard_world_go_on(struct onboard_world *w);

/* The LDevID in use is not let in, and the port is open to the IDevID. */
void onboard_world_refuse(struct onboard_world *w);

/* The first LDevID is ldevid-0: in production, then without a cable. */
void onboard_world_settle(struct onboard_world *w);

#endif
