/* SPDX-License-Identifier: Apache-2.0 */
#include "onboarder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "onboard-states.h"

#define SERVER_CHANGED "SERVER_CHANGED"

enum devid_err onboarder_new(const struct onboarder_options *options,
	struct onboarder **ret, struct devid_error *err)
{
	struct onboarder *o = calloc(1, sizeof(*o));

	if (!o)
		return fail_no_memory(err);
	o->ops = options->ops;
	o->user = options->user;
	(void)snprintf(o->dir, sizeof(o->dir), "%s", options->dir);
	(void)snprintf(
		o->keys_dir, sizeof(o->keys_dir), "%s", options->keys_dir);
	(void)snprintf(o->registrar, sizeof(o->registrar), "%s",
		options->registrar ? options->registrar : "");
	(void)snprintf(o->boot, sizeof(o->boot), "%s", options->boot);
	onboard_steps_begin(o);
	*ret = o;
	return DEVID_OK;
}

void onboarder_free(struct onboarder *o)
{
	if (!o)
		return;
	if (o->working)
		o->ops->stop(o->user);
	free(o);
}

size_t onboarder_shown(const struct onboarder *o, enum key_id ret[2])
{
	size_t n = 0;

	if (o->facts.stage == ONBOARD_STAGE_READY) {
		ret[n++] = o->facts.candidate;
		return n;
	}
	if (o->facts.active != KEY_NONE)
		ret[n++] = o->facts.active;
	ret[n++] = KEY_IDEVID;
	return n;
}

bool onboarder_site_is_candidate(const struct onboarder *o)
{
	return o->facts.stage == ONBOARD_STAGE_READY || o->facts.moving;
}

void onboarder_carrier(struct onboarder *o, bool carrier)
{
	onboard_dispatch(
		o, carrier ? ONBOARD_EVENT_CARRIER : ONBOARD_EVENT_NO_CARRIER);
}

/* A server that is the right one again is no cause any more. */
static void forget_server(struct onboarder *o)
{
	if (strcmp(o->facts.class, SERVER_CHANGED) != 0)
		return;
	o->facts.class[0] = '\0';
	o->facts.cause[0] = '\0';
	(void)onboard_keep(o); /* a cause alone */
}

void onboarder_let_in(struct onboarder *o, enum key_id key)
{
	enum onboard_event event = ONBOARD_EVENT_IDEVID;

	forget_server(o);
	if (key == o->facts.candidate)
		event = ONBOARD_EVENT_CANDIDATE;
	else if (key == o->facts.active)
		event = ONBOARD_EVENT_ACTIVE;
	onboard_dispatch(o, event);
}

void onboarder_shut(struct onboarder *o)
{
	onboard_dispatch(o, ONBOARD_EVENT_LOST);
}

void onboarder_refused(
	struct onboarder *o, const struct onboarder_refusal *refusal)
{
	bool changed = strcmp(refusal->class, SERVER_CHANGED) == 0;
	bool candidate =
		refusal->key != KEY_NONE && refusal->key == o->facts.candidate;
	bool active =
		refusal->key != KEY_NONE && refusal->key == o->facts.active;

	if (candidate || active) {
		(void)snprintf(
			o->class, sizeof(o->class), "%s", refusal->class);
		(void)snprintf(
			o->cause, sizeof(o->cause), "%s", refusal->reason);
	}
	/* No LDevID and no IDevID is to blame for another server. */
	if (changed && !candidate) {
		onboard_blame(o, refusal->class, refusal->reason);
		o->ops->changed(o->user);
		return;
	}
	if (refusal->final && (candidate || active))
		onboard_dispatch(o, ONBOARD_EVENT_REFUSED);
}

void onboarder_address(struct onboarder *o, const char *domain)
{
	bool same = o->has_address && strcmp(o->domain, domain) == 0;

	o->has_address = true;
	(void)snprintf(o->domain, sizeof(o->domain), "%s", domain);
	if (!same)
		onboard_dispatch(o, ONBOARD_EVENT_ADDRESS);
}

void onboarder_no_address(struct onboarder *o)
{
	o->has_address = false;
	o->domain[0] = '\0';
}

static void take_dropped(struct onboarder *o, uint32_t dropped)
{
	uint32_t left = o->facts.drop & ~dropped;

	if (left == o->facts.drop)
		return;
	o->facts.drop = left;
	(void)onboard_keep(o); /* what is gone may be deleted once more */
}

static enum onboard_event event_of(
	enum onboard_work_kind kind, enum onboard_end end)
{
	if (kind == ONBOARD_WORK_DROP)
		return ONBOARD_EVENT_DROPPED;
	if (end == ONBOARD_END_FAILED)
		return ONBOARD_EVENT_FAILED;
	if (end == ONBOARD_END_PENDING)
		return ONBOARD_EVENT_PENDING;
	return kind == ONBOARD_WORK_DOCUMENT ? ONBOARD_EVENT_FETCHED
					     : ONBOARD_EVENT_DONE;
}

void onboarder_worked(struct onboarder *o, const struct onboard_result *result)
{
	if (!o->working)
		return;
	o->working = false;
	if (o->work == ONBOARD_WORK_DROP) {
		take_dropped(o, result->dropped);
	} else if (result->end == ONBOARD_END_FAILED) {
		(void)snprintf(o->class, sizeof(o->class), "%s", result->class);
		(void)snprintf(o->cause, sizeof(o->cause), "%s", result->cause);
	}
	o->retry_after = result->retry_after;
	onboard_dispatch(o, event_of(o->work, result->end));
}

void onboarder_timeout(struct onboarder *o)
{
	onboard_dispatch(o, ONBOARD_EVENT_TIMEOUT);
}

void onboarder_retry(struct onboarder *o)
{
	onboard_dispatch(o, ONBOARD_EVENT_RETRY);
}
