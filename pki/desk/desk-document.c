/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-document.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk-cmd.h"
#include "registrar-audit.h"
#include "site-document.h"
#include "store-client.h"
#include "store-list.h"

struct call {
	struct desk desk;
	bool by_default;
	const char *unit; /* borrowed; "" : by default */
	const char *path; /* borrowed */
	struct blob text; /* owned */
};

/* What a device would refuse is refused here. */
static enum devid_err read_text(struct call *call, struct devid_error *err)
{
	CLEANUP(cleanup_site_document) struct site_document *document = NULL;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc =
		cmd_file_read(call->path, SITE_DOCUMENT_MAX, &call->text, err);

	if (rc != DEVID_OK)
		return rc;
	rc = site_document_parse(blob_view(&call->text), &document, &cause);
	return rc == DEVID_OK ? DEVID_OK
			      : devid_fail(err, rc, "%s: %s", call->path,
					devid_error_text(&cause));
}

static enum devid_err put(struct desk *d, void *arg, struct devid_error *err)
{
	const struct call *call = arg;
	struct store *s = d->r->store;
	const struct registrar_event event = { .now = time(NULL),
		.name = "document",
		.who = d->who,
		.unit = call->unit,
		.epoch = STORE_NO_EPOCH };
	int64_t n = 1;
	enum devid_err rc = DEVID_OK;

	if (call->unit[0])
		rc = store_list_hold(s, call->unit, &n, err);
	if (rc == DEVID_OK && n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"document: %s: not on the list", call->unit);
	if (rc == DEVID_OK)
		rc = store_document_put(
			s, call->unit, blob_view(&call->text), event.now, err);
	return rc == DEVID_OK ? registrar_audit(s, &event, err) : rc;
}

static const struct option_row rows[] = {
	{ "default", 0, NULL, option_flag, OPTION_AT(struct call, by_default),
		"for all units that have none of their own" },
	DESK_ROWS(struct call, desk),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "document",
	.usage = "usage: devid-registrar document UNIT FILE\n"
		 "       devid-registrar document --default FILE\n"
		 "Sets the onboarding document, JSON, that devices fetch.\n",
	.notes = DESK_NOTES,
	.rows = rows,
	.operand = "FILE",
	.operands_min = 1,
	.operands_max = 2,
};

int desk_document(int argc, char **argv)
{
	struct call call = { .unit = "" };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	desk_init(&call.desk);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (argc - optind != (call.by_default ? 1 : 2))
		return options_wrong(&option_set,
			call.by_default ? "--default takes a FILE alone"
					: "UNIT and FILE, or --default FILE");
	if (!call.by_default)
		call.unit = argv[optind];
	call.path = argv[argc - 1];
	if (read_text(&call, &err) != DEVID_OK)
		code = desk_fail(&err);
	else
		code = desk_run(&call.desk, REGISTRAR_OPEN_AUDIT, put, &call);
	blob_done(&call.text);
	return code;
}
