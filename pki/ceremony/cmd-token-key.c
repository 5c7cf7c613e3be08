/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-token-key.h"

#include "token-cmd.h"

int cmd_token_key(int argc, char **argv)
{
	static const struct token_command what = {
		.usage = "usage: devid-ca token-key [--make ALG] OPTION...\n"
			 "Makes a CA key in a token, or shows the one that is "
			 "there.\n"
			 "  --make ALG   p256, p384, rsa2048 or rsa4096\n",
		.optional = TOKEN_OPT_BIT(TOKEN_OPT_MAKE),
		.run = token_cmd_open,
	};

	return token_command(&what, argc, argv);
}
