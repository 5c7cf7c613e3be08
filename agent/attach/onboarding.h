/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_ONBOARDING_H
#define DEVID_AGENT_ONBOARDING_H

/*
 * The way from the box to production, joined to the ports: what happens to the
 * port in charge is told to onboarder.h, and what that wants shown becomes the
 * agent's list of identities and the RADIUS servers that are insisted on. The
 * port in charge is the first that has a cable; the others follow it.
 *
 * Under the state folder: onboard/ is the agent's (onboard-store.h), enroll/
 * the staging folder that devid-enroll's user alone writes to.
 */

#include <devid/error.h>
#include "identity.h"
#include "onboarder.h"
#include "port.h"

struct agent;
struct agent_port;
struct onboarding;

/* Sets agent->onboarding, and what is to be shown at first; NULL where the
 * settings say what is shown. The ports that have a cable are told of. Errors:
 * IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err onboarding_new(
	struct agent *agent, struct devid_error *err);

/* Ends what runs. NULL is nothing. */
void onboarding_free(struct agent *agent);

/* For the status; NULL of NULL. */
const struct onboarder *onboarding_onboarder(const struct onboarding *ob);

/* All that may ever be shown, with their files; the caller's:
 * identities_done(). Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err onboarding_all(const struct agent *agent,
	struct identities *ret, struct devid_error *err);

/* The state of a port has changed from @old. */
void onboarding_changed(struct agent_port *ap, enum port_state old);

/* An attach of it has ended, see port->attach. */
void onboarding_finished(struct agent_port *ap);

/* A file of an identity has changed: the LDevID in use may be gone. */
void onboarding_watched(struct agent *agent);

/* What was noted of its address is void. */
void onboarding_no_address(struct agent_port *ap);

#endif
