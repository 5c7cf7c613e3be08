/* SPDX-License-Identifier: Apache-2.0 */
#include "provision-step.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "client.h"
#include "fail.h"

#define AT(member) OPTION_AT(struct provision, member)

static const struct option_row rows[] = {
	{ "config", 0, "FILE", option_text, AT(config), NULL },
	{ "alg", 0, "ALG", option_text, AT(alg), NULL },
	{ "serial", 0, "SERIAL", option_text, AT(serial), NULL },
	{ "model", 0, "MODEL", option_text, AT(model), NULL },
	{ "out", 0, "FILE", option_text, AT(out), NULL },
	{ "key", 0, "KEY", option_text, AT(key), NULL },
	{ "ek-certificate", 0, "FILE", option_text, AT(ek_certificate), NULL },
	{ "force", 0, NULL, option_flag, AT(force), NULL },
	OPTION_END,
};

const struct option_set provision_options = {
	.command = "provision",
	.usage =
		"usage: devid provision key  [--alg " KEY_ALG_NAMES "]\n"
		"       devid provision csr  --serial SERIAL [--model MODEL] "
		"[--out FILE]\n"
		"       devid provision cert [--force] FILE\n"
		"       devid provision request --serial SERIAL [--model MODEL] "
		"[--out FILE]\n"
		"                               [--ek-certificate FILE]\n"
		"       devid provision answer [--out FILE] CHALLENGE\n"
		"       devid provision install [--force] FILE\n"
		"       devid provision enable|disable KEY\n"
		"Each takes --config FILE as well, and but for the last --key KEY "
		"(idevid; for cert\nan IAK too); FILE or CHALLENGE may be "
		"'-'.\n"
		"See devid(1).\n",
	.rows = rows,
	.operand = "a step",
	.operands_min = 1,
	.operands_max = 2,
	.given = offsetof(struct provision, given),
};

int provision_wrong_call(const char *why)
{
	return options_wrong(&provision_options, "%s", why);
}

bool provision_subject_ok(const struct provision *p)
{
	return p->serial && *p->serial &&
	       strlen(p->serial) <= SUBJECT_VALUE_MAX &&
	       (!p->model ||
		       (*p->model && strlen(p->model) <= SUBJECT_VALUE_MAX));
}

const char *provision_pair(const char *key)
{
	enum key_id id = KEY_NONE;
	struct key_pair pair = { KEY_NONE, KEY_NONE };
	bool found = key_id_by_name(key, &id) && key_id_pair(id, &pair);

	assert(found); /* the maker's have one */
	return key_id_name(pair.iak);
}

int provision_put(struct provision *p, const struct wire_request *req)
{
	struct devid_error err = { DEVID_OK, "" };
	uint8_t buf[16];
	struct room answer = { buf, sizeof(buf), 0 };

	if (client_request(p->env.socket, req, &answer, &err) != DEVID_OK)
		return cmd_fail(&err);
	return EXIT_SUCCESS;
}

enum devid_err provision_get_key(struct provision *p, const char *name,
	struct wire_key *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = client_find_key(p->env.socket, name, ret, &cause);

	if (rc == DEVID_ERR_NOT_FOUND)
		return devid_fail(err, rc,
			"provision: %s: no key yet; run 'devid provision key' "
			"first",
			name);
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}
