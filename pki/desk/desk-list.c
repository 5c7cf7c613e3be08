/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-list.h"

#include <devid/profile.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "commands.h"
#include "desk-cmd.h"
#include "fail.h"
#include "registrar-audit.h"
#include "store-list.h"

#define CERT_FILE_MAX 65536        /* bytes; a limit of ours */
#define LIST_FILE_MAX (256u << 20) /* bytes; a limit of ours */

struct call {
	struct desk desk;
	const char *unit, *model; /* borrowed, or NULL */
	const char *path;         /* borrowed */
	bool json;
	struct blob text; /* owned */
	struct store_row row;
	size_t added, changed;
};

static enum devid_err tell(struct desk *d, const char *unit, const char *what,
	struct devid_error *err)
{
	const struct registrar_event event = { .now = time(NULL),
		.name = "list",
		.who = d->who,
		.unit = unit,
		.told = what,
		.epoch = STORE_NO_EPOCH };

	return registrar_audit(d->r->store, &event, err);
}

/* Names that every reader of the list can take: printable ASCII. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= STORE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	}
	return true;
}

/* ---- writing rows ---- */

/* A certificate whose serial number and issuer are there already is the same:
 * its state may only get worse. */
static enum devid_err merge(
	struct call *call, const struct store_row *old, struct devid_error *err)
{
	const struct store_row *row = &call->row;

	if (old->kind != row->kind || strcmp(old->unit, row->unit) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"certificate %s is on the list as %s of %s",
			row->key.certificate, store_kind_name(old->kind),
			old->unit);
	if (row->state == STORE_LISTED || row->state == old->state)
		return DEVID_OK;
	call->changed++;
	return store_list_set(call->desk.r->store, &row->key, row->state, err);
}

/* Two makers may give out one serial number; a unit is one device. */
static enum devid_err refuse_other(
	void *arg, const struct store_row *row, struct devid_error *err)
{
	const struct store_row *new = arg;

	if (row->kind == STORE_IDEVID &&
		strcmp(row->key.issuer, new->key.issuer) != 0 &&
		row->state == STORE_LISTED)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"unit %s is another CA's device already: give this "
			"one another name by --unit",
			new->unit);
	return DEVID_OK;
}

static enum devid_err put(struct call *call, struct devid_error *err)
{
	struct store *s = call->desk.r->store;
	struct store_row old;
	enum devid_err rc = store_list_find(s, &call->row.key, &old, err);

	if (rc == DEVID_OK)
		return merge(call, &old, err);
	if (rc != DEVID_ERR_NOT_FOUND)
		return rc;
	if (!call->unit) /* who names the unit knows */
		rc = store_list_each(
			s, call->row.unit, refuse_other, &call->row, err);
	else
		rc = DEVID_OK;
	if (rc == DEVID_OK)
		rc = store_list_add(s, &call->row, err);
	call->added += rc == DEVID_OK;
	return rc;
}

/* ---- add ---- */

static enum devid_err read_cert(
	const struct call *call, X509 **ret, struct devid_error *err)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_mem_buf(call->text.data, (int)call->text.len);

	*ret = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	ERR_clear_error(); /* the cause is ours to tell */
	return *ret ? DEVID_OK
		    : devid_fail(err, DEVID_ERR_SYNTAX,
			      "%s: not a certificate in PEM", call->path);
}

static enum devid_err read_names(
	struct call *call, X509 *cert, struct devid_error *err)
{
	struct devid_profile_report report;
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	const char *unit = call->unit, *model = call->model;
	bool good = len > 0 && devid_profile_check(der, (size_t)len,
				       DEVID_PROFILE_IDEVID, 0, &report);

	OPENSSL_free(der);
	if (len <= 0)
		return fail_no_memory_for(err, call->path);
	if (!good)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not an IDevID: %s: %s", call->path,
			devid_rule_id(report.failed),
			report.results[report.failed].detail);
	unit = unit ? unit : report.serial;
	model = model ? model : report.model;
	if (!is_name(unit) || (model[0] && !is_name(model)))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: unit and model are 1 to %d printable characters "
			"of ASCII",
			call->path, STORE_NAME_MAX - 1);
	(void)snprintf(call->row.unit, sizeof(call->row.unit), "%s", unit);
	(void)snprintf(call->row.model, sizeof(call->row.model), "%s", model);
	return DEVID_OK;
}

