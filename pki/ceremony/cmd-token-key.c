/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-token-key.h"

#include "token-cmd.h"

int cmd_token_key(int argc, char **argv)
{
	static const struct option_row rows[] = {
		TOKEN_CMD_MAY(
			"make", "ALG", make, "p256, p384, rsa2048 or rsa4096"),
		TOKEN_CMD_ROWS,
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "token-key",
		.usage = "usage: devid-ca token-key [--make ALG] OPTION...\n"
			 "Makes a CA key in a token, or shows the one that is "
			 "there.\n",
		.rows = rows,
	};

	return token_command(&set, token_cmd_open, argc, argv);
}
