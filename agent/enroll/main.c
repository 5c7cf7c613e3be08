/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "client.h"
#include "cmd-exit.h"
#include "conf.h"
#include "confine.h"
#include "enroll-request.h"
#include "enroll-steps.h"
#include "est-link.h"
#include "files.h"
#include "log.h"
#include "options.h"
#include "role.h"

#define USER         "devid-enroll"
#define EXIT_FAILED  1
#define EXIT_PENDING 3
#define ANCHORS_MAX  65536 /* bytes of a PEM file; a limit of ours */

struct call {
	const char *config; /* borrowed, as all here */
	const char *staging, *key, *identity, *domain, *anchor;
	const char *server_names[ENROLL_NAMES_MAX];
	size_t n_server_names;
	bool debug;
};

static enum devid_err add_name(void *target, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	struct call *c = target;

	(void)row;
	if (c->n_server_names == ENROLL_NAMES_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d names", ENROLL_NAMES_MAX);
	c->server_names[c->n_server_names++] = argument;
	return DEVID_OK;
}

#define AT(member)   OPTION_AT(struct call, member)
#define MUST(member) OPTION_MUST(struct call, member)

static const struct option_row rows[] = {
	{ "config", 'c', "FILE", option_text, AT(config),
		"settings (" CONF_DEFAULT_PATH ")" },
	{ "staging", 0, "DIR", option_text, MUST(staging),
		"where request and results are written" },
	{ "key", 0, "NAME", option_text, MUST(key),
		"key to be certified, ldevid-N" },
	{ "identity", 0, "NAME", option_text, AT(identity),
		"key that is shown to the registrar (idevid)" },
	{ "domain", 0, "DOMAIN", option_text, AT(domain),
		"domain that DHCP gave" },
	{ "anchor", 0, "FILE", option_text, AT(anchor),
		"issuer that the RADIUS server showed, PEM" },
	{ "server-name", 0, "NAME", add_name, OPTION_MANY_ALL,
		"name of the RADIUS server" },
	{ "debug", 'd', NULL, option_flag, AT(debug), "log every step" },
	OPTION_END,
};

static const struct option_set option_set = {
	.program = "devid-enroll",
	.usage = "usage: devid-enroll [options] enrol|document|drop\n"
		 "       devid-enroll --help | --version\n"
		 "Asks the site's EST server for an LDevID, or for the site's "
		 "onboarding document;\nruns as the user " USER
		 " and is started by devid-agent.\n",
	.rows = rows,
	.operand = "an operation",
	.operands_min = 1,
	.operands_max = 1,
};

/* Started as root it becomes its own user, for good. */
static enum devid_err become_user(struct devid_error *err)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return DEVID_OK;
	pw = getpwnam(USER);
	if (!pw || pw->pw_uid == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"user " USER ": there is none to run as");
	if (setgroups(0, NULL) != 0 ||
		setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
		setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return devid_fail(err, DEVID_ERR_IO, "user " USER ": %s",
			strerror(errno));
	return DEVID_OK;
}

/* A folder of this user's that nobody else writes to. */
static enum devid_err check_staging(const char *path, struct devid_error *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "%s: %s", path,
			strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
		(st.st_mode & (S_IWGRP | S_IWOTH)))
		return devid_fail(err, DEVID_ERR_DENIED,
			"%s: not a folder that only this user writes to", path);
	return DEVID_OK;
}

/* Nothing of the environment counts but where devid-keyd is, which the provider
 * reads there. */
static enum devid_err clean_environment(
	const char *socket, struct devid_error *err)
{
	if (clearenv() != 0 || setenv("DEVID_KEYD_SOCKET", socket, 1) != 0)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	return DEVID_OK;
}

static enum devid_err read_anchors(const struct call *c,
	const struct enroll_settings *s, struct blob *ret,
	struct devid_error *err)
{
	const char *path = s->trust_file ? s->trust_file : c->anchor;

	return path ? files_read(path, ANCHORS_MAX, &ret->data, &ret->len, err)
		    : DEVID_OK;
}

static enum devid_err shut_in(const struct call *c,
	const struct enroll_settings *s, struct devid_error *err)
{
	const char *const readable[] = { c->config, s->modules,
		c->anchor ? c->anchor : c->config,
		s->trust_file ? s->trust_file : c->config, NULL };
	bool files = false;
	enum devid_err rc = clean_environment(s->socket, err);

	if (rc == DEVID_OK)
		rc = est_link_init(s->modules, err);
	if (rc == DEVID_OK)
		rc = confine(c->staging, readable, &files, err);
	if (rc == DEVID_OK && !files)
		log_warn("Landlock: this kernel has none: files are not "
			 "confined");
	return rc;
}

