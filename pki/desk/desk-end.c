/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-end.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "desk-cmd.h"
#include "reason.h"
#include "registrar-audit.h"
#include "registrar-crl.h"
#include "store-issued.h"
#include "store-list.h"

struct call {
	struct desk desk;
	const char *unit; /* borrowed */
	int reason;       /* < 0: retire */
};

static enum devid_err take_reason(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	int reason = reason_by_name(argument);

	(void)row;
	if (reason < 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not a reason to revoke, which are %s", argument,
			reason_names());
	*(int *)member = reason;
	return DEVID_OK;
}

/* Held first: an enrolment that is under way comes before or after it. */
static enum devid_err end(struct store *s, void *arg, struct devid_error *err)
{
	const struct call *call = arg;
	bool retire = call->reason < 0;
	const struct registrar_event event = { .now = time(NULL),
		.name = retire ? "retire" : "revoke",
		.who = call->desk.who,
		.unit = call->unit,
		.told = retire ? NULL : reason_name(call->reason),
		.epoch = STORE_NO_EPOCH };
	int64_t n = 0, changed = 0;
	enum devid_err rc = store_list_hold(s, call->unit, &n, err);

	if (rc == DEVID_OK && n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"%s: %s: not on the list", event.name, call->unit);
	if (rc == DEVID_OK)
		rc = store_list_set_unit(s, call->unit,
			retire ? STORE_RETIRED : STORE_REVOKED, &changed, err);
	if (rc == DEVID_OK)
		rc = store_issued_end(
			s, call->unit, event.now, call->reason, err);
	return rc == DEVID_OK ? registrar_audit(s, &event, err) : rc;
}

static enum devid_err print(
	void *arg, const struct store_row *row, struct devid_error *err)
{
	(void)arg;
	(void)err; /* a failure shows at the end */
	(void)printf("%s %s %s\n", store_state_name(row->state),
		store_kind_name(row->kind), row->key.certificate);
	return DEVID_OK;
}

static enum devid_err show(struct store *s, void *arg, struct devid_error *err)
{
	const struct call *call = arg;

	return store_list_each(s, call->unit, print, NULL, err);
}

static enum devid_err run(struct call *call, struct devid_error *err)
{
	struct registrar *r = call->desk.r;
	enum devid_err rc =
		store_write(r->store, r->audit_signer, end, call, err);

	if (rc == DEVID_OK)
		rc = store_read(r->store, show, call, err);
	if (rc == DEVID_OK && call->reason >= 0)
		rc = registrar_crl_make(r, time(NULL), err);
	return rc == DEVID_OK ? cmd_file_flush(err) : rc;
}

static int run_end(
	const struct option_set *set, int reason, int argc, char **argv)
{
	struct call call = { .reason = reason };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	desk_init(&call.desk);
	code = options_read(set, argc, argv, &call);
	if (code >= 0)
		return code;
	call.unit = argv[optind];
	code = desk_open(
		&call.desk, REGISTRAR_OPEN_AUDIT |
				    (call.reason < 0 ? 0 : REGISTRAR_OPEN_CA));
	if (code < 0)
		code = run(&call, &err) == DEVID_OK ? EXIT_SUCCESS
						    : desk_fail(&err);
	desk_done(&call.desk);
	return code;
}

int desk_revoke(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "reason", 0, "REASON", take_reason,
			OPTION_AT(struct call, reason),
			"keyCompromise, superseded, cessationOfOperation,\n"
			"affiliationChanged, privilegeWithdrawn,\n"
			"cACompromise, aACompromise, unspecified (without it)" },
		DESK_ROWS(struct call, desk),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "revoke",
		.usage =
			"usage: devid-registrar revoke [--reason REASON] UNIT\n"
			"Refuses every certificate of UNIT from now on, for "
			"ever, and makes a\nrevocation list.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "UNIT",
		.operands_min = 1,
		.operands_max = 1,
	};

	return run_end(&set, 0, argc, argv);
}

int desk_retire(int argc, char **argv)
{
	static const struct option_row rows[] = {
		DESK_ROWS(struct call, desk),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "retire",
		.usage =
			"usage: devid-registrar retire UNIT\n"
			"Refuses every certificate of UNIT from now on: it has "
			"left the site.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "UNIT",
		.operands_min = 1,
		.operands_max = 1,
	};

	return run_end(&set, -1, argc, argv);
}
