/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STATION_FLOW_H
#define DEVID_STATION_FLOW_H

/* From a device without certificates to one with them, resumable. */

#include "station-http.h"

#include <stdbool.h>

struct station_unit {
	const char *serial, *model, *alg; /* model NULL: none */
	const char *identity;             /* name of its key; NULL: the first */
	const char *dir;                  /* of the states */
	char *const *prefix;              /* reaches the devid command */
	size_t n_prefix;
	struct view ek; /* a file for --ek-certificate; empty: none */
	bool again;     /* forget what was reached before */
	bool force;     /* install what the profile advises against */
};

/*
 * Asks the board whose it is that is kept under its serial number. What was
 * kept for another board, to which nothing was issued, is forgotten and said;
 * where something was, that is MISMATCH, with what differs and the way on.
 * Goes on at the first step whose result is not in the state. When the CA says
 * that the answer was used, is late or belongs to no challenge, it asks for a
 * new challenge, once. Errors: those of the parts.
 */
DEVID_MUST_CHECK enum devid_err station_provision(struct station_http *http,
	const struct station_unit *unit, struct devid_error *err);

/* Single exchanges with the CA; *@ret is the caller's. */
DEVID_MUST_CHECK enum devid_err station_challenge(struct station_http *http,
	struct view request, struct blob *ret, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err station_issue(struct station_http *http,
	struct view answer, struct blob *ret, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err station_revoke(struct station_http *http,
	const char *serial, const char *reason, struct devid_error *err);
DEVID_MUST_CHECK enum devid_err station_show(struct station_http *http,
	const char *serial, struct blob *ret, struct devid_error *err);

#endif
