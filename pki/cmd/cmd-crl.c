/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca crl`, `ocsp`, `publish` and `revoke`: what becomes of
 * certificates after they were issued, by hand or from a timer. */
#include "cmd-crl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca-cmd.h"
#include "ca-revoke.h"
#include "cmd-exit.h"
#include "fail.h"
#include "hex.h"
#include "log.h"
#include "operator.h"
#include "publish-files.h"
#include "publish-ocsp.h"
#include "publish.h"
#include "reason.h"
#include "register-cert.h"
#include "register-device.h"

#define OCSP_PORTION 1024 /* answers between two looks at the register */

struct call {
	struct ca_cmd cmd;
	bool delta;
	int reason;         /* CRLReason */
	const char *serial; /* borrowed */
};

typedef enum devid_err run_fn(
	struct ca *ca, const struct call *call, struct devid_error *err);

static enum devid_err run_crl(
	struct ca *ca, const struct call *call, struct devid_error *err)
{
	return publish_crl(ca, call->delta, err);
}

static enum devid_err run_ocsp(
	struct ca *ca, const struct call *call, struct devid_error *err)
{
	int64_t n = 0, sum = 0;
	enum devid_err rc;

	(void)call;
	do {
		rc = publish_ocsp(ca, OCSP_PORTION, &n, err);
		if (rc == DEVID_OK)
			sum += n;
	} while (rc == DEVID_OK && n > 0);
	if (rc == DEVID_OK)
		(void)printf("%" PRId64 " answers signed\n", sum); /* flushed */
	return rc;
}

static enum devid_err run_publish(
	struct ca *ca, const struct call *call, struct devid_error *err)
{
	(void)call;
	return publish_files(ca, err);
}

static enum devid_err print_revoked(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	char serial[2 * SERIAL_LEN + 1];

	(void)arg;
	(void)err; /* a failure shows at the end */
	if (cert->state != REGISTER_REVOKED)
		return DEVID_OK;
	hex_encode(cert->serial, cert->serial_len, serial);
	(void)printf("revoked %s %s\n", key_role_name(cert->role), serial);
	return DEVID_OK;
}

/* The live device @serial; it is none any more once it is revoked. */
static enum devid_err find_device(struct ca *ca, const char *serial,
	struct register_device *ret, struct devid_error *err)
{
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = register_device_by_serial(ca->reg, serial, ret, err);
	register_rollback(ca->reg);
	return rc;
}

static enum devid_err run_revoke(
	struct ca *ca, const struct call *call, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct register_device device = { .id = 0 };
	char who[REGISTER_WHO_MAX];
	enum devid_err rc, found;

	operator_name(who);
	found = find_device(ca, call->serial, &device, &cause);
	if (found != DEVID_OK && found != DEVID_ERR_NOT_FOUND)
		return fail_with(err, found, &cause);
	/* Asked for also when there is none: the audit log is to say so. */
	rc = ca_revoke(ca, call->serial, call->reason, who, err);
	if (rc != DEVID_OK || found != DEVID_OK)
		return rc;
	rc = register_begin_read(ca->reg, err);
	if (rc != DEVID_OK)
		return rc;
	rc = register_certs_of_device(
		ca->reg, device.id, print_revoked, NULL, err);
	register_rollback(ca->reg);
	return rc;
}

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

static int run_command(const struct option_set *set, run_fn *run, unsigned open,
	int argc, char **argv)
{
	struct call call = { .delta = false };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	ca_cmd_init(&call.cmd, set->command);
	code = options_read(set, argc, argv, &call);
	if (code >= 0)
		return code;
	call.serial = argv[optind]; /* NULL without argument */
	code = ca_cmd_open(&call.cmd, open);
	if (code < 0) {
		code = EXIT_SUCCESS;
		if (run(&call.cmd.ca, &call, &err) != DEVID_OK)
			code = ca_cmd_fail(&err);
	}
	ca_cmd_done(&call.cmd);
	if (code == EXIT_SUCCESS && cmd_file_flush(&err) != DEVID_OK)
		return ca_cmd_fail(&err);
	return code;
}

int cmd_crl(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "delta", 0, NULL, option_flag, OPTION_AT(struct call, delta),
			"what was revoked since the last full list" },
		CA_CMD_ROWS(struct call, cmd),
		CA_CMD_CLOCK_ROW(struct call, cmd),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "crl",
		.usage = "usage: devid-ca crl [--delta] [--accept-clock]\n"
			 "Makes a revocation list and publishes it.\n",
		.notes = CA_CMD_NOTES,
		.rows = rows,
	};

	return run_command(&set, run_crl,
		CA_OPEN_REGISTER | CA_OPEN_CLOCK | CA_OPEN_TOKEN, argc, argv);
}

static const struct option_row common_rows[] = {
	CA_CMD_ROWS(struct call, cmd),
	OPTION_END,
};

int cmd_ocsp(int argc, char **argv)
{
	static const struct option_row rows[] = {
		CA_CMD_ROWS(struct call, cmd),
		CA_CMD_CLOCK_ROW(struct call, cmd),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "ocsp",
		.usage = "usage: devid-ca ocsp [--accept-clock]\n"
			 "Signs OCSP answers for what is new, and in time for "
			 "all again.\n",
		.notes = CA_CMD_NOTES,
		.rows = rows,
	};

	return run_command(&set, run_ocsp,
		CA_OPEN_REGISTER | CA_OPEN_CLOCK | CA_OPEN_TOKEN, argc, argv);
}

int cmd_publish(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "publish",
		.usage = "usage: devid-ca publish\n"
			 "Writes certificates and the newest lists to the "
			 "publish folder.\n",
		.notes = CA_CMD_NOTES,
		.rows = common_rows,
	};

	return run_command(&set, run_publish, CA_OPEN_REGISTER, argc, argv);
}

int cmd_revoke(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "reason", 0, "REASON", take_reason,
			OPTION_MUST(struct call, reason),
			"keyCompromise, superseded, cessationOfOperation,\n"
			"affiliationChanged, privilegeWithdrawn,\n"
			"cACompromise, aACompromise, unspecified" },
		CA_CMD_ROWS(struct call, cmd),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "revoke",
		.usage = "usage: devid-ca revoke --reason REASON SERIAL\n"
			 "Revokes all certificates of the device SERIAL, for "
			 "ever.\n",
		.notes = CA_CMD_NOTES,
		.rows = rows,
		.operand = "SERIAL",
		.operands_min = 1,
		.operands_max = 1,
	};

	return run_command(
		&set, run_revoke, CA_OPEN_REGISTER | CA_OPEN_TOKEN, argc, argv);
}
