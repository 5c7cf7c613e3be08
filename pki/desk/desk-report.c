/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-registrar report`: what the site sees of its units. */
#include "desk-report.h"

#include <stdlib.h>
#include <time.h>

#include "cmd-exit.h"
#include "desk-cmd.h"
#include "overview-run.h"
#include "overview-write.h"

struct call {
	struct desk desk;
	struct overview_targets to;
	bool json;
};

static const struct option_row rows[] = {
	{ "csv", 0, "FILE", option_text, OPTION_AT(struct call, to.csv),
		"all units as a table for spreadsheets" },
	{ "out", 'o', "FILE", option_text, OPTION_AT(struct call, to.out),
		"the page; without it to standard output" },
	{ "json", 0, NULL, option_flag, OPTION_AT(struct call, json),
		"the JSON lines that devid-report(1) takes" },
	{ "config", 0, "FILE", option_text,
		DESK_UNDER(struct call, desk, config, 0),
		"settings of the registrar\n(" REGISTRAR_CONF_DEFAULT ")" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "report",
	.usage = "usage: devid-registrar report [--csv FILE] [--out FILE]\n"
		 "       devid-registrar report --json\n"
		 "Makes a page of all units: how far they have come, where "
		 "they are, what needs\nsomebody. It needs no PIN.\n",
	.notes = DESK_NOTES,
	.rows = rows,
};

static enum devid_err write_lines(
	const struct registrar_conf *conf, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_store) struct store *store = NULL;
	enum devid_err rc =
		store_open(conf->database, conf->instance, &store, err);

	return rc == DEVID_OK ? overview_write(store, conf, (int64_t)time(NULL),
					out, err)
			      : rc;
}

/* The child's own line says what it met; a broken pipe here is the same. */
static int make_page(const struct call *call)
{
	struct devid_error err = { DEVID_OK, "" };
	struct overview_child child;
	enum devid_err rc = overview_run(&call->to, &child, &err);
	int status;

	if (rc != DEVID_OK)
		return desk_fail(&err);
	rc = write_lines(&call->desk.conf, child.in, &err);
	status = overview_wait(&child, rc == DEVID_OK);
	if (status > 0)
		return status;
	if (rc != DEVID_OK)
		return desk_fail(&err);
	return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int desk_report(int argc, char **argv)
{
	struct call call = { .json = false };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	desk_init(&call.desk);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.json && (call.to.csv || call.to.out))
		return options_wrong(
			&option_set, "--json: goes to standard output alone");
	code = desk_load(&call.desk);
	if (code >= 0)
		return code;
	if (!call.json)
		code = make_page(&call);
	else if (write_lines(&call.desk.conf, stdout, &err) == DEVID_OK)
		code = EXIT_SUCCESS;
	else
		code = desk_fail(&err);
	desk_done(&call.desk);
	return code;
}
