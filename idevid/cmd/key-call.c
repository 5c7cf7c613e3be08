/* SPDX-License-Identifier: Apache-2.0 */
#include "key-call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd-exit.h"
#include "fact.h"
#include "progress.h"
#include "role.h"

#define AT(member) OPTION_AT(struct key_call, member)

const struct option_row key_call_rows[] = {
	{ "config", 0, "FILE", option_text, AT(config), NULL },
	{ "json", 0, NULL, option_flag, AT(json), NULL },
	{ "type", 0, "TYPE", option_text, AT(type), NULL },
	{ "pin", 0, NULL, option_flag, AT(pin), NULL },
	{ "cert", 0, "FILE", option_text, AT(cert), NULL },
	{ "replace", 0, NULL, option_flag, AT(replace), NULL },
	{ "hash", 0, "HASH", option_text, AT(hash), NULL },
	{ "scheme", 0, "SCHEME", option_text, AT(scheme), NULL },
	{ "out", 0, "FILE", option_text, AT(out), NULL },
	{ "yes", 0, NULL, option_flag, AT(yes), NULL },
	OPTION_END,
};

static const struct option_set *set_of_call; /* one call a process */

const char *key_call_error_name(enum devid_err code)
{
	static const struct {
		enum devid_err code;
		const char *name;
	} names[] = {
		{ DEVID_ERR_NOT_FOUND, "KeyNotFound" },
		{ DEVID_ERR_KEY_DISABLED, "KeyDisabled" },
		{ DEVID_ERR_KEY_EXISTS, "KeyExists" },
		{ DEVID_ERR_CERT_NOT_FOUND, "CertNotFound" },
		{ DEVID_ERR_CERT_DISABLED, "CertDisabled" },
		{ DEVID_ERR_CERT_EXISTS, "CertExists" },
		{ DEVID_ERR_IDEVID_KEY_DELETION, "IDevIDKeyDeletion" },
		{ DEVID_ERR_IDEVID_CERT_DELETION, "IDevIDCertDeletion" },
		{ DEVID_ERR_IDEVID_CHAIN_DELETION, "IDevIDChainDeletion" },
		{ DEVID_ERR_SUITE_MISMATCH, "SuiteMismatch" },
		{ DEVID_ERR_NOT_INITIALIZED, "NotInitialized" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].code == code)
			return names[i].name;
	}
	return NULL;
}

