/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-steps.h"

#include <stdio.h>
#include <string.h>

#include "files.h"
#include "log.h"

#define BACKOFF_FIRST_MS 10000
#define BACKOFF_MAX_MS   3600000
/* An LDevID that was let in for so long was good: what comes after is not the
 * next failure of a row. */
#define GOOD_MS 600000
/* Refused so often, at most once an hour by then, a certificate that was issued
 * is given up for another one. */
#define REFUSALS_MAX 24

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from); /* cut at worst */
}

bool onboard_keep(struct onboarder *o)
{
	struct devid_error err = { DEVID_OK, "" };

	o->facts.state = o->state;
	if (onboard_store_write(o->dir, &o->facts, &err) == DEVID_OK)
		return true;
	log_error("onboarding: not kept over a restart: %s",
		devid_error_text(&err));
	return false;
}

static void settle(struct onboarder *o)
{
	struct devid_error err = { DEVID_OK, "" };

	if (onboard_store_settle(o->dir, &o->facts, &err) != DEVID_OK)
		log_error("onboarding: %s", devid_error_text(&err));
}

/* An answer that was put off counts on: by the same clock, or, since that began
 * anew with the machine, from the beginning. Never longer than it was. */
static void resume_wait(struct onboarder *o)
{
	uint64_t whole = o->facts.wait * 1000ull;
	uint64_t now = o->ops->now(o->user);
	uint64_t left = whole;

	if (!whole)
		return;
	if (strcmp(o->boot, o->facts.boot) == 0)
		left = o->facts.wait_until > now ? o->facts.wait_until - now
						 : 0;
	o->wait_until = now + (left < whole ? left : whole);
}

void onboard_steps_begin(struct onboarder *o)
{
	struct devid_error err = { DEVID_OK, "" };

	if (onboard_store_load(o->dir, &o->facts, &err) != DEVID_OK)
		log_error("onboarding: begins anew, with the IDevID: %s",
			devid_error_text(&err));
	else
		settle(o);
	copy_text(o->class, sizeof(o->class), o->facts.class);
	copy_text(o->cause, sizeof(o->cause), o->facts.cause);
	resume_wait(o);
}

void onboard_blame(struct onboarder *o, const char *class, const char *cause)
{
	bool same = strcmp(o->facts.class, class) == 0 &&
		    strcmp(o->facts.cause, cause) == 0;

	copy_text(o->facts.class, sizeof(o->facts.class), class);
	copy_text(o->facts.cause, sizeof(o->facts.cause), cause);
	o->facts.cause_time = time(NULL);
	if (same)
		log_debug("onboarding: %s: %s, again", class, cause);
	else
		log_warn("onboarding: %s: %s", class, cause);
}

/* Counts a failure: the next enrolment waits, the longer the more there were,
 * each a quarter more or less. */
static void back_off(struct onboarder *o)
{
	uint64_t base = BACKOFF_MAX_MS;

	if (o->failures < 9)
		base = (uint64_t)BACKOFF_FIRST_MS << o->failures;
	if (base > BACKOFF_MAX_MS)
		base = BACKOFF_MAX_MS;
	if (o->failures < UINT32_MAX)
		o->failures++;
	o->not_before = o->ops->now(o->user) + base - base / 4 +
			o->ops->random(o->user) % (base / 2 + 1);
}

static void stop_work(struct onboarder *o)
{
	if (o->working)
		o->ops->stop(o->user);
	o->working = false;
}

static void start_work(struct onboarder *o, enum onboard_work_kind kind)
{
	const struct onboard_work work = { kind, o->facts.candidate,
		kind == ONBOARD_WORK_DROP ? o->facts.drop : 0 };

	stop_work(o);
	o->working = true;
	o->work = kind;
	o->ops->start(o->user, &work);
}

static void forget_wait(struct onboarder *o)
{
	o->facts.wait = 0;
	o->facts.wait_until = 0;
	o->wait_until = 0;
}

