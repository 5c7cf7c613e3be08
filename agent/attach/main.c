/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "agent.h"
#include "cmd-exit.h"
#include "conf.h"
#include "log.h"
#include "states.h"

#define EXIT_FAILED 1

static const char help[] =
	"usage: devid-agent [--config FILE] [--debug]\n"
	"       devid-agent --dump-states | --help | --version\n"
	"Attaches the device's 802.1X ports with its DevID.\n"
	"  -c, --config FILE  settings (" CONF_DEFAULT_PATH ")\n"
	"  -d, --debug        log every change of state\n"
	"      --dump-states  print the state machine of a port\n"
	"      --help, --version\n";

enum option_id {
	OPTION_CONFIG = 'c',
	OPTION_DEBUG = 'd',
	OPTION_HELP = 256,
	OPTION_VERSION,
	OPTION_DUMP_STATES,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "dump-states", no_argument, NULL, OPTION_DUMP_STATES },
	{ NULL, 0, NULL, 0 },
};

static int print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILED : 0;
}

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
	enum log_level level = LOG_LEVEL_INFO;
	const char *path = CONF_DEFAULT_PATH;
	int c;

	while ((c = getopt_long(argc, argv, "c:d", options, NULL)) != -1) {
		switch (c) {
		case OPTION_CONFIG:
			path = optarg;
			break;
		case OPTION_DEBUG:
			level = LOG_LEVEL_DEBUG;
			break;
		case OPTION_HELP:
			return print(help);
		case OPTION_VERSION:
			return print("devid-agent " DEVID_VERSION "\n");
		case OPTION_DUMP_STATES:
			return states_dump(stdout) == DEVID_OK ? 0
							       : EXIT_FAILED;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		(void)fprintf(
			stderr, "devid-agent: %s: unexpected\n", argv[optind]);
		return EXIT_USAGE;
	}
	log_init("devid-agent", level);
	return run(path);
}
