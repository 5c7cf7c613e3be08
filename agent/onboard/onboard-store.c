/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-store.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"

#define STORE_NAME "onboard.json"
#define STORE_MAX  16384 /* bytes; a limit of ours */

static const char *const state_names[ONBOARD_N_STATES] = {
	[ONBOARD_NO_CARRIER] = "no-carrier",
	[ONBOARD_AUTHENTICATING] = "authenticating",
	[ONBOARD_PROVISIONING] = "provisioning",
	[ONBOARD_ENROLLING] = "enrolling",
	[ONBOARD_PENDING] = "pending",
	[ONBOARD_CONFIGURING] = "configuring",
	[ONBOARD_TRYING] = "trying",
	[ONBOARD_PRODUCTION] = "production",
	[ONBOARD_FALLING_BACK] = "falling-back",
	[ONBOARD_HELD] = "held",
};

static const char *const stage_names[ONBOARD_N_STAGES] = {
	[ONBOARD_STAGE_NONE] = "",
	[ONBOARD_STAGE_ASKED] = "asked",
	[ONBOARD_STAGE_ISSUED] = "issued",
	[ONBOARD_STAGE_READY] = "ready",
};

const char *onboard_state_name(enum onboard_state state)
{
	return state_names[state];
}

void onboard_facts_init(struct onboard_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->active = KEY_NONE;
	facts->candidate = KEY_NONE;
}

static void path_of(const char *dir, const char *name, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%s/%s", dir, name);
}

/* ---- writing ---- */

/* Takes the reference of @value, which may be NULL, also on failure. */
static bool put(json_t *root, const char *name, json_t *value)
{
	return json_object_set_new(root, name, value) == 0;
}

static json_t *key_json(enum key_id key)
{
	return key == KEY_NONE ? json_null() : json_string(key_id_name(key));
}