/* The candidate is no more; its key is to be deleted. */
static void drop_candidate(struct onboarder *o)
{
	if (o->facts.candidate == KEY_NONE)
		return;
	o->facts.drop |= 1u << key_id_number(o->facts.candidate);
	o->facts.candidate = KEY_NONE;
	o->facts.stage = ONBOARD_STAGE_NONE;
	o->facts.tries = 0;
	forget_wait(o);
}

/* Whether devid-keyd has a file of @id with @ending. */
static bool has_file(
	const struct onboarder *o, enum key_id id, const char *ending)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s%s", o->keys_dir,
		key_id_name(id), ending);
	return files_exists(path);
}

/* The first number whose key is nobody's: neither ours nor one that an
 * administrator made. */
static enum key_id free_key(const struct onboarder *o)
{
	enum key_id id;

	for (unsigned n = 0; key_id_of(KEY_ROLE_LDEVID, n, &id); n++) {
		if (id != o->facts.active && !(o->facts.drop & (1u << n)) &&
			!has_file(o, id, ".key") && !has_file(o, id, ".pem"))
			return id;
	}
	return KEY_NONE;
}

/* That the cell belongs to the table is all. */
enum onboard_event onboard_on_nothing(struct onboarder *o)
{
	(void)o;
	return ONBOARD_EVENT_NONE;
}

enum onboard_event onboard_on_carrier(struct onboarder *o)
{
	return o->facts.stage == ONBOARD_STAGE_READY ? ONBOARD_EVENT_READY
						     : ONBOARD_EVENT_NONE;
}

/* What was under way needs the network that is gone. */
enum onboard_event onboard_on_unplug(struct onboarder *o)
{
	stop_work(o);
	o->has_address = false;
	o->domain[0] = '\0';
	return ONBOARD_EVENT_NONE;
}

enum onboard_event onboard_on_provision(struct onboarder *o)
{
	stop_work(o);
	return o->has_address ? ONBOARD_EVENT_ADDRESS : ONBOARD_EVENT_NONE;
}

static enum onboard_event fail(
	struct onboarder *o, const char *class, const char *cause)
{
	copy_text(o->class, sizeof(o->class), class);
	copy_text(o->cause, sizeof(o->cause), cause);
	return ONBOARD_EVENT_FAILED;
}

/* The key's name is on disk before the key is made: none is ever left over. */
static enum onboard_event choose_candidate(struct onboarder *o)
{
	enum key_id id;

	if (o->facts.candidate != KEY_NONE)
		return ONBOARD_EVENT_NONE;
	id = free_key(o);
	if (id == KEY_NONE)
		return fail(o, "NO_FREE_KEY",
			"all names of LDevID keys are taken by others");
	o->facts.candidate = id;
	o->facts.stage = ONBOARD_STAGE_ASKED;
	o->facts.tries = 0;
	if (onboard_keep(o))
		return ONBOARD_EVENT_NONE;
	o->facts.candidate = KEY_NONE;
	o->facts.stage = ONBOARD_STAGE_NONE;
	return fail(o, "LOCAL", "the state of onboarding cannot be stored");
}

/* A certified candidate whose key an owner has erased meanwhile is none. */
static void look_after_candidate(struct onboarder *o)
{
	if (o->facts.stage == ONBOARD_STAGE_ISSUED &&
		(!has_file(o, o->facts.candidate, ".key") ||
			!has_file(o, o->facts.candidate, ".pem")))
		drop_candidate(o);
}

/*
 * Enrolment, unless it is too early for that, or done already: a device that
 * was switched off in between goes on where it was.
 */
enum onboard_event onboard_on_enrol(struct onboarder *o)
{
	uint64_t now = o->ops->now(o->user);
	enum onboard_event follow;

