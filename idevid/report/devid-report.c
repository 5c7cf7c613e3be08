/* SPDX-License-Identifier: Apache-2.0 */
/* devid-report: a page, and a table for spreadsheets, out of JSON lines. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cmd-exit.h"
#include "cmd-file.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "report-site.h"

#define FILE_MODE 0644

typedef enum devid_err report_fn(const struct report_source *from,
	const struct report_outputs *out, struct devid_error *err);

static const struct kind {
	const char *name;
	report_fn *make;
} kinds[] = {
	{ "site", report_site },
	{ NULL, NULL },
};

struct call {
	const char *csv, *out;
};

static const struct option_row rows[] = {
	{ "csv", 0, "FILE", option_text, OPTION_AT(struct call, csv),
		"all of it as a table for spreadsheets" },
	{ "out", 'o', "FILE", option_text, OPTION_AT(struct call, out),
		"the page; without it to standard output" },
	OPTION_END,
};

static const struct option_set options = {
	.program = "devid-report",
	.usage = "usage: devid-report KIND [--csv FILE] [--out FILE]\n\n"
		 "Makes a page (HTML) out of the JSON lines on standard "
		 "input.\n",
	.notes =
		"KIND:\n"
		"  site  each unit of a site, as `devid-registrar report` tells "
		"it\n",
	.rows = rows,
	.operand = "KIND",
	.operands_min = 1,
	.operands_max = 1,
};

/* An output, and a FILE that writes to it. */
struct target {
	struct output *out; /* owned */
	FILE *file;         /* owned */
};

static void target_done(struct target *t)
{
	if (t->file)
		(void)fclose(t->file); /* what counts was flushed */
	output_free(t->out);
}

static enum devid_err target_open(
	const char *path, struct target *ret, struct devid_error *err)
{
	enum devid_err rc = cmd_file_out(path, FILE_MODE, &ret->out, err);
	int fd CLEANUP(cleanup_close) = -1;

	if (rc != DEVID_OK)
		return rc;
	fd = dup(output_fd(ret->out));
	if (fd >= 0)
		ret->file = fdopen(fd, "w");
	if (!ret->file)
		return devid_fail(err, DEVID_ERR_IO, "%s: %s",
			path ? path : "standard output", strerror(errno));
	(void)steal_fd(&fd); /* the FILE's now */
	return DEVID_OK;
}

/* Only a whole one gets its name. */
static enum devid_err target_commit(
	struct target *t, const char *path, struct devid_error *err)
{
	if (fflush(t->file) != 0 || ferror(t->file))
		return devid_fail(err, DEVID_ERR_IO, "%s: %s",
			path ? path : "standard output", strerror(errno));
	return output_commit(t->out, err);
}

/* The name of the CSV, when it is a file in the folder of the page. */
static const char *beside(const char *page, const char *csv)
{
	const char *a, *b;

	if (!page || !csv || output_is_stream(page) || output_is_stream(csv))
		return NULL;
	a = strrchr(page, '/');
	b = strrchr(csv, '/');
	if (!a && !b)
		return csv;
	if (!a || !b || a - page != b - csv ||
		strncmp(page, csv, (size_t)(a - page)) != 0)
		return NULL;
	return b + 1;
}

static enum devid_err make(const struct kind *kind, const struct call *call,
	struct devid_error *err)
{
	struct target page CLEANUP(target_done) = { NULL, NULL };
	struct target csv CLEANUP(target_done) = { NULL, NULL };
	struct report_source from = { stdin, "standard input" };
	struct report_outputs to;
	enum devid_err rc;

	rc = target_open(call->out, &page, err);
	if (rc == DEVID_OK && call->csv)
		rc = target_open(call->csv, &csv, err);
	if (rc != DEVID_OK)
		return rc;
	to.page = page.file;
	to.csv = csv.file;
	to.csv_name = beside(call->out, call->csv);
	rc = kind->make(&from, &to, err);
	if (rc == DEVID_OK && call->csv)
		rc = target_commit(&csv, call->csv, err);
	if (rc == DEVID_OK)
		rc = target_commit(&page, call->out, err);
	return rc;
}

static const struct kind *find(const char *name)
{
	for (const struct kind *k = kinds; k->name; k++) {
		if (strcmp(k->name, name) == 0)
			return k;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct call call = { NULL, NULL };
	struct devid_error err = { DEVID_OK, "" };
	const struct kind *kind;
	int code;

	log_init("devid-report", LOG_LEVEL_INFO);
	code = options_read(&options, argc, argv, &call);
	if (code >= 0)
		return code;
	kind = find(argv[optind]);
	if (!kind)
		return options_wrong(&options,
			"%s: no such report; see devid-report --help",
			argv[optind]);
	if (call.csv && output_is_stream(call.csv) &&
		(!call.out || output_is_stream(call.out)))
		return options_wrong(
			&options, "--csv: is a stream, and so is the page");
	if (make(kind, &call, &err) == DEVID_OK)
		return EXIT_SUCCESS;
	log_error("%s", devid_error_text(&err));
	return EXIT_FAILURE;
}
