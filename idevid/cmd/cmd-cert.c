/* SPDX-License-Identifier: Apache-2.0 */
/* `devid cert` and `devid chain`: the operations of 802.1AR on certificates,
 * and on what is above them. */
#include "cmd-cert.h"

#include <stdlib.h>

#include "cleanup.h"
#include "key-call.h"
#include "key-file.h"
#include "key-list.h"
#include "profile-tell.h"
#include "role.h"

static const struct option_set cert_set = {
	.command = "cert",
	.usage = "usage: devid cert list [NAME]\n"
		 "       devid cert install NAME FILE [--replace]\n"
		 "       devid cert enable|disable|delete NAME\n"
		 "Each takes --json and --config FILE as well. FILE has the "
		 "certificate of the key\nNAME first and then those above it, "
		 "in PEM or DER; it may be '-'. See\ndevid-key(1).\n",
	.rows = key_call_rows,
	.operand = "an operation",
	.operands_min = 1,
	.operands_max = -1,
	.given = offsetof(struct key_call, given),
};

static const struct option_set chain_set = {
	.command = "chain",
	.usage = "usage: devid chain list [NAME]\n"
		 "       devid chain install NAME FILE\n"
		 "       devid chain delete NAME\n"
		 "Each takes --json and --config FILE as well. FILE has the "
		 "certificates above that\nof the key NAME, each issued by the "
		 "next, in PEM or DER; it may be '-'. See\ndevid-key(1).\n",
	.rows = key_call_rows,
	.operand = "an operation",
	.operands_min = 1,
	.operands_max = -1,
	.given = offsetof(struct key_call, given),
};

static int install(struct key_call *c, struct client_change *change)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(WIRE_CHAIN_MAX);
	struct room chain = { buf, WIRE_CHAIN_MAX, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum key_id id;

	if (!buf)
		return EXIT_FAILURE;
	if (key_file_read_certs(c->file, &chain, &err) != DEVID_OK)
		return key_call_fail(c, &err);
	/* It can be replaced: whose CA leaves out what is asked for is told. */
	if (change->op == WIRE_INSTALL && key_id_by_name(c->key, &id) &&
		key_id_row(id)->deletes)
		(void)profile_tell(
			c->key, (struct view) { chain.data, chain.len });
	change->key = c->key;
	change->data = (struct view) { chain.data, chain.len };
	return key_call_change(c, change, "installed");
}

static int cert_install(struct key_call *c)
{
	struct client_change change = { .op = WIRE_INSTALL, .arg = c->replace };

	return install(c, &change);
}

static int chain_install(struct key_call *c)
{
	struct client_change change = { .op = WIRE_CHAIN_INSTALL };

	return install(c, &change);
}

int cmd_cert(int argc, char **argv)
{
	static const struct key_step steps[] = {
		{ "list", "[NAME]", "config json", 0, 0, NULL, key_list_certs },
		{ "install", "NAME FILE", "config json replace", 0, 0, NULL,
			cert_install },
		{ "enable", "NAME", "config json", WIRE_CERT_ENABLE, 1,
			"certificate enabled", NULL },
		{ "disable", "NAME", "config json", WIRE_CERT_ENABLE, 0,
			"certificate disabled", NULL },
		{ "delete", "NAME", "config json", WIRE_CERT_DELETE, 0,
			"certificate deleted", NULL },
		{ NULL, NULL, NULL, 0, 0, NULL, NULL },
	};

	return key_call_run(&cert_set, steps, argc, argv);
}

int cmd_chain(int argc, char **argv)
{
	static const struct key_step steps[] = {
		{ "list", "[NAME]", "config json", 0, 0, NULL,
			key_list_chains },
		{ "install", "NAME FILE", "config json", 0, 0, NULL,
			chain_install },
		{ "delete", "NAME", "config json", WIRE_CHAIN_DELETE, 0,
			"chain deleted", NULL },
		{ NULL, NULL, NULL, 0, 0, NULL, NULL },
	};

	return key_call_run(&chain_set, steps, argc, argv);
}
