/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_STATUS_H
#define DEVID_ONBOARD_STATUS_H

/*
 * What others may read of onboarding, the member "onboarding" of agent.json:
 *
 *   state      see docs/onboard-states.md
 *   since      time of the last change of state, "2026-01-31T12:00:00Z"
 *   steps      array, the states on the way that were entered, in the order of
 *              the way: step (name of the state), time (entered last)
 *   next       time of the next try, or null
 *   waiting_for  for a person: what comes next
 *   class      of what went wrong last, kept until a new LDevID is in use, or
 *              null: those of devid-enroll(8) (EST_UNTRUSTED, NO_REGISTRAR,
 *              NO_ANCHOR, ...), NO_FREE_KEY, HOOK_FAILED, FIRMWARE_TOO_LOW,
 *              CANDIDATE_FAILED, LDEVID_REFUSED, SERVER_CHANGED, LOCAL
 *   cause      of it, for a person, or null
 *   cause_time when, or null
 *   active     key of the LDevID in use, or null
 *   candidate  key of the one that is being made or tried, or null
 *   registrar  as set, or the name below the domain, or null
 *   domain     that the network gave, or null
 *   address    whether the network gave an address
 */

#include "onboard-steps.h"

#include <jansson.h>

/* The object, owned by the caller; JSON null for NULL, which is a device that
 * does not onboard by itself. NULL: no memory. */
json_t *onboard_status_json(const struct onboarder *o);

#endif