static json_t *drop_json(uint32_t drop)
{
	json_t *list = json_array();
	enum key_id id;

	for (unsigned n = 0; list && key_id_of(KEY_ROLE_LDEVID, n, &id); n++) {
		if (drop & (1u << n) &&
			json_array_append_new(
				list, json_string(key_id_name(id))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *times_json(const struct onboard_facts *facts)
{
	json_t *times = json_object();
	bool ok = times != NULL;

	for (int s = 0; s < ONBOARD_N_STATES && ok; s++)
		ok = put(times, state_names[s], json_integer(facts->times[s]));
	if (ok)
		return times;
	json_decref(times);
	return NULL;
}

static bool put_all(json_t *root, const struct onboard_facts *f)
{
	const char *stage = stage_names[f->stage];

	return put(root, "state", json_string(state_names[f->state])) &&
	       put(root, "active", key_json(f->active)) &&
	       put(root, "candidate", key_json(f->candidate)) &&
	       put(root, "stage", *stage ? json_string(stage) : json_null()) &&
	       put(root, "tries", json_integer(f->tries)) &&
	       put(root, "moving", json_boolean(f->moving)) &&
	       put(root, "drop", drop_json(f->drop)) &&
	       put(root, "class", json_string(f->class)) &&
	       put(root, "cause", json_string(f->cause)) &&
	       put(root, "cause_unix", json_integer(f->cause_time)) &&
	       put(root, "wait", json_integer(f->wait)) &&
	       put(root, "wait_until",
		       json_integer((json_int_t)f->wait_until)) &&
	       put(root, "boot", json_string(f->boot)) &&
	       put(root, "times", times_json(f));
}

enum devid_err onboard_store_write(const char *dir,
	const struct onboard_facts *facts, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = json_object();
	CLEANUP(cleanup_free) char *text = NULL;
	char path[PATH_MAX];

	path_of(dir, STORE_NAME, path);
	if (root && put_all(root, facts))
		text = json_dumps(root, JSON_INDENT(1));
	if (!text)
		return fail_no_memory_for(err, path);
	return files_write_atomic(path, text, strlen(text), 0644, err);
}

/* ---- reading ---- */

/* A number from 0 to @max; 0 when it is not there. */
static bool take_number(
	json_t *root, const char *name, json_int_t max, json_int_t *ret)
{
	json_t *value = json_object_get(root, name);

	*ret = json_integer_value(value);
	return (!value || json_is_integer(value)) && *ret >= 0 && *ret <= max;
}

/* A text of fewer than @size bytes; "" when it is not there. */
static bool take_text(json_t *root, const char *name, char *ret, size_t size)
{
	json_t *value = json_object_get(root, name);
	const char *text = value ? json_string_value(value) : "";

	return text && (size_t)snprintf(ret, size, "%s", text) < size;
}

static bool ldevid_by_name(const char *name, enum key_id *ret)
{
	return name && key_id_by_name(name, ret) &&
	       key_id_role(*ret) == KEY_ROLE_LDEVID;
}

static bool take_key(json_t *root, const char *name, enum key_id *ret)
{
	json_t *value = json_object_get(root, name);

	*ret = KEY_NONE;
	return !value || json_is_null(value) ||
	       ldevid_by_name(json_string_value(value), ret);
}

static bool take_stage(json_t *root, struct onboard_facts *f)
{
	json_t *value = json_object_get(root, "stage");
	const char *text = json_string_value(value);

	for (int i = 1; i < ONBOARD_N_STAGES && text; i++) {
		if (strcmp(text, stage_names[i]) == 0)
			f->stage = (enum onboard_stage)i;
	}
	/* Each without the other means nothing. */
	return (f->stage == ONBOARD_STAGE_NONE) == (f->candidate == KEY_NONE) &&
	       (f->stage != ONBOARD_STAGE_NONE || !value ||
		       json_is_null(value));
}

static bool take_drop(json_t *root, struct onboard_facts *f)
{
	json_t *list = json_object_get(root, "drop");
	json_t *value;
	enum key_id id;
	size_t i;

	if (list && !json_is_array(list))
		return false;
	json_array_foreach(list, i, value)
	{
		if (!ldevid_by_name(json_string_value(value), &id) ||
			id == f->active || id == f->candidate)
			return false;
		f->drop |= 1u << key_id_number(id);
	}
	return true;
}

static bool take_wait(json_t *root, struct onboard_facts *f)
{
	json_int_t wait, until;

	if (!take_number(root, "wait", ONBOARD_WAIT_MAX, &wait) ||
		!take_number(root, "wait_until", INT64_MAX, &until) ||
		!take_text(root, "boot", f->boot, sizeof(f->boot)))
		return false;
	f->wait = (unsigned)wait;
	f->wait_until = (uint64_t)until;
	return true;
}

/* For people: what is not of its form is left out. */
static void take_times(json_t *root, struct onboard_facts *f)
{
	json_t *times = json_object_get(root, "times");

	for (int s = 0; s < ONBOARD_N_STATES; s++)
		f->times[s] = (time_t)json_integer_value(
			json_object_get(times, state_names[s]));
	f->cause_time =
		(time_t)json_integer_value(json_object_get(root, "cause_unix"));
}

static bool parse(json_t *root, struct onboard_facts *f)
{
	json_int_t tries;

	if (!json_is_object(root) || !take_key(root, "active", &f->active) ||
		!take_key(root, "candidate", &f->candidate) ||
		(f->active != KEY_NONE && f->active == f->candidate) ||
		!take_stage(root, f) || !take_drop(root, f) ||
		!take_number(root, "tries", UINT16_MAX, &tries) ||
		!take_text(root, "class", f->class, sizeof(f->class)) ||
		!take_text(root, "cause", f->cause, sizeof(f->cause)) ||
		!take_wait(root, f))
		return false;
	f->tries = (unsigned)tries;
	f->moving = json_is_true(json_object_get(root, "moving"));
	take_times(root, f);
	/* A document that moves is that of the active one. */
	return !f->moving ||
	       (f->candidate == KEY_NONE && f->active != KEY_NONE);
}

enum devid_err onboard_store_load(
	const char *dir, struct onboard_facts *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	CLEANUP(cleanup_json) json_t *root = NULL;
	struct onboard_facts facts;
	char path[PATH_MAX];
	enum devid_err rc;
	size_t len;

	onboard_facts_init(ret);
	path_of(dir, STORE_NAME, path);
	rc = files_read(path, STORE_MAX, &text, &len, err);
	if (rc == DEVID_ERR_NOT_FOUND) {
		if (err)
			devid_error_clear(err);
		return DEVID_OK;
	}
	if (rc != DEVID_OK)
		return rc;
	root = json_loadb(
		(const char *)text, len, JSON_REJECT_DUPLICATES, NULL);
	onboard_facts_init(&facts);
	if (!parse(root, &facts))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not a state of onboarding", path);
	*ret = facts;
	return DEVID_OK;
}

enum devid_err onboard_store_settle(
	const char *dir, struct onboard_facts *facts, struct devid_error *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	enum devid_err rc;

	path_of(dir, ONBOARD_CANDIDATE_NAME, from);
	path_of(dir, ONBOARD_SITE_NAME, to);
	if (!facts->moving)
		return facts->candidate == KEY_NONE && files_exists(from)
			       ? files_remove(from, err)
			       : DEVID_OK;
	if (files_exists(from)) {
		rc = files_rename(from, to, err);
		if (rc != DEVID_OK)
			return rc;
	}
	facts->moving = false;
	return onboard_store_write(dir, facts, err);
}
