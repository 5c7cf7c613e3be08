/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca export`: the register for RADIUS servers, tables, programs. */
#include "cmd-export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca-cmd.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "export.h"
#include "log.h"

#define ONLY_MAX (64u << 20) /* bytes of a list of serial numbers */

static const char usage[] =
	"usage: devid-ca export --format freeradius|csv|json [--only FILE]"
	" [--out FILE]\n"
	"Writes what was issued.\n\n"
	"  --format freeradius  allow-list of the live devices' IDevIDs\n"
	"  --format csv         RFC 4180, a line for each certificate; ' stands\n"
	"                       before what a table would take for a formula\n"
	"  --format json        a line for each device, with its certificates\n"
	"  --only FILE          the devices whose serial numbers are in FILE\n"
	"  --out FILE           replaced when all is written\n" CA_CMD_USAGE;

CLEANUP_DEFINE(only, struct export_only *, export_only_free)

struct options {
	int format; /* enum export_format; -1: not given */
	const char *only, *out;
};

static int format_by_name(const char *name)
{
	static const char *const names[] = {
		[EXPORT_FREERADIUS] = "freeradius",
		[EXPORT_CSV] = "csv",
		[EXPORT_JSON] = "json",
	};

	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	log_error("export: --format: %s: not freeradius, csv or json", name);
	return -1;
}

/* One view of the register for all of it. */
static enum devid_err write_all(struct reg *reg, const struct options *o,
	FILE *out, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	CLEANUP(cleanup_free) char *copy = NULL;
	CLEANUP(cleanup_only) struct export_only *only = NULL;
	enum devid_err rc = DEVID_OK;

	if (o->only) {
		rc = cmd_file_read(o->only, ONLY_MAX, &text, err);
		if (rc != DEVID_OK)
			return rc;
		copy = strndup((char *)text.data, text.len);
		if (!copy)
			return devid_fail(
				err, DEVID_ERR_NOMEM, "export: no memory");
		rc = export_only_parse(copy, &only, err);
	}
	if (rc == DEVID_OK)
		rc = register_begin_read(reg, err);
	if (rc != DEVID_OK)
		return rc;
	rc = export_write(reg, (enum export_format)o->format, only, out, err);
	register_rollback(reg);
	return rc;
}

static enum devid_err sync_folder(const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *folder = strdup(path);
	CLEANUP(cleanup_close) int fd = -1;
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	return DEVID_OK;
}

/* As files_write_atomic(), for what does not fit into memory. */
static enum devid_err write_file(
	struct reg *reg, const struct options *o, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *temp = NULL;
	enum devid_err rc = DEVID_OK;
	FILE *out = NULL;
	int fd;

	if (asprintf(&temp, "%s.new", o->out) < 0) {
		temp = NULL;
		return devid_fail(err, DEVID_ERR_NOMEM, "export: no memory");
	}
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		0644);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out) {
		rc = devid_fail(
			err, DEVID_ERR_IO, "%s: %s", temp, strerror(errno));
		if (fd >= 0)
			(void)close(fd); /* nothing was written */
		return rc;
	}
	rc = write_all(reg, o, out, err);
	if (rc == DEVID_OK && fsync(fd) != 0)
		rc = devid_fail(
			err, DEVID_ERR_IO, "%s: %s", temp, strerror(errno));
	if (fclose(out) != 0 && rc == DEVID_OK)
		rc = devid_fail(
			err, DEVID_ERR_IO, "%s: %s", temp, strerror(errno));
	if (rc == DEVID_OK && rename(temp, o->out) != 0)
		rc = devid_fail(
			err, DEVID_ERR_IO, "%s: %s", o->out, strerror(errno));
	if (rc != DEVID_OK) {
		(void)unlink(temp); /* the cause is told already */
		return rc;
	}
	return sync_folder(o->out, err);
}

int cmd_export(int argc, char **argv)
{
	static const struct option options[] = {
		CA_CMD_OPTIONS,
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "only", required_argument, NULL, 'n' },
		{ "out", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .format = -1 };
	struct devid_error err = { DEVID_OK, "" };
	bool good = true;
	struct ca_cmd cmd;
	int opt, code;

	ca_cmd_init(&cmd);
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return fputs(usage, stdout) < 0;
		if (opt == 'f')
			o.format = format_by_name(optarg);
		else if (opt == 'n')
			o.only = optarg;
		else if (opt == 'o')
			o.out = optarg;
		else
			good = ca_cmd_option(&cmd, opt) && good;
	}
	if (!good || o.format < 0 || optind != argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	code = ca_cmd_open(&cmd, CA_OPEN_REGISTER);
	if (code < 0)
		code = (o.out && strcmp(o.out, "-") != 0
				       ? write_file(cmd.ca.reg, &o, &err)
				       : write_all(cmd.ca.reg, &o, stdout,
						 &err)) == DEVID_OK
			       ? EXIT_SUCCESS
			       : ca_cmd_fail(&err);
	ca_cmd_done(&cmd);
	return code;
}
