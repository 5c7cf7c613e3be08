/* SPDX-License-Identifier: Apache-2.0 */
/* devid-registrar: a site's registrar. */
#include <stddef.h>

#include "commands.h"
#include "log.h"
#include "registrar-cmd-serve.h"

static const struct command commands[] = {
	{ "serve", registrar_cmd_serve, "enrol devices by EST" },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	log_init("devid-registrar", LOG_LEVEL_INFO);
	return commands_run("devid-registrar", commands, argc, argv);
}
