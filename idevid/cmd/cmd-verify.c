/* SPDX-License-Identifier: Apache-2.0 */
/* devid verify: which unit answers? */
#include "cmd-verify.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd-exit.h"
#include "cmd-file.h"
#include "fail.h"
#include "log.h"
#include "options.h"
#include "progress.h"
#include "verify-file.h"
#include "verify-peer.h"
#include "verify-print.h"

#define EXIT_GENUINE     0
#define EXIT_NOT_GENUINE 1
#define EXIT_UNREACHABLE 3

#define TIMEOUT_DEFAULT 10   /* seconds */
#define TIMEOUT_MAX     3600 /* seconds; a limit of ours */
#define TARGETS_MAX     4096 /* hosts of one call; a limit of ours */
#define WORKERS_MAX     16   /* hosts asked at once */

struct options {
	const char *serial; /* borrowed from argv, or NULL */
	const char *chain;  /* borrowed from argv, or NULL */
	bool json, strict;
	uint32_t given;                  /* options */
	unsigned n_roots;                /* files: a manufacturer each */
	unsigned timeout;                /* seconds */
	unsigned forms;                  /* DEVID_SERIAL_* */
	struct devid_verifier *verifier; /* owned */
};

struct job {
	const char *text; /* borrowed from argv */
	struct peer_target target;
	struct peer_outcome outcome;
};

struct jobs {
	const struct options *options; /* borrowed */
	struct job *list;              /* owned by the caller */
	size_t n;
	atomic_size_t next;
};

static void cleanup_options(struct options *o)
{
	devid_verifier_free(o->verifier);
}

/* ---- options ---- */

static enum devid_err take_root(void *target, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	struct options *o = target;

	(void)row;
	o->n_roots++;
	return devid_verifier_add_root_pem_file(o->verifier, argument, err);
}

static enum devid_err take_serial(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	if (!argument[0])
		return devid_fail(err, DEVID_ERR_INVALID, "empty");
	return option_text(member, argument, row, err);
}

static enum devid_err take_form(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	unsigned *forms = member;

	(void)row;
	if (strcmp(argument, "pid-sn") == 0)
		*forms |= DEVID_SERIAL_PID_SN;
	else if (strcmp(argument, "basemac") == 0)
		*forms |= DEVID_SERIAL_BASEMAC;
	else
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not pid-sn or basemac", argument);
	return DEVID_OK;
}

#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "root", 0, "FILE", take_root, OPTION_MANY_ALL,
		"trust the CA certificates of this PEM file" },
	{ "serial", 0, "S", take_serial, AT(serial),
		"expect this subject serial number" },
	{ "serial-form", 0, "FORM", take_form,
		OPTION_MANY(struct options, forms),
		"also accept S in this form: pid-sn, basemac" },
	{ "strict", 0, NULL, option_flag, AT(strict),
		"refuse what only a SHOULD of the profile asks" },
	{ "timeout", 0, "SEC", option_uint,
		OPTION_WITHIN(struct options, timeout, 1, TIMEOUT_MAX),
		"give up on a host after SEC seconds (10)" },
	{ "chain", 0, "FILE", option_text, AT(chain),
		"judge a saved PEM chain, leaf first; - is standard\n"
		"input" },
	{ "json", 0, NULL, option_flag, AT(json),
		"print one JSON object with every rule" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "verify",
	.usage = "usage: devid verify --root FILE... [--serial S] [OPTION]... "
		 "HOST[:PORT]...\n"
		 "       devid verify --root FILE... [--serial S] [OPTION]... "
		 "--chain FILE\n\n"
		 "Proves which unit answers over TLS, up to the manufacturer's "
		 "root.\n",
	.notes = "exit: 0 genuine, 1 not genuine, 2 wrong call, 3 not "
		 "reachable;\n"
		 "of several hosts the worst counts, in the order 2, 1, 3, "
		 "0.\n",
	.rows = rows,
	.operands_max = -1,
	.given = offsetof(struct options, given),
};

/* -1, or the exit status. */
static int read_options(struct options *o, int argc, char **argv)
{
	int code = options_read(&option_set, argc, argv, o);

	if (code >= 0)
		return code;
	devid_verifier_set_strict(o->verifier, o->strict);
	devid_verifier_set_serial_forms(o->verifier, o->forms);
	if ((o->chain != NULL) == (optind < argc))
		return options_wrong(&option_set,
			"give either HOST[:PORT]... or --chain FILE");
	if (o->forms && !o->serial)
		return options_wrong(&option_set,
			"--serial-form: without --serial no form is expected");
	if (o->chain)
		code = options_only(&option_set, o->given, "--chain",
			"root serial serial-form strict chain json");
	if (code >= 0)
		return code;
	if (o->n_roots == 0)
		return options_wrong(&option_set,
			"--root: missing: name the manufacturer's root "
			"certificate; the system's store is never used");
	/* Two manufacturers may have a unit of one number each. */
	if (o->serial && o->n_roots > 1)
		return options_wrong(&option_set,
			"--serial: with %u --root files nothing says whose "
			"unit is expected: name its manufacturer's roots "
			"alone, in one file",
			o->n_roots);
	return -1;
}

