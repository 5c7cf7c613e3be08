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

/* And from that of the database's machine, so that no two machines of a CA
 * differ by more than the above. */
#define CA_CLOCK_DATABASE (CA_CLOCK_SLACK / 2)

/* Seconds that may pass between two notes: a holiday. A start after a longer
 * time needs a word from a person, and so does a clock that is behind the
 * newest note by more. */
#define CA_CLOCK_AHEAD (14 * 86400)

/* What was made at @made says that it is not valid yet at @now. */
static inline bool ca_clock_is_early(int64_t made, int64_t now)
{
	return made - now > CA_CLOCK_SLACK;
}

enum ca_clock {
	CA_CLOCK_RIGHT,
	/* The register knows a later time: this clock is behind, or one was
	 * ahead. It stays so until time has caught up or a person has said
	 * which, and then the register has this clock's. */
	CA_CLOCK_BACK,
};

/* No failure, and nothing to be silent about. */
#define CA_CLOCK_BACK_TEXT                                                     \
	"clock: the register knows a later time: this clock is behind, or "    \
	"one was ahead; where it is right, say --accept-clock once"

/*
 * Compares the clock with the register, which notes the time where it is the
 * newest. @accept: a person says that the clock is right, whatever the register
 * knows, and only then its newest time may become an earlier one; no challenge
 * that was made before that counts any more.
 * Errors: STATE (the clock cannot be right: nothing may be signed), and those
 * of the register. @ca->clock_wrong is the first of these.
 */
DEVID_MUST_CHECK enum devid_err ca_clock_check(struct ca *ca, bool accept,
	enum ca_clock *ret, struct devid_error *err);

/* @ca->clock_wrong as an error, for who is about to sign. */
DEVID_MUST_CHECK enum devid_err ca_clock_refuse(
	const struct ca *ca, struct devid_error *err);

#endif
