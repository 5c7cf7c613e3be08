/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_STEPS_H
#define DEVID_ONBOARD_STEPS_H

/*
 * The device on its way from the box to production: what it knows, and the work
 * of each cell of the table in onboard-states.c. It reaches the world through
 * struct onboarder_ops alone, so that tests can stand in for the port,
 * devid-enroll, the clock and the timer; its state on disk is real
 * (onboard-store.h).
 */

#include "onboard-store.h"
#include "role.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define ONBOARD_DOMAIN_MAX 254 /* a DNS name and its NUL, RFC 1035 2.3.4 */
#define ONBOARD_TEXT_MAX   128 /* a setting that is shown */

/* How often a candidate is shown without an answer, over restarts, before the
 * device falls back: a limit of ours. */
#define ONBOARD_TRIES_MAX 3

enum onboard_event {
	ONBOARD_EVENT_NONE, /* a handler's answer: nothing follows */
	ONBOARD_EVENT_CARRIER,
	ONBOARD_EVENT_NO_CARRIER,
	ONBOARD_EVENT_READY,  /* from a handler: a candidate is to be tried */
	ONBOARD_EVENT_IDEVID, /* the port let the device in, with that */
	ONBOARD_EVENT_ACTIVE, /* - with the LDevID in use */
	ONBOARD_EVENT_CANDIDATE, /* - with the candidate */
	ONBOARD_EVENT_REFUSED,   /* the LDevID in turn is not let in */
	ONBOARD_EVENT_LOST,      /* the port has shut */
	ONBOARD_EVENT_ADDRESS,   /* the network gave one */
	ONBOARD_EVENT_HOLD,      /* from a handler: too early */
	ONBOARD_EVENT_DONE,      /* the work of this state */
	ONBOARD_EVENT_FETCHED,   /* the document lies in the staging folder */
	ONBOARD_EVENT_DROPPED,   /* keys of no use are gone, or could not go */
	ONBOARD_EVENT_PENDING,
	ONBOARD_EVENT_FAILED,
	ONBOARD_EVENT_TIMEOUT,
	ONBOARD_EVENT_RETRY, /* the administrator says so */
};
#define ONBOARD_N_EVENTS 18

/* What programs are run for. */
enum onboard_work_kind {
	ONBOARD_WORK_ENROL,    /* devid-enroll enrol */
	ONBOARD_WORK_DOCUMENT, /* devid-enroll document */
	ONBOARD_WORK_HOOKS,    /* the executables of onboard.d */
	ONBOARD_WORK_DROP,     /* devid-enroll drop */
};

struct onboard_work {
	enum onboard_work_kind kind;
	enum key_id key; /* that it is about; not with DROP */
	uint32_t drop;   /* with DROP: ldevid-N of bit N */
};

struct onboarder_ops {
	/* Arms the one timer, @ms from now; 0 stops it. */
	void (*set_timer)(void *user, uint64_t ms);
	/* Milliseconds of CLOCK_BOOTTIME: a wall clock that jumps does nothing
	 * here. */
	uint64_t (*now)(void *user);
	uint32_t (*random)(void *user);
	/* Other identities are to be shown from now on: those that
	 * onboarder_shown() tells. Every port attaches anew. */
	void (*show)(void *user);
	/* Begins the work, which ends with onboarder_worked(), never before
	 * this returns. */
	void (*start)(void *user, const struct onboard_work *work);
	/* Ends it now; onboarder_worked() is not called for it. */
	void (*stop)(void *user);
	/*
	 * The document in the staging folder: checks it, compares the firmware
	 * and stores it as ONBOARD_CANDIDATE_NAME, on disk. False: class and
	 * cause say why not.
	 */
	bool (*take_document)(void *user, char class[ONBOARD_CLASS_MAX],
		char cause[ONBOARD_CAUSE_MAX]);
	/* Something that is shown has changed. */
	void (*changed)(void *user);
};

struct onboarder {
	const struct onboarder_ops *ops;  /* borrowed */
	void *user;                       /* borrowed: for ops */
	char dir[PATH_MAX];               /* of onboard.json */
	char keys_dir[PATH_MAX];          /* devid-keyd's state folder */
	char registrar[ONBOARD_TEXT_MAX]; /* by name, as set; "": by DHCP */
	char boot[ONBOARD_BOOT_MAX];
	struct onboard_facts facts;
	enum onboard_state state;
	bool working;
	enum onboard_work_kind work; /* that runs, when working */
	bool has_address;
	char domain[ONBOARD_DOMAIN_MAX]; /* that came with it, or "" */
	unsigned failures;    /* since the way was good for a while */
	uint64_t not_before;  /* back-off: no enrolment before */
	uint64_t wait_until;  /* the registrar said so */
	uint64_t good_since;  /* when production was entered */
	uint64_t due;         /* what the timer is armed for, or 0 */
	time_t next;          /* the same by the wall clock, for people */
	unsigned retry_after; /* of the last answer, seconds */
	bool tidied;          /* keys of no use had their turn */
	/* Why the LDevID in turn was not let in, or a step failed. */
	char class[ONBOARD_CLASS_MAX];
	char cause[ONBOARD_CAUSE_MAX];
};

/* Sets up @o with what is on disk; the rest of it is the caller's. */
void onboard_steps_begin(struct onboarder *o);

/* Stores the facts; logs what fails. False: they are in memory alone. */
bool onboard_keep(struct onboarder *o);

/* Notes a cause, and logs it once. */
void onboard_blame(struct onboarder *o, const char *class, const char *cause);

/* Handlers of the table in onboard-states.c; each one's duty is told in
 * onboard-steps.c. */
enum onboard_event onboard_on_nothing(struct onboarder *o);
enum onboard_event onboard_on_carrier(struct onboarder *o);
enum onboard_event onboard_on_unplug(struct onboarder *o);
enum onboard_event onboard_on_provision(struct onboarder *o);
enum onboard_event onboard_on_enrol(struct onboarder *o);
enum onboard_event onboard_on_dropped(struct onboarder *o);
enum onboard_event onboard_on_pending(struct onboarder *o);
enum onboard_event onboard_on_failed(struct onboarder *o);
enum onboard_event onboard_on_configure(struct onboarder *o);
enum onboard_event onboard_on_document(struct onboarder *o);
enum onboard_event onboard_on_try(struct onboarder *o);
enum onboard_event onboard_on_promote(struct onboarder *o);
enum onboard_event onboard_on_candidate_failed(struct onboarder *o);
enum onboard_event onboard_on_refused(struct onboarder *o);
enum onboard_event onboard_on_production(struct onboarder *o);
enum onboard_event onboard_on_retry(struct onboarder *o);

#endif