/* ---- judging ---- */

static void *work(void *arg)
{
	struct jobs *jobs = arg;
	const struct options *o = jobs->options;
	size_t i;

	while ((i = atomic_fetch_add(&jobs->next, 1)) < jobs->n)
		peer_check(o->verifier, &jobs->list[i].target, o->serial,
			(int)o->timeout * 1000, &jobs->list[i].outcome);
	return NULL;
}

/* Works on all jobs; threads that cannot be had are done without. */
static void run(struct jobs *jobs)
{
	pthread_t threads[WORKERS_MAX - 1];
	size_t n = 0;

	while (n < WORKERS_MAX - 1 && n + 1 < jobs->n &&
		pthread_create(&threads[n], NULL, work, jobs) == 0)
		n++;
	(void)work(jobs); /* always NULL */
	while (n > 0)
		(void)pthread_join(threads[--n], NULL); /* joinable, ours */
}

static void ask_all(struct jobs *jobs)
{
	struct progress *progress = progress_begin("verify");

	run(jobs);
	progress_end(progress);
}

/* The worst exit status: wrong call, not genuine, not reachable, genuine. */
static int exit_of(const struct job *list, size_t n)
{
	int worst = EXIT_GENUINE;

	for (size_t i = 0; i < n; i++) {
		switch (list[i].outcome.status) {
		case PEER_NOT_GENUINE:
			return EXIT_NOT_GENUINE;
		case PEER_UNREACHABLE:
			worst = EXIT_UNREACHABLE;
			break;
		case PEER_GENUINE:
			break;
		}
	}
	return worst;
}

static int print_json(const struct job *list, size_t n, int status)
{
	json_t *results = json_array();
	json_t *doc;
	int rc;

	for (size_t i = 0; results && i < n; i++) {
		if (json_array_append_new(
			    results, print_outcome_json(list[i].text,
					     &list[i].outcome)) != 0) {
			json_decref(results);
			results = NULL;
		}
	}
	doc = json_pack("{s:b, s:i, s:o}", "genuine", status == EXIT_GENUINE,
		"exit", status, "results", results);
	rc = doc ? json_dumpf(doc, stdout, JSON_INDENT(2)) : -1;
	json_decref(doc);
	return rc == 0 && putchar('\n') != EOF ? 0 : -1;
}

/* Says everything; a verdict that nobody could read is none. */
static int tell(const struct options *o, const struct job *list, size_t n)
{
	int status = exit_of(list, n), rc = 0;
	struct devid_error err = { DEVID_OK, "" };

	if (o->json)
		rc = print_json(list, n, status);
	else
		for (size_t i = 0; i < n; i++)
			print_outcome(stdout, list[i].text, o->serial,
				&list[i].outcome);
	if (cmd_file_flush(&err) == DEVID_OK && rc == 0)
		return status;
	if (err.code == DEVID_OK) /* it was not the output */
		(void)fail_no_memory(&err);
	log_error("verify: %s", devid_error_text(&err));
	return EXIT_NOT_GENUINE;
}

static int verify_hosts(const struct options *o, char **hosts, size_t n)
{
	CLEANUP(cleanup_free) struct job *list = NULL;
	struct jobs jobs = { .options = o, .n = n };
	struct devid_error err = { 0 };

	if (n > TARGETS_MAX) {
		log_error("verify: %zu hosts, %d at most", n, TARGETS_MAX);
		return EXIT_USAGE;
	}
	list = calloc(n, sizeof(*list));
	if (!list) {
		log_error("verify: no memory");
		return EXIT_NOT_GENUINE;
	}
	for (size_t i = 0; i < n; i++) {
		list[i].text = hosts[i];
		if (peer_target_parse(hosts[i], &list[i].target, &err) ==
			DEVID_OK)
			continue;
		log_error("verify: %s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a peer may close while we write */
	jobs.list = list;
	ask_all(&jobs);
	return tell(o, list, n);
}

static int verify_file(const struct options *o)
{
	CLEANUP(cleanup_free) struct job *job = calloc(1, sizeof(*job));
	struct devid_error err = { 0 };

	if (!job) {
		log_error("verify: no memory");
		return EXIT_NOT_GENUINE;
	}
	job->text = strcmp(o->chain, "-") == 0 ? "standard input" : o->chain;
	if (peer_check_file(o->verifier, o->chain, o->serial, &job->outcome,
		    &err) != DEVID_OK) {
		log_error("verify: --chain: %s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	return tell(o, job, 1);
}

int cmd_verify(int argc, char **argv)
{
	CLEANUP(cleanup_options)
	struct options o = { .timeout = TIMEOUT_DEFAULT };
	struct devid_error err = { 0 };
	int code;

	if (devid_verifier_new(&o.verifier, &err) != DEVID_OK) {
		log_error("verify: %s", devid_error_text(&err));
		return EXIT_NOT_GENUINE;
	}
	code = read_options(&o, argc, argv);
	if (code >= 0)
		return code;
	if (o.chain)
		return verify_file(&o);
	return verify_hosts(&o, argv + optind, (size_t)(argc - optind));
}
