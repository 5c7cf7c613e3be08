/* SPDX-License-Identifier: Apache-2.0 */
/* devid-station: a factory station between devices and their CA. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "cmd-file.h"
#include "files.h"
#include "key.h"
#include "log.h"
#include "options.h"
#include "progress.h"
#include "station-flow.h"
#include "station-show.h"
#include "tcg-csr.h"

#define EXIT_UNREACHABLE 4 /* the CA */

#define EK_FILE_MAX 32768 /* bytes; what `devid provision` takes */
#define DIR_DEFAULT "/var/lib/devid-station"

struct station {
	struct station_access access;
	struct station_unit unit;
	const char *out, *reason;
	const char *ek_certificate; /* borrowed, or NULL */
	bool json, debug;
	uint32_t given; /* options, before the command and behind it */
	struct station_http *http; /* owned */
};

#define AT(member) OPTION_AT(struct station, member)

static const struct option_row rows[] = {
	{ "ca", 0, "URL", option_text, AT(access.ca), NULL },
	{ "cert", 0, "FILE", option_text, AT(access.cert), NULL },
	{ "key", 0, "FILE", option_text, AT(access.key), NULL },
	{ "ca-cert", 0, "FILE", option_text, AT(access.ca_cert), NULL },
	{ "dir", 0, "DIR", option_text, AT(unit.dir), NULL },
	{ "serial", 0, "SERIAL", option_text, AT(unit.serial), NULL },
	{ "model", 0, "MODEL", option_text, AT(unit.model), NULL },
	{ "identity", 0, "NAME", option_text, AT(unit.identity), NULL },
	{ "alg", 0, "ALG", option_text, AT(unit.alg), NULL },
	{ "ek-certificate", 0, "FILE", option_text, AT(ek_certificate), NULL },
	{ "out", 0, "FILE", option_text, AT(out), NULL },
	{ "reason", 0, "REASON", option_text, AT(reason), NULL },
	{ "again", 0, NULL, option_flag, AT(unit.again), NULL },
	{ "force", 0, NULL, option_flag, AT(unit.force), NULL },
	{ "json", 0, NULL, option_flag, AT(json), NULL },
	{ "debug", 0, NULL, option_flag, AT(debug), NULL },
	OPTION_END,
};

/* Before the command, and behind it. */
static const struct option_set option_set = {
	.program = "devid-station",
	.usage =
		"usage: devid-station OPTIONS provision --serial SERIAL "
		"[--model MODEL]\n"
		"           [--identity idevid-N] "
		"[--alg " KEY_ALG_NAMES "]\n"
		"           [--ek-certificate FILE] [--again] [--force] "
		"[-- COMMAND...]\n"
		"       devid-station OPTIONS challenge [--out FILE] REQUEST\n"
		"       devid-station OPTIONS issue [--out FILE] ANSWER\n"
		"       devid-station OPTIONS revoke --reason REASON SERIAL\n"
		"       devid-station OPTIONS show [--json] SERIAL\n"
		"OPTIONS: --ca URL --cert FILE --key FILE --ca-cert FILE [--dir "
		"DIR] [--debug]\n"
		"       devid-station --help | --version\n"
		"Gets devices their certificates. See devid-station(1).\n",
	.rows = rows,
	.operands_max = -1,
	.in_order = true,
	.given = offsetof(struct station, given),
};

