/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_CLOCK_H
#define DEVID_CA_CLOCK_H

/*
 * Whether the clock of this machine can be right. What a CA signs says when,
 * and a clock that is wrong by a lot makes lists and answers that nobody can
 * use. The register notes the time about once an hour, and PostgreSQL has a
 * clock of its own, which all machines of a CA share. What is to have an order
 * has it from the register, never from here.
 */

#include "ca.h"

/* Seconds by which clocks may differ: those that check allow as much. */
#define CA_CLOCK_SLACK 300

/* Seconds that may pass between two notes: a holiday. A start after a longer
 * time needs a word from a person. */
#define CA_CLOCK_AHEAD (14 * 86400)

/* What was made at @made says that it is not valid yet at @now. */
static inline bool ca_clock_is_early(int64_t made, int64_t now)
{
	return made - now > CA_CLOCK_SLACK;
}

enum ca_clock {
	CA_CLOCK_RIGHT,
	/* The register knew a later time, and now has the clock's: it is
	 * behind, or one was ahead. */
	CA_CLOCK_BACK,
};

/*
 * Compares the clock with the register, which notes the time where it holds.
 * @accept: a person says that the clock is right, however much later it is.
 * Errors: STATE (the clock cannot be right: nothing may be signed), and those
 * of the register. @ca->clock_wrong is the first of these.
 */
DEVID_MUST_CHECK enum devid_err ca_clock_check(struct ca *ca, bool accept,
	enum ca_clock *ret, struct devid_error *err);

/* @ca->clock_wrong as an error, for who is about to sign. */
DEVID_MUST_CHECK enum devid_err ca_clock_refuse(
	const struct ca *ca, struct devid_error *err);

#endif
