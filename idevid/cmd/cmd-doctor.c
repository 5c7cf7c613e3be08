/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-doctor.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bundle.h"
#include "cleanup-json.h"
#include "cmd-exit.h"
#include "cmd-file.h"
#include "cmd-files.h"
#include "conf.h"
#include "judge.h"
#include "options.h"
#include "output.h"
#include "places.h"
#include "progress.h"
#include "report.h"
#include "way.h"

struct call {
	const char *config; /* borrowed, or NULL */
	const char *bundle; /* borrowed, or NULL */
	bool json;
	bool list;
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, option_flag, OPTION_AT(struct call, json),
		"findings as one JSON object" },
	{ "bundle", 0, "FILE", option_text, OPTION_AT(struct call, bundle),
		"a tar for support: findings, states, certificates, logs" },
	{ "list", 0, NULL, option_flag, OPTION_AT(struct call, list),
		"all that can be found, and what to do then" },
	{ "config", 0, "FILE", option_text, OPTION_AT(struct call, config),
		"settings (" CONF_DEFAULT_PATH ")" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "doctor",
	.usage =
		"usage: devid doctor [--json | --bundle FILE] [--config FILE]\n"
		"       devid doctor --list\n"
		"Says what is wrong with this device, by what evidence, and "
		"what to do.\nSee devid-doctor(1).\n",
	.rows = rows,
};

static int exit_status(int worst)
{
	switch (worst) {
	case COMPLAINT_FAULT:
		return EXIT_FAILURE;
	case COMPLAINT_WARNING:
		return EXIT_DEGRADED;
	case COMPLAINT_UNSEEN:
		return EXIT_UNKNOWN;
	default: /* nothing was found */
		return EXIT_SUCCESS;
	}
}

static enum devid_err print_json(
	const struct findings *found, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *all = report_json(found);

	if (!all)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	(void)json_dumpf(all, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	return DEVID_OK;
}

/* The findings are in it, so nothing else goes where it may go itself. */
static enum devid_err write_bundle(const struct bundle_input *in,
	const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	struct progress *progress = progress_begin("doctor");
	size_t n, missing;
	enum devid_err rc;

	/* It is for whom its owner gives it to. */
	rc = cmd_file_out(path, 0600, &out, err);
	if (rc == DEVID_OK)
		rc = bundle_write(in, out, &n, &missing, err);
	progress_end(progress);
	if (rc == DEVID_OK)
		rc = output_commit(out, err);
	if (rc == DEVID_OK)
		(void)fprintf(stderr,
			"devid: %s: %zu files, %zu could not be had; its "
			"README.txt says more\n",
			path, n, missing);
	return rc;
}

static int examine(const struct places *places, const struct call *call)
{
	CLEANUP(cleanup_json) json_t *facts = cmd_facts(places, "doctor");
	CLEANUP(cleanup_free) struct findings *found = malloc(sizeof(*found));
	const struct bundle_input in = { places, facts, found };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc = DEVID_OK;

	if (!facts || !found) {
		(void)devid_fail(&err, DEVID_ERR_NOMEM, "no memory");
		return cmd_fail(&err);
	}
	judge_facts(facts, found);
	if (call->bundle)
		return write_bundle(&in, call->bundle, &err) == DEVID_OK
			       ? EXIT_SUCCESS
			       : cmd_fail(&err);
	if (call->json)
		rc = print_json(found, &err);
	else {
		report_print(found, stdout);
		way_print(facts, stdout);
	}
	if (rc == DEVID_OK && fflush(stdout) != 0)
		rc = devid_fail(
			&err, DEVID_ERR_IO, "standard output: not written");
	return rc == DEVID_OK ? exit_status(report_worst(found))
			      : cmd_fail(&err);
}

int cmd_doctor(int argc, char **argv)
{
	struct devid_error err = { DEVID_OK, "" };
	struct call call = { NULL, NULL, false, false };
	struct places places;
	int code;

	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.list + call.json + (call.bundle != NULL) > 1)
		return options_wrong(&option_set,
			"--json, --bundle and --list exclude each other");
	if (call.list) {
		report_list(stdout);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	/* What is wrong with the settings is one of the findings. */
	if (places_load(call.config, &places, &err) != DEVID_OK)
		return cmd_fail(&err);
	code = examine(&places, &call);
	places_done(&places);
	return code;
}
