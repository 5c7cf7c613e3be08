/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "agent.h"
#include "cmd-exit.h"
#include "conf.h"
#include "log.h"
#include "onboard-states.h"
#include "options.h"
#include "states.h"

#define EXIT_FAILED 1

struct call {
	const char *config;  /* borrowed */
	const char *address; /* borrowed: the port of --note-address, or NULL */
	bool debug, dump_states, dump_onboarding;
};

#define AT(member) OPTION_AT(struct call, member)

static const struct option_row rows[] = {
	{ "config", 'c', "FILE", option_text, AT(config),
		"settings (" CONF_DEFAULT_PATH ")" },
	{ "debug", 'd', NULL, option_flag, AT(debug),
		"log every change of state" },
	{ "dump-states", 0, NULL, option_flag, AT(dump_states),
		"print the state machine of a port" },
	{ "dump-onboarding", 0, NULL, option_flag, AT(dump_onboarding),
		"print that of the way from the box to production" },
	{ "note-address", 0, "PORT", option_text, AT(address),
		"note that PORT has an address, and the DOMAIN that came with "
		"it" },
	OPTION_END,
};

static const struct option_set option_set = {
	.program = "devid-agent",
	.usage = "usage: devid-agent [--config FILE] [--debug]\n"
		 "       devid-agent --note-address PORT [DOMAIN]\n"
		 "       devid-agent --dump-states | --dump-onboarding\n"
		 "       devid-agent --help | --version\n"
		 "Attaches the device's 802.1X ports with its DevID.\n",
	.rows = rows,
	.operand = "DOMAIN",
	.operands_max = 1,
};

static int run(const char *path)
{
	struct devid_error err = { DEVID_OK, "" };
	struct config *config = NULL;

	if (config_load(path, &config, &err) != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	if (geteuid() != 0) {
		log_error("must be started as root: it gives wpa_supplicant "
			  "its user and CAP_NET_RAW");
		config_free(config);
		return EXIT_FAILED;
	}
	return agent_run(path, config);
}

/* What a hook calls, whose environment names the agent's settings. */
static int note_address(const struct call *call, const char *domain)
{
	const char *path = call->config ? call->config : getenv("DEVID_CONFIG");
	struct devid_error err = { DEVID_OK, "" };
	struct config *config = NULL;
	enum devid_err rc;

	rc = config_load(
		path && *path ? path : CONF_DEFAULT_PATH, &config, &err);
	if (rc != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	rc = address_note(config->run_dir, call->address, domain, &err);
	config_free(config);
	if (rc == DEVID_OK)
		return 0;
	log_error("%s: %s", call->address, devid_error_text(&err));
	return EXIT_FAILED;
}

int main(int argc, char *argv[])
{
	struct call call = { .debug = false };
	int code;

	log_init("devid-agent", LOG_LEVEL_INFO);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.address)
		return note_address(&call, argv[optind]);
	if (optind < argc)
		return options_wrong(
			&option_set, "DOMAIN goes with --note-address alone");
	if (call.dump_states)
		return states_dump(stdout) == DEVID_OK ? 0 : EXIT_FAILED;
	if (call.dump_onboarding)
		return onboard_states_dump(stdout) == DEVID_OK ? 0
							       : EXIT_FAILED;
	if (call.debug)
		log_init("devid-agent", LOG_LEVEL_DEBUG);
	return run(call.config ? call.config : CONF_DEFAULT_PATH);
}
