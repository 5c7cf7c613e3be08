/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-status.h"

#include <stdio.h>

#include "wallclock.h"

/* In the order of the way. */
static const enum onboard_state way[] = {
	ONBOARD_AUTHENTICATING,
	ONBOARD_PROVISIONING,
	ONBOARD_ENROLLING,
	ONBOARD_PENDING,
	ONBOARD_CONFIGURING,
	ONBOARD_TRYING,
	ONBOARD_PRODUCTION,
};

static const char *const waiting_for[ONBOARD_N_STATES] = {
	[ONBOARD_NO_CARRIER] = "a cable",
	[ONBOARD_AUTHENTICATING] = "the port to open",
	[ONBOARD_PROVISIONING] = "an address in the provisioning network",
	[ONBOARD_ENROLLING] = "the registrar's certificate",
	[ONBOARD_PENDING] = "the registrar's approval",
	[ONBOARD_CONFIGURING] = "the site's document and the hooks",
	[ONBOARD_TRYING] = "the network to let the new LDevID in",
	[ONBOARD_PRODUCTION] = "nothing",
	[ONBOARD_FALLING_BACK] = "the port to open without that LDevID",
	[ONBOARD_HELD] = "the next try",
};

/* Both take the reference of their value, which may be NULL. */
static bool put(json_t *o, const char *name, json_t *value)
{
	return json_object_set_new(o, name, value) == 0;
}

static json_t *time_json(time_t t)
{
	char text[WALLCLOCK_TEXT_MAX];

	if (!t)
		return json_null();
	wallclock_text(t, text);
	return json_string(text);
}

static json_t *text_json(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *key_json(enum key_id key)
{
	return key == KEY_NONE ? json_null() : json_string(key_id_name(key));
}

static json_t *steps_json(const struct onboarder *o)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < sizeof(way) / sizeof(way[0]); i++) {
		time_t t = o->facts.times[way[i]];
		json_t *step;

		if (!t)
			continue;
		step = json_object();
		if (!step ||
			!put(step, "step",
				json_string(onboard_state_name(way[i]))) ||
			!put(step, "time", time_json(t))) {
			json_decref(step);
			step = NULL; /* appending that fails */
		}
		if (json_array_append_new(list, step) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *registrar_json(const struct onboarder *o)
{
	char name[ONBOARD_DOMAIN_MAX + 32];

	if (o->registrar[0] || !o->domain[0])
		return text_json(o->registrar);
	(void)snprintf(name, sizeof(name), "devid-registrar.%s", o->domain);
	return json_string(name);
}

json_t *onboard_status_json(const struct onboarder *o)
{
	const struct onboard_facts *f;
	json_t *root;

	if (!o)
		return json_null();
	f = &o->facts;
	root = json_object();
	if (root &&
		put(root, "state", json_string(onboard_state_name(o->state))) &&
		put(root, "since", time_json(f->times[o->state])) &&
		put(root, "steps", steps_json(o)) &&
		put(root, "next", time_json(o->next)) &&
		put(root, "waiting_for", json_string(waiting_for[o->state])) &&
		put(root, "class", text_json(f->class)) &&
		put(root, "cause", text_json(f->cause)) &&
		put(root, "cause_time",
			time_json(f->class[0] ? f->cause_time : 0)) &&
		put(root, "active", key_json(f->active)) &&
		put(root, "candidate", key_json(f->candidate)) &&
		put(root, "registrar", registrar_json(o)) &&
		put(root, "domain", text_json(o->domain)) &&
		put(root, "address", json_boolean(o->has_address)))
		return root;
	json_decref(root);
	return NULL;
}
