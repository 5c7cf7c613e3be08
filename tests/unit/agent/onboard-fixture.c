/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-fixture.h"

#include "cmocka-all.h"

#include <stdio.h>
#include <unistd.h>

#include "files.h"

static void set_timer(void *user, uint64_t ms)
{
	struct onboard_world *w = user;

	w->timer = ms;
}

static uint64_t now(void *user)
{
	struct onboard_world *w = user;

	return w->now;
}

static uint32_t random_number(void *user)
{
	(void)user;
	return 0;
}

static void show(void *user)
{
	struct onboard_world *w = user;

	w->n_shows++;
}

static void start(void *user, const struct onboard_work *work)
{
	struct onboard_world *w = user;

	w->work = *work;
	w->n_starts++;
}

static void stop(void *user)
{
	struct onboard_world *w = user;

	w->n_stops++;
}

static bool take_document(void *user, char class[ONBOARD_CLASS_MAX],
	char cause[ONBOARD_CAUSE_MAX])
{
	struct onboard_world *w = user;

	const char *key = key_id_name(w->work.key);

	if (w->document_ok) {
		assert_rc(files_write_atomic(
				  tempdir_file(&w->dir, ONBOARD_CANDIDATE_NAME),
				  key, strlen(key), 0644, NULL),
			DEVID_OK);
		return true;
	}
	(void)snprintf(class, ONBOARD_CLASS_MAX, "FIRMWARE_TOO_LOW");
	(void)snprintf(cause, ONBOARD_CAUSE_MAX, "1.0 is below 1.2");
	return false;
}

static void changed(void *user)
{
	(void)user;
}

static const struct onboarder_ops ops = { set_timer, now, random_number, show,
	start, stop, take_document, changed };

static void begin(
	struct onboard_world *w, const char *registrar, const char *boot)
{
	const struct onboarder_options options = {
		.ops = &ops,
		.user = w,
		.dir = w->dir.path,
		.keys_dir = w->keys.path,
		.registrar = registrar,
		.boot = boot,
	};

	assert_rc(onboarder_new(&options, &w->o, NULL), DEVID_OK);
}

void onboard_world_new(struct onboard_world *w, const char *registrar)
{
	*w = (struct onboard_world) { .now = 1000000, .document_ok = true };
	w->dir = tempdir_new();
	w->keys = w->dir;
	begin(w, registrar, "boot-1");
}

void onboard_world_open(
	struct onboard_world *w, const char *dir, const char *keys)
{
	*w = (struct onboard_world) { .now = 1000000, .document_ok = true };
	assert_true((size_t)snprintf(w->dir.path, sizeof(w->dir.path), "%s",
			    dir) < sizeof(w->dir.path));
	assert_true((size_t)snprintf(w->keys.path, sizeof(w->keys.path), "%s",
			    keys) < sizeof(w->keys.path));
	begin(w, NULL, "boot-1");
}

void onboard_world_restart(
	struct onboard_world *w, const char *registrar, const char *boot)
{
	onboarder_free(w->o);
	begin(w, registrar, boot);
}

void onboard_world_done(struct onboard_world *w)
{
	onboarder_free(w->o);
	tempdir_remove(&w->dir);
}

void onboard_world_key(struct onboard_world *w, const char *name, bool there)
{
	static const char *const endings[] = { "key", "pem" };
	char file[64];

	for (size_t i = 0; i < N_OF(endings); i++) {
		(void)snprintf(file, sizeof(file), "%s.%s", name, endings[i]);
		if (there)
			tempdir_write(&w->keys, file, "x", 1, 0644);
		else
			(void)unlink(tempdir_file(&w->keys, file));
	}
}

void onboard_world_work_ends(struct onboard_world *w)
{
	struct onboard_result result = { .end = ONBOARD_END_DONE };
	enum key_id id;

	assert_true(w->o->working);
	if (w->work.kind == ONBOARD_WORK_ENROL)
		onboard_world_key(w, key_id_name(w->work.key), true);
	for (unsigned n = 0; key_id_of(KEY_ROLE_LDEVID, n, &id); n++) {
		if (w->work.kind == ONBOARD_WORK_DROP &&
			w->work.drop & (1u << n))
			onboard_world_key(w, key_id_name(id), false);
	}
	result.dropped = w->work.drop;
	onboarder_worked(w->o, &result);
}