/* The socket of the environment first, as for all programs. */
static enum devid_err settle_socket(
	struct enroll_settings *s, struct devid_error *err)
{
	return getenv("DEVID_KEYD_SOCKET")
		       ? conf_string(&s->socket, wire_socket_path(), err)
		       : DEVID_OK;
}

static int finish(const struct call *c, const struct enroll_result *result)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];

	if (result->end == ENROLL_DONE)
		log_info("%s: %s: done", enroll_op_name(result->op),
			result->key);
	else if (result->end == ENROLL_PENDING)
		log_info("%s: %s: %s: asked again in %u s",
			enroll_op_name(result->op), result->key, result->reason,
			result->retry_after);
	else
		log_error("%s: %s: %s", enroll_op_name(result->op),
			enroll_class_name(result->class), result->reason);
	if (snprintf(path, sizeof(path), "%s/%s", c->staging,
		    ENROLL_RESULT_NAME) >= (int)sizeof(path) ||
		enroll_result_write(path, result, &err) != DEVID_OK) {
		log_error("result: %s", devid_error_text(&err));
		return EXIT_FAILED;
	}
	return result->end == ENROLL_DONE      ? EXIT_SUCCESS
	       : result->end == ENROLL_PENDING ? EXIT_PENDING
					       : EXIT_FAILED;
}

/* What keeps an operation from beginning at all. */
static int cannot(const struct call *c, enum enroll_op op,
	enum enroll_class class, const struct devid_error *err)
{
	struct enroll_result result = { .op = op,
		.end = ENROLL_FAILED,
		.class = class };

	(void)snprintf(
		result.key, sizeof(result.key), "%.*s", KEY_NAME_MAX, c->key);
	enroll_result_set_reason(&result, devid_error_text(err));
	return finish(c, &result);
}

static int run(const struct call *c, enum enroll_op op)
{
	CLEANUP(cleanup_enroll_settings) struct enroll_settings *s = NULL;
	CLEANUP(blob_done) struct blob anchors = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct enroll_call call = { .op = op,
		.staging = c->staging,
		.key = c->key,
		.identity = c->identity,
		.domain = c->domain,
		.n_server_names = c->n_server_names };
	struct enroll_result result;

	if (enroll_settings_load(c->config, &s, &err) != DEVID_OK) {
		(void)cannot(c, op, ENROLL_LOCAL, &err);
		return EXIT_USAGE;
	}
	if (read_anchors(c, s, &anchors, &err) != DEVID_OK)
		return cannot(c, op, ENROLL_NO_ANCHOR, &err);
	if (settle_socket(s, &err) != DEVID_OK ||
		shut_in(c, s, &err) != DEVID_OK)
		return cannot(c, op, ENROLL_LOCAL, &err);
	memcpy(call.server_names, c->server_names, sizeof(call.server_names));
	call.anchors = blob_view(&anchors);
	call.settings = s;
	enroll_steps_run(&call, &result);
	return finish(c, &result);
}

static int check_call(
	const struct call *c, const char *op_name, enum enroll_op *ret)
{
	enum key_id id;

	if (!enroll_op_by_name(op_name, ret))
		return options_wrong(
			&option_set, "'%s' is no operation", op_name);
	if (!key_id_by_name(c->key, &id) || key_id_role(id) != KEY_ROLE_LDEVID)
		return options_wrong(
			&option_set, "--key: '%s' is no key of a site", c->key);
	if (!key_id_by_name(c->identity, &id) ||
		(key_id_row(id)->purposes & PURPOSE_TLS_CLIENT) == 0)
		return options_wrong(&option_set,
			"--identity: '%s' is no key for a client of TLS",
			c->identity);
	return -1;
}

int main(int argc, char *argv[])
{
	struct call call = { .config = CONF_DEFAULT_PATH,
		.identity = "idevid" };
	struct devid_error err = { DEVID_OK, "" };
	enum enroll_op op = ENROLL_OP_ENROL;
	int code;

	log_init("devid-enroll", LOG_LEVEL_INFO);
	code = options_read(&option_set, argc, argv, &call);
	if (code < 0)
		code = check_call(&call, argv[optind], &op);
	if (code >= 0)
		return code;
	if (call.debug)
		log_init("devid-enroll", LOG_LEVEL_DEBUG);
	if (become_user(&err) != DEVID_OK ||
		check_staging(call.staging, &err) != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	return run(&call, op);
}