	if (o->facts.stage == ONBOARD_STAGE_ASKED && now < o->wait_until)
		return ONBOARD_EVENT_PENDING;
	if (now < o->not_before)
		return ONBOARD_EVENT_HOLD;
	look_after_candidate(o);
	if (o->facts.stage == ONBOARD_STAGE_ISSUED)
		return ONBOARD_EVENT_DONE;
	if (!o->registrar[0] && !o->domain[0])
		return fail(o, "NO_REGISTRAR",
			"no registrar is set, and the network gave no domain");
	if (o->facts.drop && !o->tidied) {
		start_work(o, ONBOARD_WORK_DROP);
		return ONBOARD_EVENT_NONE;
	}
	follow = choose_candidate(o);
	if (follow == ONBOARD_EVENT_NONE)
		start_work(o, ONBOARD_WORK_ENROL);
	return follow;
}

/* What could not be deleted has its turn again another time. */
enum onboard_event onboard_on_dropped(struct onboarder *o)
{
	enum onboard_event follow;

	o->tidied = true;
	follow = onboard_on_enrol(o);
	o->tidied = false;
	return follow;
}

/* The registrar's Retry-After (RFC 7030 4.2.3) counts over restarts. */
enum onboard_event onboard_on_pending(struct onboarder *o)
{
	uint64_t now = o->ops->now(o->user);

	if (now < o->wait_until) /* it has been said before */
		return ONBOARD_EVENT_NONE;
	o->facts.wait = o->retry_after ? o->retry_after : 1;
	if (o->facts.wait > ONBOARD_WAIT_MAX)
		o->facts.wait = ONBOARD_WAIT_MAX;
	o->wait_until = now + o->facts.wait * 1000ull;
	o->facts.wait_until = o->wait_until;
	copy_text(o->facts.boot, sizeof(o->facts.boot), o->boot);
	(void)onboard_keep(o); /* without it the wait begins anew */
	return ONBOARD_EVENT_NONE;
}

/* The step's cause is kept, and the next try waits. */
enum onboard_event onboard_on_failed(struct onboarder *o)
{
	bool same = strcmp(o->class, o->facts.class) == 0 &&
		    strcmp(o->cause, o->facts.cause) == 0;

	stop_work(o);
	forget_wait(o);
	back_off(o);
	onboard_blame(o, o->class, o->cause);
	/* It may be our certificate that is refused. */
	if (o->facts.stage == ONBOARD_STAGE_ISSUED &&
		o->failures % REFUSALS_MAX == 0 &&
		strcmp(o->class, "EST_REFUSED") == 0) {
		drop_candidate(o);
		same = false;
	}
	if (!same)
		(void)onboard_keep(o); /* a cause that is lost comes again */
	return ONBOARD_EVENT_NONE;
}

/* The certificate is there; the site's document comes next. */
enum onboard_event onboard_on_configure(struct onboarder *o)
{
	forget_wait(o);
	if (o->facts.stage != ONBOARD_STAGE_ISSUED) {
		o->facts.stage = ONBOARD_STAGE_ISSUED;
		(void)onboard_keep(o); /* else it is asked for once more */
	}
	start_work(o, ONBOARD_WORK_DOCUMENT);
	return ONBOARD_EVENT_NONE;
}

/* It is checked before anything of it is used. */
enum onboard_event onboard_on_document(struct onboarder *o)
{
	if (!o->ops->take_document(o->user, o->class, o->cause))
		return ONBOARD_EVENT_FAILED;
	start_work(o, ONBOARD_WORK_HOOKS);
	return ONBOARD_EVENT_NONE;
}

/*
 * From here on the candidate alone is shown. How often is counted on disk, so
 * that one with which the device never gets up again is given up.
 */
enum onboard_event onboard_on_try(struct onboarder *o)
{
	bool shown = o->facts.stage == ONBOARD_STAGE_READY;

	stop_work(o);
	copy_text(o->class, sizeof(o->class), "TIMEOUT");
	copy_text(o->cause, sizeof(o->cause), "no answer of the network");
	if (o->facts.tries >= ONBOARD_TRIES_MAX)
		return ONBOARD_EVENT_REFUSED;
	o->facts.stage = ONBOARD_STAGE_READY;
	o->facts.tries++;
	if (!onboard_keep(o))
		return ONBOARD_EVENT_REFUSED;
	if (!shown)
		o->ops->show(o->user);
	return ONBOARD_EVENT_NONE;
}