void onboard_world_work_fails(struct onboard_world *w, const char *class)
{
	struct onboard_result result = { .end = ONBOARD_END_FAILED };

	assert_true(w->o->working);
	(void)snprintf(result.class, sizeof(result.class), "%s", class);
	(void)snprintf(result.cause, sizeof(result.cause), "a cause");
	onboarder_worked(w->o, &result);
}

void onboard_world_work_pends(struct onboard_world *w, unsigned seconds)
{
	const struct onboard_result result = { .end = ONBOARD_END_PENDING,
		.retry_after = seconds };

	assert_true(w->o->working);
	onboarder_worked(w->o, &result);
}

static void fall_back(struct onboard_world *w)
{
	const struct onboarder_refusal refusal = { w->o->facts.candidate,
		"CERT_REJECTED", "server rejected our certificate", true };

	onboarder_refused(w->o, &refusal);
}

/* From PROVISIONING on. */
static void go_on(struct onboard_world *w, enum onboard_state state)
{
	onboarder_address(w->o, "site.example");
	assert_int_equal(w->o->state, ONBOARD_ENROLLING);
	if (state == ONBOARD_ENROLLING)
		return;
	if (state == ONBOARD_PENDING) {
		onboard_world_work_pends(w, 60);
		return;
	}
	if (state == ONBOARD_HELD) {
		onboard_world_work_fails(w, "EST_SERVER");
		return;
	}
	onboard_world_work_ends(w);
	if (state == ONBOARD_CONFIGURING)
		return;
	onboard_world_work_ends(w); /* the document */
	onboard_world_work_ends(w); /* the hooks */
	if (state == ONBOARD_TRYING)
		return;
	if (state == ONBOARD_FALLING_BACK)
		fall_back(w);
	else
		onboarder_let_in(w->o, w->o->facts.candidate);
}

void onboard_world_reach(struct onboard_world *w, enum onboard_state state)
{
	if (state != ONBOARD_NO_CARRIER)
		onboarder_carrier(w->o, true);
	if (state > ONBOARD_AUTHENTICATING)
		onboarder_let_in(w->o, KEY_IDEVID);
	if (state > ONBOARD_PROVISIONING)
		go_on(w, state);
	assert_int_equal(w->o->state, state);
}

void onboard_world_settle(struct onboard_world *w)
{
	onboard_world_reach(w, ONBOARD_PRODUCTION);
	if (w->o->working)
		onboard_world_work_ends(w);
	onboarder_carrier(w->o, false);
}

static void step(struct onboard_world *w)
{
	enum key_id shown[2];

	if (w->o->working) {
		onboard_world_work_ends(w);
		return;
	}
	switch (w->o->state) {
	case ONBOARD_NO_CARRIER:
		onboarder_carrier(w->o, true);
		return;
	case ONBOARD_PROVISIONING:
		onboarder_address(w->o, "site.example");
		return;
	case ONBOARD_HELD:
	case ONBOARD_PENDING:
		w->now += w->timer;
		onboarder_timeout(w->o);
		return;
	default:
		(void)onboarder_shown(w->o, shown);
		onboarder_let_in(w->o, shown[0]);
	}
}

void onboard_world_go_on(struct onboard_world *w)
{
	for (int i = 0; i < 50; i++) {
		if (w->o->state == ONBOARD_PRODUCTION && !w->o->working)
			return;
		step(w);
	}
	fail_msg("no production: %s", onboard_state_name(w->o->state));
}

void onboard_world_refuse(struct onboard_world *w)
{
	const struct onboarder_refusal refusal = { w->o->facts.active,
		"CERT_REJECTED", "server rejected our certificate", true };

	onboarder_refused(w->o, &refusal);
	onboarder_no_address(w->o);
	onboarder_let_in(w->o, KEY_IDEVID);
}
