/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca export`: the register for RADIUS servers, tables, programs. */
#include "cmd-export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca-cmd.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "export.h"
#include "fail.h"
#include "log.h"

#define ONLY_MAX (64u << 20) /* bytes of a list of serial numbers */

CLEANUP_DEFINE(only, struct export_only *, export_only_free)

struct options {
	struct ca_cmd cmd;
	enum export_format format;
	const char *only, *out; /* borrowed, or NULL */
};

static enum devid_err take_format(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	static const char *const names[] = {
		[EXPORT_SITE] = "site",
		[EXPORT_CSV] = "csv",
		[EXPORT_JSON] = "json",
	};

	(void)row;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], argument) == 0) {
			*(enum export_format *)member = (enum export_format)i;
			return DEVID_OK;
		}
	}
	return devid_fail(
		err, DEVID_ERR_INVALID, "%s: not site, csv or json", argument);
}

static const struct option_row rows[] = {
	{ "format", 0, "FORMAT", take_format,
		OPTION_MUST(struct options, format),
		"site: rows of a site's list, of live devices' IDevIDs\n"
		"to let in and of the revoked ones to refuse\n"
		"csv: RFC 4180, a line for each certificate; ' stands\n"
		"before what a table would take for a formula\n"
		"json: a line for each device, with its certificates" },
	{ "only", 0, "FILE", option_text, OPTION_AT(struct options, only),
		"the devices whose serial numbers are in FILE" },
	{ "out", 0, "FILE", option_text, OPTION_AT(struct options, out),
		"replaced when all is written" },
	CA_CMD_ROWS(struct options, cmd),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "export",
	.usage = "usage: devid-ca export --format site|csv|json"
		 " [--only FILE] [--out FILE]\n"
		 "Writes what was issued.\n",
	.notes = CA_CMD_NOTES,
	.rows = rows,
};

/* What somebody asked for and does not get, or not as he may think. */
static void tell_missing(
	const struct options *o, const struct export_only *only)
{
	bool site = o->format == EXPORT_SITE;
	const char *name =
		strcmp(o->only, "-") == 0 ? "standard input" : o->only;
	struct export_line line;
	size_t at = 0, n = 0;

	for (; export_only_next(only, &at, &line); n++) {
		if (line.found == EXPORT_ABSENT)
			log_warn("export: %s:%zu: \"%s\": left out: no such "
				 "device in the register",
				name, line.line, line.serial);
		else if (line.found == EXPORT_NOT_LIVE && site)
			log_warn("export: %s:%zu: \"%s\": left out: it was "
				 "replaced",
				name, line.line, line.serial);
		else if (line.found == EXPORT_REVOKED && site)
			log_warn("export: %s:%zu: \"%s\": revoked, and in the "
				 "list as one to be refused",
				name, line.line, line.serial);
	}
	if (n == 0)
		log_warn("export: %s: names no device", name);
}

/* The list in the file @path. What has NUL is no text, or UTF-16, and what is
 * behind the NUL would be left out without a word. */
static enum devid_err read_only(const char *path, struct export_only **ret,
	char **ret_text, struct devid_error *err)
{
	static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	enum devid_err rc = cmd_file_read(path, ONLY_MAX, &text, err);
	size_t at = 0;

	if (rc != DEVID_OK)
		return rc;
	if (text.len > 0 && memchr(text.data, '\0', text.len))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"export: %s: has a NUL byte: it must be plain text, "
			"such as UTF-8",
			path);
	if (text.len >= sizeof(bom) && memcmp(text.data, bom, sizeof(bom)) == 0)
		at = sizeof(bom);
	*ret_text = strndup((char *)text.data + at, text.len - at);
	if (!*ret_text)
		return fail_no_memory_for(err, "export");
	return export_only_parse(*ret_text, ret, err);
}

/* One view of the register for all of it. */
static enum devid_err write_all(struct reg *reg, const struct options *o,
	FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *text = NULL; /* @only points into it */
	CLEANUP(cleanup_only) struct export_only *only = NULL;
	enum devid_err rc = DEVID_OK;

	if (o->only)
		rc = read_only(o->only, &only, &text, err);
	if (rc == DEVID_OK)
		rc = register_begin_read(reg, err);
	if (rc != DEVID_OK)
		return rc;
	rc = export_write(reg, o->format, only, out, err);
	register_rollback(reg);
	if (rc == DEVID_OK && only)
		tell_missing(o, only);
	return rc;
}

/* All of it has its name, or nothing has changed. */
static enum devid_err write_file(
	struct reg *reg, const struct options *o, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *file = NULL;
	CLEANUP(cleanup_fclose) FILE *out = NULL;
	enum devid_err rc = cmd_file_out(o->out, 0644, &file, err);
	int fd;

	if (rc != DEVID_OK)
		return rc;
	fd = fcntl(output_fd(file), F_DUPFD_CLOEXEC, 0);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		if (fd >= 0)
			(void)close(fd); /* nothing was written */
		return fail_no_memory_for(err, "export");
	}
	rc = write_all(reg, o, out, err);
	if (rc == DEVID_OK && (fflush(out) != 0 || ferror(out)))
		rc = devid_fail(err, DEVID_ERR_IO, "write: %s: %s",
			o->out ? o->out : "standard output", strerror(errno));
	return rc == DEVID_OK ? output_commit(file, err) : rc;
}

int cmd_export(int argc, char **argv)
{
	struct options o = { .only = NULL };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;
	int code;

	ca_cmd_init(&o.cmd, "export");
	code = options_read(&option_set, argc, argv, &o);
	if (code >= 0)
		return code;
	code = ca_cmd_open(&o.cmd, CA_OPEN_REGISTER);
	if (code < 0) {
		rc = write_file(o.cmd.ca.reg, &o, &err);
		code = rc == DEVID_OK ? EXIT_SUCCESS : ca_cmd_fail(&err);
	}
	ca_cmd_done(&o.cmd);
	return code;
}
