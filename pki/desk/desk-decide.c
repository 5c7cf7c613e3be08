/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "desk-cmd.h"
#include "device-json.h"
#include "registrar-audit.h"
#include "store-list.h"
#include "store-request.h"

struct call {
	struct desk desk;
	const char *unit; /* borrowed */
	enum store_decision decision;
};

static const struct option_row rows[] = {
	DESK_ROWS(struct call, desk),
	OPTION_END,
};

static enum devid_err print(
	void *arg, const struct store_request *request, struct devid_error *err)
{
	char asked[DEVICE_TIME_MAX];

	(void)arg;
	(void)err; /* a failure shows at the end */
	device_time_text(request->asked, asked);
	(void)printf("%s %s %s %s %s\n", request->unit,
		store_decision_name(request->decision), request->profile, asked,
		request->spki);
	return DEVID_OK;
}

static enum devid_err list(struct desk *d, void *arg, struct devid_error *err)
{
	(void)arg;
	return store_request_each(d->r->store, print, NULL, err);
}

int desk_pending(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "pending",
		.usage = "usage: devid-registrar pending\n"
			 "Shows the requests for LDevIDs that wait for a "
			 "person, and those that\nwere decided and not fetched "
			 "yet: unit, state, profile, time, hash of the\nkey.\n",
		.notes = DESK_NOTES,
		.rows = rows,
	};
	struct call call;
	int code;

	desk_init(&call.desk);
	code = options_read(&set, argc, argv, &call);
	return code >= 0 ? code : desk_run(&call.desk, 0, list, NULL);
}

static enum devid_err decide(struct desk *d, void *arg, struct devid_error *err)
{
	const struct call *call = arg;
	struct store_request what = { .decision = call->decision,
		.decided = time(NULL) };
	const struct registrar_event event = { .now = what.decided,
		.name = call->decision == STORE_APPROVED ? "approve" : "refuse",
		.who = d->who,
		.unit = call->unit,
		.epoch = STORE_NO_EPOCH };
	int64_t n = 0;
	enum devid_err rc;

	(void)snprintf(what.unit, sizeof(what.unit), "%s", call->unit);
	memcpy(what.who, d->who, sizeof(what.who));
	rc = store_request_decide(d->r->store, &what, &n, err);
	if (rc == DEVID_OK && n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"%s: %s: no request of it waits", event.name,
			call->unit);
	return rc == DEVID_OK ? registrar_audit(d->r->store, &event, err) : rc;
}

static int run_decide(const struct option_set *set,
	enum store_decision decision, int argc, char **argv)
{
	struct call call = { .decision = decision };
	int code;

	desk_init(&call.desk);
	code = options_read(set, argc, argv, &call);
	if (code >= 0)
		return code;
	call.unit = argv[optind];
	return desk_run(&call.desk, REGISTRAR_OPEN_AUDIT, decide, &call);
}

int desk_approve(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "approve",
		.usage = "usage: devid-registrar approve UNIT\n"
			 "Lets UNIT have the LDevID that it asks for.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "UNIT",
		.operands_min = 1,
		.operands_max = 1,
	};

	return run_decide(&set, STORE_APPROVED, argc, argv);
}

int desk_refuse(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "refuse",
		.usage = "usage: devid-registrar refuse UNIT\n"
			 "Refuses UNIT the LDevID that it asks for.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "UNIT",
		.operands_min = 1,
		.operands_max = 1,
	};

	return run_decide(&set, STORE_REFUSED, argc, argv);
}