static enum devid_err read_device(struct call *call, struct devid_error *err)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	enum devid_err rc =
		cmd_file_read(call->path, CERT_FILE_MAX, &call->text, err);

	call->row.kind = STORE_IDEVID;
	call->row.state = STORE_LISTED;
	call->row.epoch = STORE_NO_EPOCH;
	if (rc == DEVID_OK)
		rc = read_cert(call, &cert, err);
	if (rc == DEVID_OK)
		rc = read_names(call, cert, err);
	if (rc == DEVID_OK)
		rc = site_key_of(cert, &call->row.key, err);
	return rc;
}

static enum devid_err add(struct desk *d, void *arg, struct devid_error *err)
{
	struct call *call = arg;
	enum devid_err rc;

	call->added = call->changed = 0;
	rc = put(call, err);
	return rc == DEVID_OK ? tell(d, call->row.unit, "add", err) : rc;
}

static int run_add(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "unit", 0, "NAME", option_text, OPTION_AT(struct call, unit),
			"name of the device here (its serial number)" },
		{ "model", 0, "NAME", option_text,
			OPTION_AT(struct call, model),
			"its model (that of the certificate)" },
		DESK_ROWS(struct call, desk),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "list add",
		.usage = "usage: devid-registrar list add [--unit NAME]"
			 " [--model NAME] FILE\n"
			 "Puts the IDevID in FILE, PEM, on the list.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "FILE",
		.operands_min = 1,
		.operands_max = 1,
	};
	struct call call = { .unit = NULL };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	desk_init(&call.desk);
	code = options_read(&set, argc, argv, &call);
	if (code >= 0)
		return code;
	call.path = argv[optind];
	if (read_device(&call, &err) != DEVID_OK)
		code = desk_fail(&err);
	else
		code = desk_run(&call.desk, REGISTRAR_OPEN_AUDIT, add, &call);
	blob_done(&call.text);
	return code;
}

/* ---- import ---- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static enum devid_err read_row(
	const json_t *object, struct store_row *ret, struct devid_error *err)
{
	const char *issuer = text_of(object, "issuer");
	const char *certificate = text_of(object, "certificate");
	const char *unit = text_of(object, "unit");
	const char *model = text_of(object, "model");

	memset(ret, 0, sizeof(*ret));
	ret->epoch = STORE_NO_EPOCH;
	if (!site_key_is_good(issuer, certificate))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"issuer or certificate is not lower-case hex of its "
			"length");
	if (!store_kind_parse(text_of(object, "kind"), &ret->kind) ||
		ret->kind != STORE_IDEVID)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"kind is not IDevID; LDevIDs the registrar adds "
			"itself");
	if (!store_state_parse(text_of(object, "state"), &ret->state))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"state is not listed, revoked or retired");
	if (!is_name(unit) || (model[0] && !is_name(model)))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"unit or model is not 1 to %d printable characters of "
			"ASCII",
			STORE_NAME_MAX - 1);
	memcpy(ret->key.issuer, issuer, strlen(issuer) + 1); /* checked */
	memcpy(ret->key.certificate, certificate, strlen(certificate) + 1);
	memcpy(ret->unit, unit, strlen(unit) + 1);
	memcpy(ret->model, model, strlen(model) + 1);
	return DEVID_OK;
}

static enum devid_err import_line(
	struct call *call, struct view line, struct devid_error *err)
{
	json_error_t why;
	CLEANUP(cleanup_json)
	json_t *object = json_loadb((const char *)line.data, line.len,
		JSON_REJECT_DUPLICATES, &why);
	enum devid_err rc;

	if (!json_is_object(object))
		return devid_fail(err, DEVID_ERR_SYNTAX, "not a JSON object");
	rc = read_row(object, &call->row, err);
	return rc == DEVID_OK ? put(call, err) : rc;
}

/* All lines, or none of them. */
static enum devid_err import(struct desk *d, void *arg, struct devid_error *err)
{
	struct call *call = arg;
	struct view rest = blob_view(&call->text);

