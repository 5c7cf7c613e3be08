/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-look.h"

#include <inttypes.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "desk-cmd.h"
#include "fail.h"
#include "register-audit-check.h"
#include "register-audit.h"
#include "registrar-crl.h"

struct call {
	struct desk desk;
	bool lines;
};

static const struct option_row plain_rows[] = {
	DESK_ROWS(struct call, desk),
	OPTION_END,
};

typedef enum devid_err look_fn(
	struct registrar *r, struct call *call, struct devid_error *err);

static int run(const struct option_set *set, unsigned parts, look_fn *look,
	int argc, char **argv)
{
	struct call call = { .lines = false };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;
	int code;

	desk_init(&call.desk);
	code = options_read(set, argc, argv, &call);
	if (code >= 0)
		return code;
	code = desk_open(&call.desk, parts);
	if (code < 0) {
		rc = look(call.desk.r, &call, &err);
		if (rc == DEVID_OK)
			rc = cmd_file_flush(&err);
		code = rc == DEVID_OK ? EXIT_SUCCESS : desk_fail(&err);
	}
	desk_done(&call.desk);
	return code;
}

/* ---- ca ---- */

static enum devid_err print_ca(
	struct registrar *r, struct call *call, struct devid_error *err)
{
	bool good = PEM_write_X509(stdout, r->ca) == 1;

	(void)call;
	for (int i = 0; good && i < sk_X509_num(r->above); i++)
		good = PEM_write_X509(stdout, sk_X509_value(r->above, i)) == 1;
	return good ? DEVID_OK : fail_no_memory_for(err, "ca");
}

int desk_ca(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "ca",
		.usage = "usage: devid-registrar ca\n"
			 "Prints the certificate of the site's CA and those "
			 "above it.\n",
		.notes = DESK_NOTES,
		.rows = plain_rows,
	};

	return run(&set, REGISTRAR_OPEN_TRUST, print_ca, argc, argv);
}

/* ---- crl ---- */

static enum devid_err make_crl(
	struct registrar *r, struct call *call, struct devid_error *err)
{
	(void)call;
	return registrar_crl_make(r, time(NULL), err);
}

int desk_crl(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "crl",
		.usage = "usage: devid-registrar crl\n"
			 "Makes a revocation list and writes it to the publish "
			 "folder.\n",
		.notes = DESK_NOTES,
		.rows = plain_rows,
	};

	return run(&set, REGISTRAR_OPEN_AUDIT | REGISTRAR_OPEN_CA, make_crl,
		argc, argv);
}

/* ---- audit ---- */

static enum devid_err print_line(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	(void)arg;
	(void)err; /* a failure shows at the end */
	(void)printf(
		"%s %" PRId64 " %s\n", line->instance, line->seq, line->line);
	return DEVID_OK;
}

static enum devid_err check_audit(
	struct store *s, void *arg, struct devid_error *err)
{
	struct call *call = arg;
	EVP_PKEY *key = call->desk.r->audit_signer->public_key;
	int64_t n = 0;
	enum devid_err rc = register_audit_check(s->reg, key, &n, err);

	if (rc == DEVID_OK && call->lines)
		return register_each_audit(s->reg, print_line, NULL, err);
	if (rc == DEVID_OK)
		(void)printf(
			"%" PRId64 " lines, all as they were written\n", n);
	return rc;
}

static enum devid_err look_audit(
	struct registrar *r, struct call *call, struct devid_error *err)
{
	return store_read(r->store, check_audit, call, err);
}

int desk_audit(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "export", 0, NULL, option_flag, OPTION_AT(struct call, lines),
			"prints the lines" },
		DESK_ROWS(struct call, desk),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "audit",
		.usage =
			"usage: devid-registrar audit [--export]\n"
			"Verifies the audit log: every line is there and as it "
			"was written.\n",
		.notes = DESK_NOTES,
		.rows = rows,
	};

	return run(&set, REGISTRAR_OPEN_AUDIT, look_audit, argc, argv);
}

/* ---- check ---- */

static enum devid_err print_check(
	struct registrar *r, struct call *call, struct devid_error *err)
{
	(void)call;
	if (X509_cmp_current_time(X509_get0_notAfter(r->ca)) < 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: the certificate of the site's CA has expired",
			r->conf->ca_certificate);
	(void)printf("%zu makers, %zu profiles: token, database and files can "
		     "be used\n",
		r->conf->n_makers, r->conf->n_profiles);
	return DEVID_OK;
}

int desk_check(int argc, char **argv)
{
	static const struct option_set set = {
		.command = "check",
		.usage = "usage: devid-registrar check\n"
			 "Opens all that the service needs, and says what is "
			 "wrong.\n",
		.notes = DESK_NOTES,
		.rows = plain_rows,
	};

	return run(&set,
		REGISTRAR_OPEN_AUDIT | REGISTRAR_OPEN_CA | REGISTRAR_OPEN_TRUST,
		print_check, argc, argv);
}
