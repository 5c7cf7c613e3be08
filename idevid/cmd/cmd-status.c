/* SPDX-License-Identifier: Apache-2.0 */
/* `devid status`: what this device is and how its ports are. */
#include "cmd-status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-json.h"
#include "cmd-exit.h"
#include "cmd-files.h"
#include "conf.h"
#include "fact.h"
#include "facts.h"
#include "identity-print.h"
#include "judge.h"
#include "options.h"
#include "places.h"
#include "way.h"

#define SHOWN_ATTACHES 3

struct call {
	const char *config; /* borrowed, or NULL */
	bool json;
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, option_flag, OPTION_AT(struct call, json),
		"all of it, as one JSON object" },
	{ "config", 0, "FILE", option_text, OPTION_AT(struct call, config),
		"settings (" CONF_DEFAULT_PATH ")" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "status",
	.usage =
		"usage: devid status [--json] [--config FILE]\n"
		"Shows whether this device is usable, identities, keystore and "
		"ports.\nSee devid(1).\n",
	.rows = rows,
};

static void print_attach(const json_t *attach)
{
	double ms = json_number_value(json_object_get(attach, "done_ms"));
	const char *version = fact_text(attach, "tls_version");
	const char *reason = fact_text(attach, "reason");

	(void)printf("           %s  %-8s %6.1f ms  %s%s%s%s\n",
		fact_text(attach, "start"), fact_text(attach, "verdict"), ms,
		version, fact_true(attach, "resumed") ? ", resumed" : "",
		*version && *reason ? ": " : "", reason);
}

/* Whether @class is of a failure, which is over once the port is open or its
 * cable is another one. */
static bool has_failed(const json_t *port)
{
	const char *class = fact_text(port, "class");

	return *class && strcmp(class, "NONE") != 0 &&
	       fact_true(port, "carrier") &&
	       !fact_is(port, "state", "authorized");
}

/* With which identity, and why with none that is preferred. */
static void print_shown(const json_t *port)
{
	const json_t *item;
	size_t i;

	if (*fact_text(port, "key"))
		(void)printf(
			"           identity %s\n", fact_text(port, "key"));
	json_array_foreach(json_object_get(port, "passed_over"), i, item)(void)
		printf("           not %s: %s: %s\n", fact_text(item, "key"),
			fact_text(item, "class"), fact_text(item, "reason"));
}

static void print_port(const json_t *port, bool alive)
{
	const json_t *history = json_object_get(port, "history");
	size_t n = json_array_size(history);

	(void)printf("%-10s %s%s since %s\n", fact_text(port, "port"),
		alive ? "" : "unknown; it was ", fact_text(port, "state"),
		fact_text(port, "since"));
	print_shown(port);
	if (alive && has_failed(port))
		(void)printf("           last try: %s: %s\n",
			fact_text(port, "class"), fact_text(port, "reason"));
	if (alive && *fact_text(port, "next_retry"))
		(void)printf("           next try at %s\n",
			fact_text(port, "next_retry"));
	/* The newest first. */
	for (size_t i = 0; i < n && i < SHOWN_ATTACHES; i++)
		print_attach(json_array_get(history, i));
}

static void print_files(const json_t *files)
{
	const json_t *file;
	size_t i;

	json_array_foreach(files, i, file)
	{
		if (*fact_text(file, "detail"))
			(void)printf("file       %s: %s\n",
				fact_text(file, "state"),
				fact_text(file, "detail"));
	}
}

static void print_agent(const json_t *all)
{
	const json_t *agent = json_object_get(all, "agent");
	const char *state = fact_text(all, "agent_state");
	const json_t *port;
	size_t i;

	if (strcmp(state, "absent") == 0)
		(void)printf("agent      devid-agent has reported nothing\n");
	else if (strcmp(state, "dead") == 0)
		(void)printf("agent      devid-agent was ended from outside; "
			     "what it reported is of before\n");
	else if (strcmp(state, "alive") != 0)
		(void)printf(
			"agent      what devid-agent reports: %s\n", state);
	if (*fact_text(agent, "survives"))
		(void)printf("server     remembered; accepted are %s\n",
			fact_text(agent, "survives"));
	way_print(all, stdout);
	json_array_foreach(json_object_get(agent, "ports"), i, port)
		print_port(port, strcmp(state, "alive") == 0);
}

static void print_word(enum judge_word word, const struct finding *first)
{
	(void)printf("device     %s", judge_word_name(word));
	if (first)
		(void)printf(": %s%s%s: `devid doctor` says more",
			first->subject, *first->subject ? ": " : "",
			first->is->what);
	(void)putchar('\n');
}

static void print_human(
	const json_t *all, enum judge_word word, const struct finding *first)
{
	const json_t *keystore = json_object_get(all, "keystore");
	const json_t *item;
	size_t i;

	print_word(word, first);
	(void)printf("keystore   %s%s%s\n", fact_text(keystore, "state"),
		*fact_text(keystore, "detail") ? ": " : "",
		fact_text(keystore, "detail"));
	keystore_print(keystore);
	json_array_foreach(json_object_get(all, "identities"), i, item)
		identity_print(
			item, strcmp(fact_text(keystore, "state"), "ok") == 0);
	print_files(json_object_get(all, "files"));
	print_agent(all);
}

static void print_json(
	json_t *all, enum judge_word word, const struct finding *first)
{
	/* Both are texts of ours. */
	(void)json_object_set_new(
		all, "state", json_string(judge_word_name(word)));
	(void)json_object_set_new(all, "because",
		first ? json_string(first->is->id) : json_null());
	(void)json_dumpf(all, stdout, JSON_INDENT(2));
	(void)putchar('\n');
}

static int exit_status(enum judge_word word)
{
	switch (word) {
	case JUDGE_USABLE:
		return EXIT_SUCCESS;
	case JUDGE_UNUSABLE:
		return EXIT_FAILURE;
	case JUDGE_DEGRADED:
		return EXIT_DEGRADED;
	case JUDGE_UNSURE:
		return EXIT_UNKNOWN;
	}
	return EXIT_FAILURE;
}

static int show(const struct places *places, bool json)
{
	CLEANUP(cleanup_json) json_t *all = cmd_facts(places, "status");
	CLEANUP(cleanup_free) struct findings *found = malloc(sizeof(*found));
	const struct finding *first;
	enum judge_word word;

	if (!all || !found) {
		(void)fprintf(stderr, "devid: no memory\n");
		return EXIT_FAILURE;
	}
	judge_facts(all, found);
	word = judge_word(found, &first);
	if (json)
		print_json(all, word, first);
	else
		print_human(all, word, first);
	/* Who does not get the answer must not take it for one. */
	return fflush(stdout) == 0 ? exit_status(word) : EXIT_FAILURE;
}

int cmd_status(int argc, char **argv)
{
	struct devid_error err = { DEVID_OK, "" };
	struct call call = { NULL, false };
	struct places places;
	int code;

	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	code = cmd_places(call.config, &places, &err);
	if (code != EXIT_SUCCESS)
		return code;
	code = show(&places, call.json);
	places_done(&places);
	return code;
}
