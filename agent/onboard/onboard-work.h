/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_WORK_H
#define DEVID_ONBOARD_WORK_H

/*
 * The programs of onboarding: devid-enroll, as its own user, and the
 * executables of onboard.d, in the order of their names, each of which has to
 * succeed. What devid-enroll says is read from its staging folder, to which it
 * alone writes: bounded and checked like anything else from outside.
 */

#include <devid/error.h>
#include "names.h"
#include "onboarder.h"

#include <net/if.h>
#include <systemd/sd-event.h>

/* Seconds: more than all time limits of devid-enroll together, and than a
 * TPM takes for an RSA key. */
#define ONBOARD_ENROLL_SECONDS 420
#define ONBOARD_HOOK_SECONDS   60

struct onboard_work_settings {
	const char *program; /* devid-enroll; borrowed, as all here */
	const char *user;    /* name or uid[:gid] */
	const char *config;
	const char *staging;
	const char *dir; /* of the documents */
	const char *hooks;
	const char *socket;   /* of devid-keyd */
	const char *provider; /* folder of devid.so, or NULL */
	const char *firmware; /* or NULL */
	const char *anchor;   /* file, or NULL */
	const char *server;   /* the RADIUS server's name, or "" */
	const char *domain;   /* or "" */
	const char *port;     /* name of the interface */
};

struct onboard_worker;

struct onboard_worker_options {
	/* The settings of now, each time that work begins. */
	void (*settings)(void *user, struct onboard_work_settings *ret);
	void (*worked)(void *user, const struct onboard_result *result);
	void *user; /* borrowed */
};

/* *@ret is the caller's: onboard_worker_free(). Errors: IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err onboard_worker_new(sd_event *event,
	const struct onboard_worker_options *options,
	struct onboard_worker **ret, struct devid_error *err);
void onboard_worker_free(struct onboard_worker *worker);

/* Begins it; options->worked() tells the end, never before this returns. */
void onboard_worker_start(
	struct onboard_worker *worker, const struct onboard_work *work);

/* Ends what runs without a word. */
void onboard_worker_stop(struct onboard_worker *worker);

#endif
