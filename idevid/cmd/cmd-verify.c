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
#include "log.h"
#include "verify-peer.h"
#include "verify-print.h"
#include "verify-file.h"

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
	bool json;
	int timeout; /* seconds */
};

struct job {
	const char *text; /* borrowed from argv */
	struct peer_target target;
	struct peer_outcome outcome;
};

struct jobs {
	struct devid_verifier *verifier; /* borrowed */
	const struct options *options;   /* borrowed */
	struct job *list;                /* owned by the caller */
	size_t n;
	atomic_size_t next;
};

CLEANUP_DEFINE(verifier, struct devid_verifier *, devid_verifier_free)

enum option_id {
	OPT_ROOT = 256,
	OPT_SERIAL,
	OPT_SERIAL_FORM,
	OPT_STRICT,
	OPT_JSON,
	OPT_TIMEOUT,
	OPT_CHAIN,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "serial-form", required_argument, NULL, OPT_SERIAL_FORM },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "chain", required_argument, NULL, OPT_CHAIN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"usage: devid verify --root FILE... [--serial S] [OPTION]... "
	"HOST[:PORT]...\n"
	"       devid verify --root FILE... [--serial S] [OPTION]... "
	"--chain FILE\n\n"
	"Proves which unit answers over TLS, up to the manufacturer's root.\n\n"
	"  --root FILE         trust the CA certificates of this PEM file\n"
	"  --serial S          expect this subject serial number\n"
	"  --serial-form FORM  also accept S in this form: pid-sn, basemac\n"
	"  --strict            refuse what only a SHOULD of the profile asks\n"
	"  --timeout SEC       give up on a host after SEC seconds (10)\n"
	"  --chain FILE        judge a saved PEM chain, leaf first\n"
	"  --json              print one JSON object with every rule\n\n"
	"exit: 0 genuine, 1 not genuine, 2 wrong call, 3 not reachable;\n"
	"of several hosts the worst counts, in the order 2, 1, 3, 0.\n";

static int parse_timeout(const char *text, int *ret)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < 1 || value > TIMEOUT_MAX) {
		log_error("verify: --timeout: %s: not 1 to %d seconds", text,
			TIMEOUT_MAX);
		return EXIT_USAGE;
	}
	*ret = (int)value;
	return 0;
}

static int parse_form(const char *text, unsigned *forms)
{
	if (strcmp(text, "pid-sn") == 0)
		*forms |= DEVID_SERIAL_PID_SN;
	else if (strcmp(text, "basemac") == 0)
		*forms |= DEVID_SERIAL_BASEMAC;
	else {
		log_error("verify: --serial-form: %s: not pid-sn or basemac",
			text);
		return EXIT_USAGE;
	}
	return 0;
}

static int add_root(struct devid_verifier *v, const char *path)
{
	struct devid_error err = { 0 };

	if (devid_verifier_add_root_pem_file(v, path, &err) == DEVID_OK)
		return 0;
	log_error("verify: --root: %s", devid_error_text(&err));
	return EXIT_USAGE;
}

static int parse_option(int c, char **argv, struct devid_verifier *v,
	struct options *o, unsigned *forms)
{
	switch (c) {
	case OPT_ROOT:
		return add_root(v, optarg);
	case OPT_SERIAL:
		o->serial = optarg;
		if (optarg[0])
			return 0;
		log_error("verify: --serial: empty");
		return EXIT_USAGE;
	case OPT_SERIAL_FORM:
		return parse_form(optarg, forms);
	case OPT_STRICT:
		devid_verifier_set_strict(v, true);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_TIMEOUT:
		return parse_timeout(optarg, &o->timeout);
	case OPT_CHAIN:
		o->chain = optarg;
		return 0;
	default: /* a char from getopt, not an enum of ours */
		log_error("verify: %s: unknown option or no argument to it",
			argv[optind - 1]);
		return EXIT_USAGE;
	}
}

/* 0, or EXIT_USAGE after saying why. */
static int parse_options(
	int argc, char **argv, struct devid_verifier *v, struct options *o)
{
	unsigned forms = 0;
	bool rooted = false;
	int c, rc;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		rc = parse_option(c, argv, v, o, &forms);
		if (rc != 0)
			return rc;
		rooted |= c == OPT_ROOT;
	}
	devid_verifier_set_serial_forms(v, forms);
	if ((o->chain != NULL) == (optind < argc)) {
		log_error("verify: give either HOST[:PORT]... or --chain FILE");
		return EXIT_USAGE;
	}
	if (!rooted) {
		log_error("verify: --root: missing: name the manufacturer's "
			  "root certificate; the system's store is never used");
		return EXIT_USAGE;
	}
	return 0;
}

static void *work(void *arg)
{
	struct jobs *jobs = arg;
	size_t i;

	while ((i = atomic_fetch_add(&jobs->next, 1)) < jobs->n)
		peer_check(jobs->verifier, &jobs->list[i].target,
			jobs->options->serial, jobs->options->timeout * 1000,
			&jobs->list[i].outcome);
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

	if (o->json)
		rc = print_json(list, n, status);
	else
		for (size_t i = 0; i < n; i++)
			print_outcome(stdout, list[i].text, o->serial,
				&list[i].outcome);
	if (rc == 0 && fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_error("verify: output: cannot be written");
	return EXIT_NOT_GENUINE;
}

static int verify_hosts(struct devid_verifier *v, const struct options *o,
	char **hosts, size_t n)
{
	CLEANUP(cleanup_free) struct job *list = NULL;
	struct jobs jobs = { .verifier = v, .options = o, .n = n };
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
	run(&jobs);
	return tell(o, list, n);
}

static int verify_file(struct devid_verifier *v, const struct options *o)
{
	CLEANUP(cleanup_free) struct job *job = calloc(1, sizeof(*job));
	struct devid_error err = { 0 };

	if (!job) {
		log_error("verify: no memory");
		return EXIT_NOT_GENUINE;
	}
	job->text = o->chain;
	if (peer_check_file(v, o->chain, o->serial, &job->outcome, &err) !=
		DEVID_OK) {
		log_error("verify: --chain: %s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	return tell(o, job, 1);
}

int cmd_verify(int argc, char **argv)
{
	CLEANUP(cleanup_verifier) struct devid_verifier *v = NULL;
	struct options o = { .timeout = TIMEOUT_DEFAULT };
	struct devid_error err = { 0 };
	int rc;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return fputs(help, stdout) >= 0 && fflush(stdout) == 0
				       ? 0
				       : EXIT_NOT_GENUINE;
	}
	if (devid_verifier_new(&v, &err) != DEVID_OK) {
		log_error("verify: %s", devid_error_text(&err));
		return EXIT_NOT_GENUINE;
	}
	rc = parse_options(argc, argv, v, &o);
	if (rc != 0)
		return rc;
	if (o.chain)
		return verify_file(v, &o);
	return verify_hosts(v, &o, argv + optind, (size_t)(argc - optind));
}
