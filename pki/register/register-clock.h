/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_CLOCK_H
#define DEVID_REGISTER_CLOCK_H

/* What a register knows of the time: enough to doubt the clock of a machine.
 * It does not judge: that is ca-clock.h. */

#include "register.h"

struct register_clock {
	int64_t newest;   /* noted or set; 0: never */
	int64_t database; /* of the database's machine; 0: it has no other */
	int64_t turns;    /* how often the newest became an earlier one */
};

DEVID_MUST_CHECK enum devid_err register_clock_get(
	struct reg *reg, struct register_clock *ret, struct devid_error *err);

/* Notes @now where it is later than the newest; else nothing changes, whoever
 * else notes meanwhile. */
DEVID_MUST_CHECK enum devid_err register_clock_note(
	struct reg *reg, int64_t now, struct devid_error *err);

/* The newest is @now, whatever it was; where that is earlier, one turn more. */
DEVID_MUST_CHECK enum devid_err register_clock_set(
	struct reg *reg, int64_t now, struct devid_error *err);

/* The turns alone. */
DEVID_MUST_CHECK enum devid_err register_clock_turns(
	struct reg *reg, int64_t *ret, struct devid_error *err);

#endif
