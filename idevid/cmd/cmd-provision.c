/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `devid provision`: what a factory does to a device, in steps that can each
 * be repeated. Here are the call and the steps that say yes or no.
 */
#include "cmd-provision.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "options.h"

#define AT(member) OPTION_AT(struct provision, member)

static const struct option_row rows[] = {
	{ "config", 0, "FILE", option_text, AT(config), NULL },
	{ "alg", 0, "ALG", option_text, AT(alg), NULL },
	{ "serial", 0, "SERIAL", option_text, AT(serial), NULL },
	{ "model", 0, "MODEL", option_text, AT(model), NULL },
	{ "out", 0, "FILE", option_text, AT(out), NULL },
	{ "key", 0, "KEY", option_text, AT(key), NULL },
	{ "force", 0, NULL, option_flag, AT(force), NULL },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "provision",
	.usage =
		"usage: devid provision key  [--alg p256|p384|rsa2048]\n"
		"       devid provision csr  --serial SERIAL [--model MODEL] "
		"[--out FILE]\n"
		"       devid provision cert [--key idevid|iak] [--force] FILE\n"
		"       devid provision request --serial SERIAL [--model MODEL] "
		"[--out FILE]\n"
		"       devid provision answer [--out FILE] CHALLENGE\n"
		"       devid provision install [--force] FILE\n"
		"       devid provision enable|disable KEY\n"
		"Each takes --config FILE as well; FILE or CHALLENGE may be '-'.\n"
		"See devid(1).\n",
	.rows = rows,
	.operand = "a step",
	.operands_min = 1,
	.operands_max = 2,
};

int provision_wrong_call(const char *why)
{
	return options_wrong(&option_set, "%s", why);
}

bool provision_subject_ok(const struct provision *p)
{
	return p->serial && *p->serial &&
	       strlen(p->serial) <= SUBJECT_VALUE_MAX &&
	       (!p->model ||
		       (*p->model && strlen(p->model) <= SUBJECT_VALUE_MAX));
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
	CLEANUP(cleanup_free)
	struct wire_status *status = malloc(sizeof(*status));
	enum devid_err rc;

	if (!status)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	rc = client_status(p->env.socket, status, err);
	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; i < status->n_keys; i++) {
		if (strcmp(status->keys[i].name, name) == 0) {
			*ret = status->keys[i];
			return DEVID_OK;
		}
	}
	if (status->module != DEVID_OK)
		return devid_fail(
			err, status->module, "%s", status->module_text);
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		"provision: %s: no key yet; run 'devid provision key' first",
		name);
}

static int provision_key(struct provision *p)
{
	const char *alg = p->alg ? p->alg : "p256";
	struct wire_request req = { .op = WIRE_CREATE };
	int code;

	req.arg = (uint8_t)key_alg_by_name(alg);
	if (req.arg == KEY_ALG_NONE)
		return provision_wrong_call("--alg is p256, p384 or rsa2048");
	code = provision_put(p, &req);
	if (code == EXIT_SUCCESS)
		(void)printf("IDevID and IAK (%s) are in the TPM\n", alg);
	return code;
}

static int set_enabled(struct provision *p, const char *key, bool enable)
{
	struct wire_request req = { .op = WIRE_ENABLE, .arg = enable };

	if (!keyref_name_ok(key, strlen(key)))
		return provision_wrong_call("bad key name");
	memcpy(req.name, key, strlen(key));
	return provision_put(p, &req);
}

static int provision_enable(struct provision *p, const char *key)
{
	return set_enabled(p, key, true);
}

static int provision_disable(struct provision *p, const char *key)
{
	return set_enabled(p, key, false);
}

/* The steps by name, and how many arguments each has. */
static const struct {
	const char *name;
	int (*plain)(struct provision *p);
	int (*with_arg)(struct provision *p, const char *arg);
} steps[] = {
	{ "key", provision_key, NULL },
	{ "csr", provision_csr, NULL },
	{ "cert", NULL, provision_cert },
	{ "request", provision_request, NULL },
	{ "answer", NULL, provision_answer },
	{ "install", NULL, provision_install },
	{ "enable", NULL, provision_enable },
	{ "disable", NULL, provision_disable },
};

static int run_step(struct provision *p, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(argv[0], steps[i].name) != 0)
			continue;
		if (steps[i].plain && argc == 1)
			return steps[i].plain(p);
		if (steps[i].with_arg && argc == 2)
			return steps[i].with_arg(p, argv[1]);
	}
	return provision_wrong_call("no such step, or its arguments are wrong");
}

int cmd_provision(int argc, char **argv)
{
	struct provision p = { .key = "idevid" };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	code = options_read(&option_set, argc, argv, &p);
	if (code >= 0)
		return code;
	if (cmd_env_load(p.config, &p.env, &err) != DEVID_OK) {
		(void)cmd_fail(&err);
		return EXIT_USAGE;
	}
	code = run_step(&p, argc - optind, argv + optind);
	cmd_env_done(&p.env);
	return code;
}
