/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `devid provision`: what a factory does to a device, in steps that can each
 * be repeated. Here are those that say yes or no.
 */
#include "cmd-provision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd-exit.h"
#include "cmd-provision-cert.h"
#include "cmd-provision-csr.h"
#include "cmd-provision-install.h"
#include "cmd-provision-tcg.h"
#include "provision-step.h"

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

	code = options_read(&provision_options, argc, argv, &p);
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