	call->added = call->changed = 0;
	for (size_t number = 1; rest.len > 0; number++) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.data) : rest.len;
		struct devid_error cause = { DEVID_OK, "" };
		enum devid_err rc = DEVID_OK;

		if (len > 0)
			rc = import_line(
				call, (struct view) { rest.data, len }, &cause);
		if (rc == DEVID_ERR_STATE || rc == DEVID_ERR_EXISTS)
			return fail_with(err, rc, &cause); /* tried again */
		if (rc != DEVID_OK)
			return devid_fail(err, rc, "import: %s:%zu: %s",
				call->path, number, devid_error_text(&cause));
		len += end != NULL;
		rest = (struct view) { rest.data + len, rest.len - len };
	}
	(void)printf("%zu added, %zu changed\n", call->added, call->changed);
	return tell(d, NULL, "import", err);
}

static int run_import(int argc, char **argv)
{
	static const struct option_row rows[] = {
		DESK_ROWS(struct call, desk),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "list import",
		.usage = "usage: devid-registrar list import FILE\n"
			 "Puts what `devid-ca export` writes for a site on "
			 "the list: all of it, or\nnothing. FILE may be -.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "FILE",
		.operands_min = 1,
		.operands_max = 1,
	};
	struct call call = { .unit = NULL };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	desk_init(&call.desk);
	code = options_read(&set, argc, argv, &call);
	if (code >= 0)
		return code;
	call.path = argv[optind];
	if (cmd_file_read(call.path, LIST_FILE_MAX, &call.text, &err) !=
		DEVID_OK)
		code = desk_fail(&err);
	else
		code = desk_run(
			&call.desk, REGISTRAR_OPEN_AUDIT, import, &call);
	blob_done(&call.text);
	return code;
}

/* ---- show ---- */

static void print_json(const struct store_row *row)
{
	CLEANUP(cleanup_json)
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
		"issuer", row->key.issuer, "certificate", row->key.certificate,
		"kind", store_kind_name(row->kind), "unit", row->unit, "model",
		row->model, "state", store_state_name(row->state), "profile",
		row->profile);

	if (object && row->epoch != STORE_NO_EPOCH) /* else it is left out */
		(void)json_object_set_new(
			object, "epoch", json_integer(row->epoch));
	if (object && json_dumpf(object, stdout, JSON_COMPACT) == 0)
		(void)putchar('\n');
}

static enum devid_err print(
	void *arg, const struct store_row *row, struct devid_error *err)
{
	const struct call *call = arg;

	(void)err; /* a failure shows at the end */
	if (call->json)
		print_json(row);
	else
		(void)printf("%s %s %s %s%s%s\n", row->unit,
			store_kind_name(row->kind),
			store_state_name(row->state), row->key.certificate,
			row->profile[0] ? " " : "", row->profile);
	return DEVID_OK;
}

static enum devid_err show(struct desk *d, void *arg, struct devid_error *err)
{
	struct call *call = arg;

	return store_list_each(d->r->store, call->unit, print, call, err);
}

static int run_show(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "json", 0, NULL, option_flag, OPTION_AT(struct call, json),
			"a JSON object a line, with all columns" },
		DESK_ROWS(struct call, desk),
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "list show",
		.usage = "usage: devid-registrar list show [--json] [UNIT]\n"
			 "Shows the list: unit, kind, state, certificate, "
			 "profile.\n",
		.notes = DESK_NOTES,
		.rows = rows,
		.operand = "UNIT",
		.operands_min = 0,
		.operands_max = 1,
	};
	struct call call = { .unit = NULL };
	int code;

	desk_init(&call.desk);
	code = options_read(&set, argc, argv, &call);
	if (code >= 0)
		return code;
	call.unit = argv[optind]; /* NULL: all */
	return desk_run(&call.desk, 0, show, &call);
}

int desk_list(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "add", run_add, "put an IDevID on the list" },
		{ "import", run_import, "put a maker's export on the list" },
		{ "show", run_show, "show the list" },
		{ NULL, NULL, NULL },
	};

	return commands_run("devid-registrar list", commands, argc, argv);
}
