/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ENROLL_STEPS_H
#define DEVID_ENROLL_STEPS_H

/*
 * What a run of devid-enroll does, as one table of steps for each operation. A
 * run may be killed between any two of them: the next one goes on, with the key
 * that was made and the request that was kept.
 */

#include "enroll-result.h"
#include "enroll-settings.h"
#include "view.h"

#include <stddef.h>

#define ENROLL_NAMES_MAX 8 /* of RADIUS servers; SITE_NAMES_MAX */

struct enroll_call {
	enum enroll_op op;
	const char *staging;  /* all borrowed */
	const char *key;      /* "ldevid-0": what is enrolled or dropped */
	const char *identity; /* "idevid": what is shown to the registrar */
	const char *domain;   /* that DHCP gave, not trusted; or NULL */
	const char *server_names[ENROLL_NAMES_MAX]; /* of RADIUS servers */
	size_t n_server_names;
	struct view anchors; /* PEM; empty: there is none */
	const struct enroll_settings *settings;
};

/* Runs @call->op; how it ended is in *@ret, all of it. */
void enroll_steps_run(
	const struct enroll_call *call, struct enroll_result *ret);

#endif
