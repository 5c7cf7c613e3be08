/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "agent.h"
#include "cmd-exit.h"
#include "conf.h"
#include "log.h"
#include "options.h"
#include "states.h"

#define EXIT_FAILED 1

struct call {
	const char *config; /* borrowed */
	bool debug, dump_states;
};

#define AT(member) OPTION_AT(struct call, member)

static const struct option_row rows[] = {
	{ "config", 'c', "FILE", option_text, AT(config),
		"settings (" CONF_DEFAULT_PATH ")" },
	{ "debug", 'd', NULL, option_flag, AT(debug),
		"log every change of state" },
	{ "dump-states", 0, NULL, option_flag, AT(dump_states),
		"print the state machine of a port" },
	OPTION_END,
};

static const struct option_set option_set = {
	.program = "devid-agent",
	.usage = "usage: devid-agent [--config FILE] [--debug]\n"
		 "       devid-agent --dump-states | --help | --version\n"
		 "Attaches the device's 802.1X ports with its DevID.\n",
	.rows = rows,
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

int main(int argc, char *argv[])
{
	struct call call = { .config = CONF_DEFAULT_PATH };
	int code;

	log_init("devid-agent", LOG_LEVEL_INFO);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.dump_states)
		return states_dump(stdout) == DEVID_OK ? 0 : EXIT_FAILED;
	if (call.debug)
		log_init("devid-agent", LOG_LEVEL_DEBUG);
	return run(call.config);
}