int key_call_print(json_t *json)
{
	bool ok = json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0;

	if (!json)
		(void)fprintf(stderr, "devid: no memory\n");
	(void)putchar('\n');
	json_decref(json);
	return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static json_t *text_or_null(const char *text)
{
	return text ? fact_new(text) : json_null();
}

int key_call_fail(const struct key_call *c, const struct devid_error *err)
{
	/* A file that is not there is no key that is not there. */
	const char *name = c->asked ? key_call_error_name(err->code) : NULL;
	struct devid_error told = { DEVID_OK, "" };

	/* What is wrong with the bytes says nothing of the key. */
	if (c->asked && c->key &&
		strncmp(err->text, c->key, strlen(c->key)) != 0)
		(void)devid_fail(&told, err->code, "%s: %s", c->key,
			devid_error_text(err));
	else
		told = *err;
	if (c->json)
		(void)key_call_print(json_pack("{s:s, s:o, s:b, s:o, s:s, s:o}",
			"operation", c->what, "key", text_or_null(c->key),
			"done", 0, "error", text_or_null(name), "class",
			devid_err_name(err->code), "cause",
			fact_new(devid_error_text(&told))));
	return cmd_fail(&told);
}

int key_call_done(const struct key_call *c, const char *done)
{
	if (c->json)
		return key_call_print(json_pack("{s:s, s:o, s:b}", "operation",
			c->what, "key", text_or_null(c->key), "done", 1));
	(void)printf(
		"%s%s%s\n", c->key ? c->key : "", c->key ? ": " : "", done);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int key_call_change(
	struct key_call *c, const struct client_change *what, const char *done)
{
	struct devid_error err = { DEVID_OK, "" };
	struct progress *progress = progress_begin(c->what);
	enum devid_err rc;

	c->asked = true;
	rc = client_change(c->env.socket, what, &err);
	progress_end(progress);
	return rc == DEVID_OK ? key_call_done(c, done) : key_call_fail(c, &err);
}

/* The operation, with what is between it and the text; "" where the command
 * has none. */
static const char *lead(const struct key_call *c, const char **ret_between)
{
	const char *step = strchr(c->what, ' ');

	*ret_between = step ? ": " : "";
	return step ? step + 1 : "";
}

int key_call_wrong(const struct key_call *c, const char *why)
{
	const char *between, *step = lead(c, &between);

	return options_wrong(set_of_call, "%s%s%s", step, between, why);
}

/* A name that no key has may be a typing error: devid-keyd answers to it, and
 * what is none at all never gets there. */
static int take_name(struct key_call *c, const char *name)
{
	enum key_id id;

	if (key_id_by_name(name, &id))
		name = key_id_name(id);
	else if (!keyref_name_ok(name, strlen(name)))
		return options_wrong(set_of_call, "%s: not a key's name", name);
	c->key = name;
	return -1;
}

/* As many as @operands names, of which those in brackets may be left out. */
static int take_operands(
	struct key_call *c, const struct key_step *step, int argc, char **argv)
{
	const char *between, *name = lead(c, &between);
	bool named = strstr(step->operands, "NAME") != NULL;
	int most = *step->operands ? 1 : 0;
	int n = 0;

	for (const char *p = step->operands; *p; p++)
		most += *p == ' ';
	if (argc > most)
		return options_wrong(set_of_call, "%s%s%s: unexpected argument",
			name, between, argv[most]);
	if (argc < most && *step->operands != '[')
		return options_wrong(set_of_call, "%s%sneeds %s", name, between,
			step->operands);
	if (named && argc > n && take_name(c, argv[n++]) >= 0)
		return EXIT_USAGE;
	if (argc > n)
		c->file = argv[n];
	return -1;
}

static int run_step(struct key_call *c, const struct key_step *step)
{
	const struct client_change change = {
		.op = step->op, .arg = step->arg, .key = c->key
	};
	struct devid_error err = { DEVID_OK, "" };
	int code;

	if (cmd_env_load(c->config, &c->env, &err) != DEVID_OK) {
		(void)cmd_fail(&err);
		return EXIT_USAGE;
	}
	code = step->run ? step->run(c)
			 : key_call_change(c, &change, step->done);
	cmd_env_done(&c->env);
	return code;
}

int key_call_run(const struct option_set *set, const struct key_step *steps,
	int argc, char **argv)
{
	struct key_call c = { .config = NULL };
	const struct key_step *step = steps;
	int code = options_read(set, argc, argv, &c);

	if (code >= 0)
		return code;
	set_of_call = set;
	while (step->name && strcmp(step->name, argv[optind]) != 0)
		step++;
	if (!step->name)
		return options_wrong(
			set, "%s: no such operation", argv[optind]);
	(void)snprintf(c.step, sizeof(c.step), "%s %s", set->command,
		step->name); /* fits */
	c.what = c.step;
	code = options_only(set, c.given, step->name, step->options);
	if (code < 0)
		code = take_operands(
			&c, step, argc - optind - 1, argv + optind + 1);
	return code < 0 ? run_step(&c, step) : code;
}

int key_call_alone(const struct option_set *set, const struct key_step *step,
	int argc, char **argv)
{
	struct key_call c = { .what = set->command };
	int code = options_read(set, argc, argv, &c);

	if (code >= 0)
		return code;
	set_of_call = set;
	code = options_only(set, c.given, set->command, step->options);
	if (code < 0)
		code = take_operands(&c, step, argc - optind, argv + optind);
	return code < 0 ? run_step(&c, step) : code;
}
