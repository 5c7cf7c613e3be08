/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca crl`, `ocsp`, `publish` and `revoke`: what becomes of
 * certificates after they were issued, by hand or from a timer. */
#include "ca-cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "log.h"
#include "operator.h"
#include "pki-cmd.h"
#include "publish.h"
#include "reason.h"

#define OCSP_PORTION 1024 /* answers between two looks at the register */
#define OPT_DELTA    'd'
#define OPT_REASON   'r'
#define OPT_HELP     'h'

static const char crl_usage[] =
	"usage: devid-ca crl [--delta]\n"
	"Makes a revocation list and publishes it.\n\n"
	"  --delta  what was revoked since the last full list\n" CA_CMD_USAGE;

static const char ocsp_usage[] =
	"usage: devid-ca ocsp\n"
	"Signs OCSP answers for what is new, and in time for all again.\n" CA_CMD_USAGE;

static const char publish_usage[] =
	"usage: devid-ca publish\n"
	"Writes certificates and the newest lists to the publish folder.\n" CA_CMD_USAGE;

static const char revoke_usage[] =
	"usage: devid-ca revoke --reason REASON SERIAL\n"
	"Revokes both certificates of the device SERIAL, for ever.\n\n"
	"  --reason REASON  keyCompromise, superseded, cessationOfOperation,\n"
	"                   affiliationChanged, privilegeWithdrawn,\n"
	"                   cACompromise, aACompromise, unspecified\n" CA_CMD_USAGE;

struct call {
	bool delta;
	int reason; /* -1: none given */
	const char *serial;
};

struct command {
	const char *usage;
	unsigned open;
	int n_args;
	int own_option; /* beside those that all have, or 0 */
	enum devid_err (*run)(struct ca *ca, const struct call *call,
		struct devid_error *err);
};

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
	if (rc == DEVID_OK && printf("%" PRId64 " answers signed\n", sum) < 0)
		return devid_fail(err, DEVID_ERR_IO,
			"standard output: cannot be written");
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
		return devid_fail(err, found, "%s", devid_error_text(&cause));
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

static int wrong_call(const struct command *command)
{
	(void)fputs(command->usage, stderr);
	return PKI_EXIT_USAGE;
}

static int parse_reason(const char *name)
{
	int reason = reason_by_name(name);

	if (reason < 0) {
		log_error("revoke: --reason: %s: not a reason to revoke", name);
		return -1;
	}
	return reason;
}

/* -1 to go on, else the exit status. */
static int parse(const struct command *command, int argc, char **argv,
	struct ca_cmd *cmd, struct call *call)
{
	static const struct option options[] = {
		CA_CMD_OPTIONS,
		{ "delta", no_argument, NULL, OPT_DELTA },
		{ "reason", required_argument, NULL, OPT_REASON },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == OPT_HELP)
			return fputs(command->usage, stdout) < 0;
		if (opt == command->own_option && opt == OPT_DELTA)
			call->delta = true;
		else if (opt == command->own_option && opt == OPT_REASON)
			call->reason = parse_reason(optarg);
		else if (!ca_cmd_option(cmd, opt))
			return wrong_call(command);
		if (opt == OPT_REASON && call->reason < 0)
			return PKI_EXIT_USAGE;
	}
	if (command->own_option == OPT_REASON && call->reason < 0) {
		log_error("revoke: --reason is missing");
		return wrong_call(command);
	}
	if (argc - optind != command->n_args)
		return wrong_call(command);
	call->serial = argv[optind]; /* NULL without argument */
	return -1;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct call call = { .reason = -1 };
	struct devid_error err = { DEVID_OK, "" };
	struct ca_cmd cmd;
	int code;

	ca_cmd_init(&cmd);
	code = parse(command, argc, argv, &cmd, &call);
	if (code >= 0)
		return code;
	code = ca_cmd_open(&cmd, command->open);
	if (code < 0) {
		code = EXIT_SUCCESS;
		if (command->run(&cmd.ca, &call, &err) != DEVID_OK)
			code = ca_cmd_fail(&err);
	}
	ca_cmd_done(&cmd);
	if (code == EXIT_SUCCESS && (fflush(stdout) != 0 || ferror(stdout))) {
		log_error("standard output: cannot be written");
		return EXIT_FAILURE;
	}
	return code;
}

int cmd_crl(int argc, char **argv)
{
	static const struct command command = { crl_usage,
		CA_OPEN_REGISTER | CA_OPEN_TOKEN, 0, OPT_DELTA, run_crl };

	return run_command(&command, argc, argv);
}

int cmd_ocsp(int argc, char **argv)
{
	static const struct command command = { ocsp_usage,
		CA_OPEN_REGISTER | CA_OPEN_TOKEN, 0, 0, run_ocsp };

	return run_command(&command, argc, argv);
}

int cmd_publish(int argc, char **argv)
{
	static const struct command command = { publish_usage, CA_OPEN_REGISTER,
		0, 0, run_publish };

	return run_command(&command, argc, argv);
}

int cmd_revoke(int argc, char **argv)
{
	static const struct command command = { revoke_usage,
		CA_OPEN_REGISTER | CA_OPEN_TOKEN, 1, OPT_REASON, run_revoke };

	return run_command(&command, argc, argv);
}
