/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-clock.h"

#include <inttypes.h>
#include <time.h>

#include "ca-judge.h"
#include "fail.h"
#include "register-clock.h"

#define DAY        86400
#define NOTE_EVERY 3600 /* seconds */

/* The database's machine may be the wrong one: who is, a person must find. */
static enum devid_err compare_database(
	const struct register_clock *c, int64_t now, struct devid_error *err)
{
	int64_t ahead = now - c->database;

	if (c->database == 0 ||
		(ahead <= CA_CLOCK_DATABASE && ahead >= -CA_CLOCK_DATABASE))
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_STATE,
		"clock: %" PRId64 " seconds %s that of the database's machine: "
		"one of them is wrong",
		ahead > 0 ? ahead : -ahead, ahead > 0 ? "ahead of" : "behind");
}

static enum devid_err judge(const struct register_clock *c, int64_t now,
	bool accept, struct devid_error *err)
{
	enum devid_err rc = compare_database(c, now, err);
	int64_t ahead = now - c->newest;

	if (rc != DEVID_OK || accept || c->newest == 0 ||
		(ahead <= CA_CLOCK_AHEAD && ahead >= -CA_CLOCK_AHEAD))
		return rc;
	return devid_fail(err, DEVID_ERR_STATE,
		"clock: %" PRId64 " days %s the newest time in the register; "
		"set it right, or where it is right, start once with "
		"--accept-clock",
		(ahead > 0 ? ahead : -ahead) / DAY,
		ahead > 0 ? "ahead of" : "behind");
}

static enum devid_err note(struct ca *ca, int64_t now, bool accept,
	int64_t *ret_turns, struct devid_error *err)
{
	enum devid_err rc = register_begin(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = accept ? register_clock_set(ca->reg, now, err)
		    : register_clock_note(ca->reg, now, err);
	if (rc == DEVID_OK)
		rc = register_clock_turns(ca->reg, ret_turns, err);
	if (rc == DEVID_OK)
		return register_commit(ca->reg, err);
	register_rollback(ca->reg);
	return rc;
}

enum devid_err ca_clock_check(
	struct ca *ca, bool accept, enum ca_clock *ret, struct devid_error *err)
{
	struct register_clock c = { 0 };
	enum devid_err rc = register_begin_read(ca->reg, err);
	int64_t now;

	if (rc != DEVID_OK)
		return rc;
	rc = register_clock_get(ca->reg, &c, err);
	register_rollback(ca->reg); /* nothing was changed */
	if (rc != DEVID_OK)
		return rc;
	now = (int64_t)time(NULL);
	rc = judge(&c, now, accept, err);
	ca->clock_wrong = rc != DEVID_OK;
	if (rc != DEVID_OK)
		return rc;
	*ret = ca_clock_is_early(c.newest, now) ? CA_CLOCK_BACK
						: CA_CLOCK_RIGHT;
	if (accept || now - c.newest >= NOTE_EVERY)
		rc = note(ca, now, accept, &c.turns, err);
	if (rc == DEVID_OK)
		ca_set_turns(ca, c.turns);
	return rc;
}

enum devid_err ca_clock_refuse(const struct ca *ca, struct devid_error *err)
{
	if (!ca->clock_wrong)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_STATE,
		"ca: the clock of its machine cannot be right");
}