static int wrong_call(const char *why)
{
	return options_wrong(&option_set, "%s", why);
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

/* -1 to go on. The names of a device's identities come from the table of keys:
 * nothing else reaches a folder's name, or a shell on the device. */
static int choose_identity(struct station_unit *unit)
{
	enum key_id id = KEY_IDEVID;

	if (unit->identity && (!key_id_by_name(unit->identity, &id) ||
				      key_id_role(id) != KEY_ROLE_IDEVID))
		return options_wrong(&option_set,
			"provision: --identity: %s: no identity; they are %s "
			"and %s-1 to %s-%d",
			unit->identity, key_id_name(KEY_IDEVID),
			key_id_name(KEY_IDEVID), key_id_name(KEY_IDEVID),
			N_KEY_PAIRS - 1);
	unit->identity = id == KEY_IDEVID ? NULL : key_id_name(id);
	/* A key that was made stays, and of one type there is no second. */
	if (unit->identity && !unit->alg)
		return options_wrong(&option_set,
			"provision: --identity %s: --alg is missing",
			unit->identity);
	return -1;
}

/* -1 to go on. A type whose certificates the device would not install is told
 * here, before the CA has issued them. */
static int choose_type(struct station_unit *unit)
{
	enum key_alg alg = KEY_ALG_P256;

	if (unit->alg)
		alg = key_alg_by_name(unit->alg);
	if (alg == KEY_ALG_NONE && key_alg_why_not(unit->alg))
		return options_wrong(&option_set, "provision: --alg: %s: %s",
			unit->alg, key_alg_why_not(unit->alg));
	if (alg == KEY_ALG_NONE)
		return wrong_call("provision: --alg is " KEY_ALG_LIST);
	if (!key_alg_has_suite(alg) && !unit->force)
		return options_wrong(&option_set,
			"provision: --alg: %s: IEEE 802.1AR has no signature "
			"suite with it (clause 9): its certificates are "
			"installed with --force alone",
			unit->alg);
	unit->alg = key_alg_name(alg);
	return -1;
}

static int provision(struct station *s, int argc, char **argv)
{
	static char devid[] = "devid";
	static char *const local[] = { devid, NULL };
	CLEANUP(blob_done) struct blob ek = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;
	int code;

	if (!s->unit.serial)
		return wrong_call("provision: --serial is missing");
	code = choose_identity(&s->unit);
	if (code < 0)
		code = choose_type(&s->unit);
	if (code >= 0)
		return code;
	if (s->ek_certificate) {
		rc = cmd_file_read(s->ek_certificate, EK_FILE_MAX, &ek, &err);
		if (rc != DEVID_OK) {
			log_error("%s", devid_error_text(&err));
			return EXIT_USAGE;
		}
		s->unit.ek = blob_view(&ek);
	}
	s->unit.prefix = argc > 0 ? argv : local;
	s->unit.n_prefix = argc > 0 ? (size_t)argc : 1;
	rc = station_provision(s->http, &s->unit, &err);
	if (rc == DEVID_OK)
		log_info("%s%s%s: certificates installed", s->unit.serial,
			s->unit.identity ? ", " : "",
			s->unit.identity ? s->unit.identity : "");
	return exit_of(rc, &err);
}

typedef enum devid_err exchange_fn(struct station_http *http, struct view in,
	struct blob *ret, struct devid_error *err);

static int exchange(
	struct station *s, const char *path, size_t max, exchange_fn *fn)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	CLEANUP(blob_done) struct blob in = { NULL, 0 };
	CLEANUP(blob_done) struct blob reply = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	rc = cmd_file_read(path, max, &in, &err);
	if (rc != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	rc = cmd_file_out(s->out, 0644, &out, &err);
	if (rc == DEVID_OK)
		rc = fn(s->http, blob_view(&in), &reply, &err);
	if (rc == DEVID_OK)
		rc = output_put(out, reply.data, reply.len, &err);
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

static enum devid_err write_shown(
	const struct station *s, struct blob *reply, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	enum devid_err rc = cmd_file_out(NULL, 0, &out, err);

	if (rc == DEVID_OK && !s->json)
		rc = station_show_text(blob_view(reply), &text, err);
	if (rc == DEVID_OK && s->json)
		rc = output_write(out, reply->data, reply->len, err);
	if (rc != DEVID_OK)
		return rc;
	return s->json ? output_put(out, "\n", 1, err)
		       : output_put(out, text.data, text.len, err);
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
		rc = write_shown(s, &reply, &err);
	return exit_of(rc, &err);
}

#define OF_ALL "ca cert key ca-cert dir debug"

/* The commands, and the options that each takes. */
static const struct station_command {
	const char *name;
	int (*run)(struct station *s, int argc, char **argv);
	const char *options;
} commands[] = {
	{ "provision", provision,
		OF_ALL " serial model identity alg ek-certificate again "
		       "force" },
	{ "challenge", challenge, OF_ALL " out" },
	{ "issue", issue, OF_ALL " out" },
	{ "revoke", revoke_unit, OF_ALL " reason" },
	{ "show", show, OF_ALL " json" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* -1 to go on, else the exit status; *@ret is the command @name. */
static int find_command(const struct station *s, const char *name,
	const struct station_command **ret)
{
	size_t i = 0;
	int code;

	while (i < N_COMMANDS && strcmp(commands[i].name, name) != 0)
		i++;
	if (i == N_COMMANDS)
		return options_wrong(&option_set, "%s: no such command", name);
	code = options_only(&option_set, s->given, name, commands[i].options);
	if (code >= 0)
		return code;
	if (!s->access.ca || !s->access.cert || !s->access.key ||
		!s->access.ca_cert)
		return wrong_call("--ca, --cert, --key and --ca-cert are "
				  "needed");
	*ret = &commands[i];
	return -1;
}

static int run(struct station *s, const char *name, int argc, char **argv)
{
	const struct station_command *command = NULL;
	struct progress *progress;
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;
	int code = find_command(s, name, &command);

	if (!command)
		return code;
	rc = station_http_new(&s->access, &s->http, &err);
	if (rc != DEVID_OK)
		return exit_of(rc, &err);
	progress = progress_begin(name);
	code = command->run(s, argc, argv);
	progress_end(progress);
	station_http_free(s->http);
	return code;
}

int main(int argc, char **argv)
{
	struct station s = { .unit = { .dir = DIR_DEFAULT } };
	const char *name;
	int code;

	log_init("devid-station", LOG_LEVEL_INFO);
	code = options_read(&option_set, argc, argv, &s);
	if (code >= 0)
		return code;
	if (optind == argc)
		return wrong_call("no command");
	name = argv[optind];
	argc -= optind;
	argv += optind;
	code = options_read(&option_set, argc, argv, &s);
	if (code >= 0)
		return code;
	if (s.debug)
		log_init("devid-station", LOG_LEVEL_DEBUG);
	return run(&s, name, argc - optind, argv + optind);
}
