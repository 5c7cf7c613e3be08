/* SPDX-License-Identifier: Apache-2.0 */
#include "station-flow.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "log.h"
#include "station-board.h"
#include "station-run.h"
#include "station-state.h"

enum devid_err station_challenge(struct station_http *http, struct view request,
	struct blob *ret, struct devid_error *err)
{
	const struct station_call call = { .what = "challenge",
		.path = "/v1/challenge",
		.type = "application/octet-stream",
		.body = request };

	return station_http_ask(http, &call, ret, err);
}

enum devid_err station_issue(struct station_http *http, struct view answer,
	struct blob *ret, struct devid_error *err)
{
	const struct station_call call = { .what = "issue",
		.path = "/v1/issue",
		.type = "application/x-pem-file",
		.body = answer };

	return station_http_ask(http, &call, ret, err);
}

enum devid_err station_revoke(struct station_http *http, const char *serial,
	const char *reason, struct devid_error *err)
{
	json_t *json =
		json_pack("{s:s, s:s}", "serial", serial, "reason", reason);
	CLEANUP(cleanup_free)
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct station_call call = { .what = "revoke",
		.path = "/v1/revoke",
		.type = "application/json" };
	CLEANUP(blob_done) struct blob reply = { NULL, 0 };

	json_decref(json);
	if (!body)
		return devid_fail(err, DEVID_ERR_INVALID,
			"revoke: serial number or reason is not UTF-8");
	call.body = (struct view) { (uint8_t *)body, strlen(body) };
	return station_http_ask(http, &call, &reply, err);
}

enum devid_err station_show(struct station_http *http, const char *serial,
	struct blob *ret, struct devid_error *err)
{
	const struct station_call call = {
		.what = "show", .path = "/v1/device/", .name = serial
	};

	return station_http_ask(http, &call, ret, err);
}

struct flow {
	struct station_http *http;       /* borrowed */
	const struct station_unit *unit; /* borrowed */
	struct station_state state;
};

#define ARGS_MAX 13 /* words of a step, NULL included */

/* Runs a step of `devid provision` on the device, for the identity that is
 * meant. */
static enum devid_err device(const struct flow *f, const char *const *args,
	struct view input, struct blob *ret, struct devid_error *err)
{
	const char *all[ARGS_MAX] = { NULL };
	const struct station_run what = { .prefix = f->unit->prefix,
		.n_prefix = f->unit->n_prefix,
		.args = all,
		.input = input };
	size_t n = 0, i = 0;

	/* "provision" and the step, then its options. */
	while (i < 2 && args[i])
		all[n++] = args[i++];
	if (f->unit->identity) {
		all[n++] = "--key";
		all[n++] = f->unit->identity;
	}
	while (args[i] && n < ARGS_MAX - 1)
		all[n++] = args[i++];

	return station_run(&what, ret, err);
}

static enum devid_err make_request(
	const struct flow *f, struct blob *ret, struct devid_error *err)
{
	const struct station_unit *u = f->unit;
	const char *const key[] = { "provision", "key", "--alg", u->alg, NULL };
	const char *request[11] = { "provision", "request", "--serial",
		u->serial, "--out", "-" };
	const struct view none = { NULL, 0 };
	CLEANUP(blob_done) struct blob nothing = { NULL, 0 };
	size_t n = 6;
	enum devid_err rc = device(f, key, none, &nothing, err);

	if (u->model) {
		request[n++] = "--model";
		request[n++] = u->model;
	}
	if (u->ek.len > 0) {
		request[n++] = "--ek-certificate";
		request[n++] = "-";
	}
	return rc == DEVID_OK ? device(f, request, u->ek, ret, err) : rc;
}

/* Makes what @step stands for from @before, the result of the step before. */
static enum devid_err make(const struct flow *f, enum station_step step,
	struct view before, struct blob *ret, struct devid_error *err)
{
	static const char *const answer[] = { "provision", "answer", "--out",
		"-", "-", NULL };

	switch (step) {
	case STATION_REQUEST: /* was kept when the board was asked */
		return devid_fail(
			err, DEVID_ERR_STATE, "state: the request went away");
	case STATION_CHALLENGE:
		return station_challenge(f->http, before, ret, err);
	case STATION_ANSWER:
		return device(f, answer, before, ret, err);
	case STATION_CERTIFICATES:
		return station_issue(f->http, before, ret, err);
	case STATION_N_STEPS:
		break;
	}
	return DEVID_ERR_INVALID;
}

/* Loads the result of @step, or makes and stores it. */
static enum devid_err reach(const struct flow *f, enum station_step step,
	struct view before, struct blob *ret, struct devid_error *err)
{
	struct devid_error none = { DEVID_OK, "" };
	enum devid_err rc;

	rc = station_state_load(&f->state, step, ret, &none);
	if (rc == DEVID_OK)
		return DEVID_OK;
	if (rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &none);
	rc = make(f, step, before, ret, err);
	if (rc == DEVID_OK)
		rc = station_state_store(&f->state, step, blob_view(ret), err);
	return rc;
}

/* All steps up to the certificates, *@ret. *@ret_step is the last tried. */
static enum devid_err run_steps(const struct flow *f, struct blob *ret,
	enum station_step *ret_step, struct devid_error *err)
{
	struct blob made[STATION_N_STEPS] = { { NULL, 0 } };
	struct view before = { NULL, 0 };
	enum devid_err rc = DEVID_OK;

	for (int i = 0; rc == DEVID_OK && i < STATION_N_STEPS; i++) {
		*ret_step = (enum station_step)i;
		rc = reach(f, *ret_step, before, &made[i], err);
		before = blob_view(&made[i]);
	}
	if (rc == DEVID_OK)
		*ret = blob_take(&made[STATION_CERTIFICATES]);
	for (int i = 0; i < STATION_N_STEPS; i++)
		blob_done(&made[i]);
	return rc;
}