static void production(struct onboarder *o)
{
	stop_work(o);
	o->good_since = o->ops->now(o->user);
	if (o->facts.drop)
		start_work(o, ONBOARD_WORK_DROP);
}

/*
 * EAP-TLS succeeded with the candidate: it is the LDevID from now on, and its
 * site's document is in force. One write on disk makes it so.
 */
enum onboard_event onboard_on_promote(struct onboarder *o)
{
	if (o->facts.active != KEY_NONE)
		o->facts.drop |= 1u << key_id_number(o->facts.active);
	o->facts.active = o->facts.candidate;
	o->facts.drop &= ~(1u << key_id_number(o->facts.active));
	o->facts.candidate = KEY_NONE;
	o->facts.stage = ONBOARD_STAGE_NONE;
	o->facts.tries = 0;
	o->facts.moving = true;
	o->facts.class[0] = '\0';
	o->facts.cause[0] = '\0';
	/* When the disk takes nothing the candidate is tried again at the next
	 * start, and the document keeps its name. */
	if (onboard_keep(o))
		settle(o);
	log_info("onboarding: %s is the LDevID from now on",
		key_id_name(o->facts.active));
	production(o);
	return ONBOARD_EVENT_NONE;
}

/* The old one stays, and its site's document; the cause is kept. */
enum onboard_event onboard_on_candidate_failed(struct onboarder *o)
{
	char cause[ONBOARD_CAUSE_MAX];

	if (snprintf(cause, sizeof(cause), "%s: %s: %s",
		    o->facts.candidate == KEY_NONE
			    ? "LDevID"
			    : key_id_name(o->facts.candidate),
		    o->class, o->cause) >= (int)sizeof(cause))
		cause[sizeof(cause) - 1] = '\0';
	stop_work(o);
	drop_candidate(o);
	back_off(o);
	onboard_blame(o, "CANDIDATE_FAILED", cause);
	if (onboard_keep(o))
		settle(o);
	o->ops->show(o->user);
	return ONBOARD_EVENT_NONE;
}

/*
 * The LDevID in use is not let in any more, or cannot be used. The port itself
 * goes on to the IDevID; with that a new one is enrolled, soon when the old
 * one was good for a while.
 */
enum onboard_event onboard_on_refused(struct onboarder *o)
{
	char cause[ONBOARD_CAUSE_MAX];

	if (snprintf(cause, sizeof(cause), "%s: %s: %s",
		    o->facts.active == KEY_NONE ? "LDevID"
						: key_id_name(o->facts.active),
		    o->class, o->cause) >= (int)sizeof(cause))
		cause[sizeof(cause) - 1] = '\0';
	stop_work(o);
	if (o->good_since && o->ops->now(o->user) - o->good_since >= GOOD_MS)
		o->failures = 0;
	o->good_since = 0;
	if (o->failures)
		back_off(o);
	else
		o->failures = 1;
	onboard_blame(o, "LDEVID_REFUSED", cause);
	(void)onboard_keep(o); /* a cause that is lost comes again */
	return ONBOARD_EVENT_NONE;
}

/* The LDevID in use opened the port. What is of no use any more goes: one that
 * was to follow it as well. */
enum onboard_event onboard_on_production(struct onboarder *o)
{
	stop_work(o);
	if (o->facts.candidate != KEY_NONE) {
		drop_candidate(o);
		if (onboard_keep(o))
			settle(o);
	}
	production(o);
	return ONBOARD_EVENT_NONE;
}

/* An administrator, or another network: what was waited for is void. */
enum onboard_event onboard_on_retry(struct onboarder *o)
{
	o->failures = 0;
	o->not_before = 0;
	return onboard_on_enrol(o);
}
