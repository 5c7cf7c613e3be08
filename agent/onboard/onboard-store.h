/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_STORE_H
#define DEVID_ONBOARD_STORE_H

/*
 * What onboarding must know after a restart: <dir>/onboard.json, one JSON
 * object, replaced as a whole and on disk before the next step begins:
 *
 *   state      for people; not read
 *   active     key of the LDevID in use, or null
 *   candidate  key of the one that is being made or tried, or null
 *   stage      of the candidate: "asked", "issued", "ready", or null
 *   tries      how often the candidate was shown without an answer
 *   moving     the candidate's site document is in force now, whatever its name
 *   drop       keys that are of no use any more and are to be deleted
 *   class, cause, cause_unix   what went wrong last, kept until a new LDevID
 *              is in use
 *   wait, wait_until, boot     an answer that was put off: for how many
 *              seconds, until when by the clock of that boot, in milliseconds
 *   times      when each state was entered last, by the wall clock; for people
 *
 * Beside it lie the site's onboarding documents: site.json, in force, and
 * site-candidate.json, in force with the candidate. A new LDevID and its
 * document come into force together: the write of onboard.json with "moving" is
 * the moment, and onboard_store_settle() does what was left to do after it.
 *
 * Times of the wall clock are shown and never computed with.
 */

#include <devid/error.h>
#include "role.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define ONBOARD_CLASS_MAX 32    /* bytes with the NUL, as all here */
#define ONBOARD_CAUSE_MAX 320   /* a reason of an attach or of devid-enroll */
#define ONBOARD_BOOT_MAX  40    /* a boot id, RFC 9562 4 */
#define ONBOARD_WAIT_MAX  86400 /* seconds; ENROLL_RETRY_MAX_SECONDS */

#define ONBOARD_SITE_NAME      "site.json"
#define ONBOARD_CANDIDATE_NAME "site-candidate.json"

enum onboard_state {
	ONBOARD_NO_CARRIER,
	ONBOARD_AUTHENTICATING,
	ONBOARD_PROVISIONING, /* let in with the IDevID; an address is wanted */
	ONBOARD_ENROLLING,
	ONBOARD_PENDING,     /* the registrar asks to come again */
	ONBOARD_CONFIGURING, /* the site's document, then onboard.d */
	ONBOARD_TRYING,      /* the port is attached anew with the candidate */
	ONBOARD_PRODUCTION,
	ONBOARD_FALLING_BACK, /* an LDevID failed; what is left is shown */
	ONBOARD_HELD,         /* a step failed; waits for the next try */
};
#define ONBOARD_N_STATES 10

/* "no-carrier", "falling-back" etc. */
const char *onboard_state_name(enum onboard_state state);

/* How far the candidate is. */
enum onboard_stage {
	ONBOARD_STAGE_NONE,  /* there is none */
	ONBOARD_STAGE_ASKED, /* its key may be there, its certificate not yet */
	ONBOARD_STAGE_ISSUED, /* key and certificate are there */
	ONBOARD_STAGE_READY,  /* the device is configured: it is to be tried */
};
#define ONBOARD_N_STAGES 4

/* A plain value. All zeros is no such: onboard_facts_init(). */
struct onboard_facts {
	enum onboard_state state; /* of the last write, for people */
	enum key_id active;       /* KEY_NONE: none, as the next */
	enum key_id candidate;
	enum onboard_stage stage;
	unsigned tries;
	bool moving;
	uint32_t drop; /* bit N: ldevid-N */
	char class[ONBOARD_CLASS_MAX];
	char cause[ONBOARD_CAUSE_MAX];
	time_t cause_time;
	unsigned wait;       /* seconds; 0: no answer was put off */
	uint64_t wait_until; /* milliseconds of CLOCK_BOOTTIME */
	char boot[ONBOARD_BOOT_MAX];
	time_t times[ONBOARD_N_STATES];
};

/* A device from the box. */
void onboard_facts_init(struct onboard_facts *facts);

/* Reads <@dir>/onboard.json; that there is none is no error. On an error
 * *@ret is that of a device from the box: its IDevID opens the door. Errors: of
 * files_read(), SYNTAX. */
DEVID_MUST_CHECK enum devid_err onboard_store_load(
	const char *dir, struct onboard_facts *ret, struct devid_error *err);

/* Replaces it, on disk before it returns. Errors: NOMEM, IO. */
DEVID_MUST_CHECK enum devid_err onboard_store_write(const char *dir,
	const struct onboard_facts *facts, struct devid_error *err);

/*
 * Ends what a kill or a power cut interrupted: a document that is in force gets
 * its name, one of a candidate that is gone goes. @facts->moving is cleared,
 * and written. Errors: as onboard_store_write().
 */
DEVID_MUST_CHECK enum devid_err onboard_store_settle(
	const char *dir, struct onboard_facts *facts, struct devid_error *err);

#endif
