/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-module.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "blob.h"
#include "cmd-file.h"
#include "key-call.h"

#define ENTROPY_OWN 32   /* bytes, where no file is named */
#define ENTROPY_MAX 4096 /* of a file; a limit of ours */

#define REST .rows = key_call_rows, .given = offsetof(struct key_call, given)

static const struct option_set init_set = {
	.command = "init",
	.usage = "usage: devid init [--json] [--config FILE]\n"
		 "Has devid-keyd look for all keys and certificates afresh. "
		 "See devid-key(1).\n",
	REST,
};

static const struct option_set entropy_set = {
	.command = "entropy",
	.usage =
		"usage: devid entropy [--json] [--config FILE] [FILE]\n"
		"Adds FILE, or '-', or 32 random bytes of this machine to what "
		"the TPM makes random\nnumbers of. See devid-key(1).\n",
	.operand = "FILE",
	.operands_max = 1,
	REST,
};

static const struct option_set erase_set = {
	.command = "erase",
	.usage =
		"usage: devid erase [--yes] [--json] [--config FILE]\n"
		"Ends all keys of the owner for good; what the maker certified "
		"stays. Asks at a\nterminal unless --yes is given. See "
		"devid-key(1).\n",
	REST,
};

int cmd_init(int argc, char **argv)
{
	static const struct key_step step = { "init", "", "config json",
		WIRE_INIT, 0, "initialised", NULL };

	return key_call_alone(&init_set, &step, argc, argv);
}

static enum devid_err read_entropy(
	const char *path, struct blob *ret, struct devid_error *err)
{
	uint8_t *own;

	if (path)
		return cmd_file_read(path, ENTROPY_MAX, ret, err);
	own = malloc(ENTROPY_OWN);
	*ret = (struct blob) { own, own ? ENTROPY_OWN : 0 };
	if (!own || getrandom(own, ENTROPY_OWN, 0) != ENTROPY_OWN)
		return devid_fail(err, DEVID_ERR_IO, "entropy: getrandom: %s",
			strerror(errno));
	return DEVID_OK;
}

/* As many commands as it takes. */
static int stir(struct key_call *c)
{
	CLEANUP(blob_done) struct blob in = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc = read_entropy(c->file, &in, &err);

	if (rc == DEVID_OK && in.len == 0)
		rc = devid_fail(
			&err, DEVID_ERR_INVALID, "entropy: %s: empty", c->file);
	c->asked = rc == DEVID_OK;
	for (size_t at = 0; rc == DEVID_OK && at < in.len;
		at += WIRE_STIR_MAX) {
		size_t left = in.len - at;
		const struct client_change change = {
			.op = WIRE_STIR,
			.data = { in.data + at,
				left < WIRE_STIR_MAX ? left : WIRE_STIR_MAX },
		};

		rc = client_change(c->env.socket, &change, &err);
	}
	if (in.data)
		OPENSSL_cleanse(in.data, in.len);
	return rc == DEVID_OK ? key_call_done(c, "entropy added")
			      : key_call_fail(c, &err);
}

int cmd_entropy(int argc, char **argv)
{
	static const struct key_step step = { "entropy", "[FILE]",
		"config json", 0, 0, NULL, stir };

	return key_call_alone(&entropy_set, &step, argc, argv);
}

/* Whether somebody at a terminal says so. */
static bool is_sure(void)
{
	char line[16] = "";

	(void)fprintf(stderr,
		"This ends all keys of the owner (ldevid, eap, tls) for good; "
		"nobody can bring\nthem back. Type 'erase' to do it: ");
	return fgets(line, sizeof(line), stdin) && strcmp(line, "erase\n") == 0;
}

static int erase(struct key_call *c)
{
	const struct client_change change = { .op = WIRE_ERASE };

	if (!c->yes && !isatty(STDIN_FILENO))
		return key_call_wrong(c, "nobody to ask: --yes says that all "
					 "keys of the owner are to end");
	if (!c->yes && !is_sure()) {
		struct devid_error err = { DEVID_OK, "" };

		(void)devid_fail(&err, DEVID_ERR_STATE,
			"erase: nothing was done: 'erase' was not typed");
		return key_call_fail(c, &err);
	}
	return key_call_change(c, &change,
		"all keys of the owner are erased; 'devid status' says when "
		"that is complete");
}

int cmd_erase(int argc, char **argv)
{
	static const struct key_step step = { "erase", "", "config json yes", 0,
		0, NULL, erase };

	return key_call_alone(&erase_set, &step, argc, argv);
}
