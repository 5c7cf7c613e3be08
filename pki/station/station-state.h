/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STATION_STATE_H
#define DEVID_STATION_STATE_H

/*
 * What was reached for a device, in files of the folder DIR/SERIAL: each is
 * there whole or not at all, so that a later call goes on where the last one
 * was stopped. Characters of the serial number that a file name should not
 * have are written as %XX. A further identity of the device has a folder of its
 * own, DIR/SERIAL.IDENTITY.
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>

enum station_step {
	STATION_REQUEST,
	STATION_CHALLENGE,
	STATION_ANSWER,
	STATION_CERTIFICATES,
	STATION_N_STEPS,
};

struct station_state {
	char *folder; /* owned */
};

/* Makes the folder if need be. @identity is the name of a key, or NULL: the
 * first. Errors: INVALID (serial number), IO. */
DEVID_MUST_CHECK enum devid_err station_state_open(const char *dir,
	const char *serial, const char *identity, struct station_state *ret,
	struct devid_error *err);
void station_state_done(struct station_state *state);

/* What @step left; the caller's. Errors: NOT_FOUND, those of
 * files_read(). */
DEVID_MUST_CHECK enum devid_err station_state_load(
	const struct station_state *state, enum station_step step,
	struct blob *ret, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err station_state_store(
	const struct station_state *state, enum station_step step,
	struct view data, struct devid_error *err);

/* Forgets @from and all steps behind it, the last one first. */
DEVID_MUST_CHECK enum devid_err station_state_forget(
	const struct station_state *state, enum station_step from,
	struct devid_error *err);

#endif
