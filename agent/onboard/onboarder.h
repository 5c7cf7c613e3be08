/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARDER_H
#define DEVID_ONBOARDER_H

/*
 * What happens to the device, told to the table of onboarding: the events of
 * its port, of the network and of the programs that it ran. And what follows
 * for the port: which identities are to be shown.
 */

#include <devid/error.h>
#include "onboard-steps.h"

#include <stdbool.h>
#include <stddef.h>

struct onboarder_options {
	const struct onboarder_ops *ops; /* borrowed */
	void *user;                      /* borrowed: for ops */
	const char *dir;       /* folder of onboard.json, copied; it is there */
	const char *keys_dir;  /* devid-keyd's state folder, copied */
	const char *registrar; /* as set, copied; NULL: by DHCP */
	const char *boot;      /* the machine's boot id, copied */
};

/* Begins with what is on disk. *@ret is the caller's: onboarder_free(). No op
 * but now() is called yet. Error: NOMEM. */
DEVID_MUST_CHECK enum devid_err onboarder_new(
	const struct onboarder_options *options, struct onboarder **ret,
	struct devid_error *err);

/* Ends the work that runs. */
void onboarder_free(struct onboarder *o);

/* The identities that are to be shown now, in their order: the candidate alone
 * while it is tried, else the LDevID in use, if any, and the IDevID. Returns
 * how many; @ret has room for two. */
size_t onboarder_shown(const struct onboarder *o, enum key_id ret[2]);

/* Whether the site's document of the candidate is in force, under the name
 * ONBOARD_CANDIDATE_NAME; otherwise ONBOARD_SITE_NAME is, if it is there. */
bool onboarder_site_is_candidate(const struct onboarder *o);

/* The port in charge gained or lost its carrier. */
void onboarder_carrier(struct onboarder *o, bool carrier);

/* It is open, to @key. */
void onboarder_let_in(struct onboarder *o, enum key_id key);

/* It has shut, carrier or not. */
void onboarder_shut(struct onboarder *o);

/*
 * An attach with @key ended without success, as class and reason say. @final:
 * for the identity, or for a server that is not the site's; else the port tries
 * again by itself.
 */
struct onboarder_refusal {
	enum key_id key;
	const char *class;
	const char *reason;
	bool final;
};
void onboarder_refused(
	struct onboarder *o, const struct onboarder_refusal *refusal);

/* The network gave an address, and @domain ("" for none). Told once more it is
 * an event only where the domain is another one. */
void onboarder_address(struct onboarder *o, const char *domain);

/* The address is void: another VLAN. */
void onboarder_no_address(struct onboarder *o);

/* How the work ended that ops->start() began. */
enum onboard_end {
	ONBOARD_END_DONE,
	ONBOARD_END_PENDING, /* of ENROL alone */
	ONBOARD_END_FAILED,
};

struct onboard_result {
	enum onboard_end end;
	unsigned retry_after; /* seconds, with PENDING */
	uint32_t dropped;     /* bits, with DROP: those that are gone */
	char class[ONBOARD_CLASS_MAX];
	char cause[ONBOARD_CAUSE_MAX];
};
void onboarder_worked(struct onboarder *o, const struct onboard_result *result);

/* The timer that ops->set_timer() armed. */
void onboarder_timeout(struct onboarder *o);

/* What a step waits for shall be tried now. */
void onboarder_retry(struct onboarder *o);

#endif