/* Whether the CA wants another challenge answered. */
static bool is_stale(enum station_step step, enum devid_err rc)
{
	return step == STATION_CERTIFICATES &&
	       (rc == DEVID_ERR_REPLAYED || rc == DEVID_ERR_TIMEOUT ||
		       rc == DEVID_ERR_NOT_FOUND);
}

/* Whether the CA has said that it issues nothing for this answer. Without a
 * word from it nobody knows. */
static bool is_refused(
	const struct flow *f, enum station_step step, enum devid_err rc)
{
	return step == STATION_CERTIFICATES && rc != DEVID_OK &&
	       station_http_refused(f->http);
}

/* An answer that is kept is one that the CA may have issued for. */
static void forget_answer(const struct flow *f)
{
	struct devid_error err = { DEVID_OK, "" };

	/* The refusal is what the call ends with. */
	if (station_state_forget(&f->state, STATION_ANSWER, &err) != DEVID_OK)
		log_warn("%s", devid_error_text(&err));
}

static enum devid_err get_certificates(
	const struct flow *f, struct blob *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum station_step step = STATION_REQUEST;
	enum devid_err rc = run_steps(f, ret, &step, &cause);

	if (is_stale(step, rc)) {
		log_info("%s; asking for a new challenge", cause.text);
		devid_error_clear(&cause);
		rc = station_state_forget(&f->state, STATION_CHALLENGE, &cause);
		if (rc == DEVID_OK)
			rc = run_steps(f, ret, &step, &cause);
	}
	if (is_refused(f, step, rc))
		forget_answer(f);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}

/* Whether @step was reached, for whichever board. */
static enum devid_err has(const struct flow *f, enum station_step step,
	bool *ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob kept = { NULL, 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = station_state_load(&f->state, step, &kept, &cause);

	*ret = rc == DEVID_OK;
	if (rc == DEVID_OK || rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	return fail_with(err, rc, &cause);
}

/* Whatever was kept without a request is nobody's. */
static enum devid_err begin(
	const struct flow *f, struct view request, struct devid_error *err)
{
	enum devid_err rc =
		station_state_forget(&f->state, STATION_REQUEST, err);

	return rc == DEVID_OK ? station_state_store(&f->state, STATION_REQUEST,
					request, err)
			      : rc;
}

/* What was kept is not this board's. Without certificates it is worth nothing;
 * but an answer may have reached the CA though nothing came back. With them it
 * stays until a person has looked. */
static enum devid_err begin_anew(const struct flow *f, const char *differs,
	struct view request, struct devid_error *err)
{
	const char *serial = f->unit->serial;
	bool issued = false, answered = false;
	enum devid_err rc = has(f, STATION_CERTIFICATES, &issued, err);

	if (rc == DEVID_OK)
		rc = has(f, STATION_ANSWER, &answered, err);
	if (rc != DEVID_OK)
		return rc;
	if (issued)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: certificates were issued for what was here before "
			"under this serial number; other now: %s. Is it the "
			"wrong board or label? Else revoke what it had and say "
			"--again",
			serial, differs);
	if (answered)
		log_warn("%s: the answer of another board or request was sent "
			 "under this serial number and no certificates came "
			 "back: the CA may have issued: devid-station show %s",
			serial, serial);
	log_info("%s: another board or request had this serial number and no "
		 "certificates of it are here; other now: %s; starting anew",
		serial, differs);
	return begin(f, request, err);
}

/*
 * The state is kept under a serial number, which people type; whose it is only
 * the board can say. So it is asked before anything that was kept is used, and
 * the CA's word about one board is not taken for another's.
 */
static enum devid_err ask_board(const struct flow *f, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob now = { NULL, 0 };
	CLEANUP(blob_done) struct blob kept = { NULL, 0 };
	char differs[STATION_DIFFERS_MAX];
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = make_request(f, &now, err);

	if (rc != DEVID_OK)
		return rc;
	rc = station_state_load(&f->state, STATION_REQUEST, &kept, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		return begin(f, blob_view(&now), err);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	rc = station_board_compare(blob_view(&kept), blob_view(&now),
		f->unit->model, differs, err);
	if (rc != DEVID_OK || !differs[0])
		return rc;
	return begin_anew(f, differs, blob_view(&now), err);
}

static enum devid_err install(
	const struct flow *f, struct view certificates, struct devid_error *err)
{
	static const char *const plain[] = { "provision", "install", "-",
		NULL };
	static const char *const forced[] = { "provision", "install", "--force",
		"-", NULL };
	CLEANUP(blob_done) struct blob nothing = { NULL, 0 };

	return device(f, f->unit->force ? forced : plain, certificates,
		&nothing, err);
}

enum devid_err station_provision(struct station_http *http,
	const struct station_unit *unit, struct devid_error *err)
{
	struct flow f = { .http = http, .unit = unit };
	CLEANUP(blob_done) struct blob certificates = { NULL, 0 };
	enum devid_err rc;

	rc = station_state_open(
		unit->dir, unit->serial, unit->identity, &f.state, err);
	if (rc == DEVID_OK && unit->again)
		rc = station_state_forget(&f.state, STATION_REQUEST, err);
	if (rc == DEVID_OK)
		rc = ask_board(&f, err);
	if (rc == DEVID_OK)
		rc = get_certificates(&f, &certificates, err);
	if (rc == DEVID_OK)
		rc = install(&f, blob_view(&certificates), err);
	station_state_done(&f.state);
	return rc;
}
