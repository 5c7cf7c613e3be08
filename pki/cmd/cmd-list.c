/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca list`: which devices have which certificates. */
#include "cmd-list.h"

#include <stdio.h>
#include <stdlib.h>

#include "ca-cmd.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "device-json.h"
#include "fail.h"
#include "hex.h"
#include "reason.h"
#include "register-cert.h"
#include "register-device.h"

#define PAGE 256 /* devices read at once */

struct page {
	size_t n;
	struct register_device list[PAGE];
};

struct options {
	struct ca_cmd cmd;
	bool json;
	const char *serial; /* borrowed, or NULL */
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, option_flag, OPTION_AT(struct options, json),
		"one JSON object on a line per device" },
	CA_CMD_ROWS(struct options, cmd),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "list",
	.usage = "usage: devid-ca list [--json] [SERIAL]\n"
		 "Shows every device, or those that have or had SERIAL, with "
		 "their certificates.\n",
	.notes = CA_CMD_NOTES,
	.rows = rows,
	.operands_max = 1,
};

static enum devid_err print_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	char serial[2 * SERIAL_LEN + 1] = "", when[DEVICE_TIME_MAX];

	(void)arg;
	(void)err;
	hex_encode(cert->serial, cert->serial_len, serial);
	device_time_text(cert->created, when);
	(void)printf("  %-6s  %-7s  %s  %s  %s", key_role_name(cert->role),
		key_alg_name(cert->alg), serial, when,
		device_state_name(cert->state));
	if (cert->state == REGISTER_REVOKED) {
		device_time_text(cert->revoked_at, when);
		(void)printf(" %s, %s", when, reason_name(cert->reason));
	}
	(void)putchar('\n');
	return DEVID_OK;
}

static void print_device(const struct register_device *d)
{
	char ek[65], when[DEVICE_TIME_MAX];

	hex_encode(d->ek_fingerprint, 32, ek);
	device_time_text(d->created, when);
	(void)printf("%s  %s  %s  %s\n", d->serial, d->model,
		device_state_name(d->state), when);
	(void)printf("  TPM     %s%s%s %s, EK %s\n", d->tpm_vendor,
		d->tpm_vendor[0] ? " " : "", d->tpm_model, d->tpm_firmware, ek);
	(void)printf("  asked   by %s\n", d->station);
}

static enum devid_err show_json(struct reg *reg,
	const struct register_device *d, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *json = NULL;
	enum devid_err rc = device_json(reg, d, &json, err);

	if (rc == DEVID_OK && json_dumpf(json, stdout, JSON_COMPACT) == 0)
		(void)putchar('\n'); /* a failure shows in fflush() */
	return rc;
}

/* ---- walking ---- */

static enum devid_err keep(void *arg, const struct register_device *device,
	struct devid_error *err)
{
	struct page *page = arg;

	if (page->n == PAGE)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"list: %s: more than %d devices", device->serial, PAGE);
	page->list[page->n++] = *device;
	return DEVID_OK;
}

static enum devid_err show_page(struct reg *reg, const struct page *page,
	bool json, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < page->n && rc == DEVID_OK; i++) {
		const struct register_device *d = &page->list[i];

		if (json) {
			rc = show_json(reg, d, err);
			continue;
		}
		print_device(d);
		rc = register_certs_of_device(
			reg, d->id, print_cert, NULL, err);
	}
	return rc;
}

static enum devid_err show_all(
	struct reg *reg, struct page *page, bool json, struct devid_error *err)
{
	struct register_page which = { .limit = PAGE };
	enum devid_err rc;

	do {
		page->n = 0;
		rc = register_each_device(reg, &which, keep, page, err);
		if (rc == DEVID_OK)
			rc = show_page(reg, page, json, err);
		if (page->n)
			which.after = page->list[page->n - 1].id;
	} while (rc == DEVID_OK && page->n == PAGE);
	return rc;
}

static enum devid_err show_serial(struct reg *reg, struct page *page,
	const struct options *o, struct devid_error *err)
{
	enum devid_err rc =
		register_each_device_named(reg, o->serial, keep, page, err);

	if (rc == DEVID_OK && page->n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"list: %s: no such device", o->serial);
	return rc == DEVID_OK ? show_page(reg, page, o->json, err) : rc;
}

static enum devid_err run(
	struct reg *reg, const struct options *o, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct page *page = calloc(1, sizeof(*page));
	enum devid_err rc;

	if (!page)
		return fail_no_memory_for(err, "list");
	rc = register_begin_read(reg, err);
	if (rc != DEVID_OK)
		return rc;
	rc = o->serial ? show_serial(reg, page, o, err)
		       : show_all(reg, page, o->json, err);
	register_rollback(reg);
	return rc == DEVID_OK ? cmd_file_flush(err) : rc;
}

int cmd_list(int argc, char **argv)
{
	struct options o = { .json = false };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	ca_cmd_init(&o.cmd, "list");
	code = options_read(&option_set, argc, argv, &o);
	if (code >= 0)
		return code;
	o.serial = argv[optind]; /* NULL without argument */
	code = ca_cmd_open(&o.cmd, CA_OPEN_REGISTER);
	if (code < 0)
		code = run(o.cmd.ca.reg, &o, &err) == DEVID_OK
			       ? EXIT_SUCCESS
			       : ca_cmd_fail(&err);
	ca_cmd_done(&o.cmd);
	return code;
}
