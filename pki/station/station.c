/* SPDX-License-Identifier: Apache-2.0 */
/* devid-station: a factory station between devices and their CA. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "cleanup.h"
#include "cmd-file.h"
#include "files.h"
#include "log.h"
#include "station-flow.h"
#include "tcg-csr.h"

#define EXIT_USAGE       2 /* wrong call */
#define EXIT_UNREACHABLE 4 /* the CA */

#define DIR_DEFAULT "/var/lib/devid-station"

static const char usage_text[] =
	"usage: devid-station OPTIONS provision --serial SERIAL "
	"[--model MODEL]\n"
	"           [--alg p256|p384|rsa2048] [--again] [-- COMMAND...]\n"
	"       devid-station OPTIONS challenge [--out FILE] REQUEST\n"
	"       devid-station OPTIONS issue [--out FILE] ANSWER\n"
	"       devid-station OPTIONS revoke --reason REASON SERIAL\n"
	"       devid-station OPTIONS show SERIAL\n"
	"OPTIONS: --ca URL --cert FILE --key FILE --ca-cert FILE [--dir DIR] "
	"[--debug]\n"
	"       devid-station --help | --version\n"
	"Gets devices their certificates. See devid-station(1).\n";

struct station {
	struct station_access access;
	struct station_unit unit;
	const char *out, *reason;
	struct station_http *http; /* owned */
};

static int wrong_call(const char *why)
{
	if (why)
		(void)fprintf(stderr, "devid-station: %s\n", why);
	(void)fputs(usage_text, stderr);
	return EXIT_USAGE;
}

static int exit_of(enum devid_err rc, const struct devid_error *err)
{
	if (rc == DEVID_OK)
		return EXIT_SUCCESS;
	log_error("%s", devid_error_text(err));
	if (rc == DEVID_ERR_INVALID)
		return EXIT_USAGE;
	return rc == DEVID_ERR_UNREACHABLE ? EXIT_UNREACHABLE : EXIT_FAILURE;
}

static int provision(struct station *s, int argc, char **argv)
{
	static char devid[] = "devid";
	static char *const local[] = { devid, NULL };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	if (!s->unit.serial)
		return wrong_call("provision: --serial is missing");
	s->unit.prefix = argc > 0 ? argv : local;
	s->unit.n_prefix = argc > 0 ? (size_t)argc : 1;
	rc = station_provision(s->http, &s->unit, &err);
	if (rc == DEVID_OK)
		log_info("%s: certificates installed", s->unit.serial);
	return exit_of(rc, &err);
}

typedef enum devid_err exchange_fn(struct station_http *http, struct view in,
	struct blob *ret, struct devid_error *err);

static int exchange(
	struct station *s, const char *path, size_t max, exchange_fn *fn)
{
	CLEANUP(blob_done) struct blob in = { NULL, 0 };
	CLEANUP(blob_done) struct blob reply = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	rc = ca_cmd_read(path, max, &in, &err);
	if (rc != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	rc = fn(s->http, blob_view(&in), &reply, &err);
	if (rc == DEVID_OK)
		rc = ca_cmd_write(s->out, reply.data, reply.len, &err);
	return exit_of(rc, &err);
}

static int challenge(struct station *s, int argc, char **argv)
{
	if (argc != 1)
		return wrong_call("challenge: one REQUEST is needed");
	return exchange(s, argv[0], TCG_CSR_MAX, station_challenge);
}

static int issue(struct station *s, int argc, char **argv)
{
	if (argc != 1)
		return wrong_call("issue: one ANSWER is needed");
	return exchange(s, argv[0], CHALLENGE_FILE_MAX, station_issue);
}

static int revoke_unit(struct station *s, int argc, char **argv)
{
	struct devid_error err = { DEVID_OK, "" };

	if (argc != 1 || !s->reason)
		return wrong_call("revoke: --reason and SERIAL are needed");
	return exit_of(station_revoke(s->http, argv[0], s->reason, &err), &err);
}

static int show(struct station *s, int argc, char **argv)
{
	CLEANUP(blob_done) struct blob reply = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	if (argc != 1)
		return wrong_call("show: one SERIAL is needed");
	rc = station_show(s->http, argv[0], &reply, &err);
	if (rc == DEVID_OK)
		rc = ca_cmd_write(NULL, reply.data, reply.len, &err);
	if (rc == DEVID_OK)
		rc = ca_cmd_write(NULL, "\n", 1, &err);
	return exit_of(rc, &err);
}

static const struct {
	const char *name;
	int (*run)(struct station *s, int argc, char **argv);
} commands[] = {
	{ "provision", provision },
	{ "challenge", challenge },
	{ "issue", issue },
	{ "revoke", revoke_unit },
	{ "show", show },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* No letters of their own; others than those of values. */
enum {
	OPT_DEBUG = 1,
	OPT_AGAIN = 2
};

/* The options before the command, or behind it. -1 to go on, else the exit
 * status. */
static int read_options(struct station *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ca", required_argument, NULL, 'a' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "ca-cert", required_argument, NULL, 'A' },
		{ "dir", required_argument, NULL, 'd' },
		{ "serial", required_argument, NULL, 's' },
		{ "model", required_argument, NULL, 'm' },
		{ "alg", required_argument, NULL, 'g' },
		{ "out", required_argument, NULL, 'o' },
		{ "reason", required_argument, NULL, 'r' },
		{ "again", no_argument, NULL, OPT_AGAIN },
		{ "debug", no_argument, NULL, OPT_DEBUG },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	static const char letters[] = "ackAdsmgor";
	const char **values[] = { &s->access.ca, &s->access.cert,
		&s->access.key, &s->access.ca_cert, &s->unit.dir,
		&s->unit.serial, &s->unit.model, &s->unit.alg, &s->out,
		&s->reason };
	int opt;

	while ((opt = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		const char *at = strchr(letters, opt);

		if (opt == 'h') {
			(void)fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == 'V') {
			(void)puts("devid-station " DEVID_VERSION);
			return EXIT_SUCCESS;
		}
		if (opt == OPT_DEBUG)
			log_init("devid-station", LOG_LEVEL_DEBUG);
		else if (opt == OPT_AGAIN)
			s->unit.again = true;
		else if (opt != '?' && at)
			*values[at - letters] = optarg;
		else
			return wrong_call(NULL);
	}
	return -1;
}

static int run(struct station *s, const char *name, int argc, char **argv)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;
	int code = -1;

	if (!s->access.ca || !s->access.cert || !s->access.key ||
		!s->access.ca_cert)
		return wrong_call("--ca, --cert, --key and --ca-cert are "
				  "needed");
	rc = station_http_new(&s->access, &s->http, &err);
	if (rc != DEVID_OK)
		return exit_of(rc, &err);
	for (size_t i = 0; code < 0 && i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			code = commands[i].run(s, argc, argv);
	}
	station_http_free(s->http);
	return code < 0 ? wrong_call("no such command") : code;
}

int main(int argc, char **argv)
{
	struct station s = { .unit = { .alg = "p256", .dir = DIR_DEFAULT } };
	const char *name;
	int code;

	log_init("devid-station", LOG_LEVEL_INFO);
	code = read_options(&s, argc, argv);
	if (code >= 0)
		return code;
	if (optind == argc)
		return wrong_call(NULL);
	name = argv[optind];
	argc -= optind;
	argv += optind;
	optind = 0; /* getopt begins anew, at argv[1] */
	code = read_options(&s, argc, argv);
	if (code >= 0)
		return code;
	return run(&s, name, argc - optind, argv + optind);
}
