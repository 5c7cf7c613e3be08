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
#include "progress.h"
#include "provision-step.h"

/* The certificate is made later, elsewhere, and may be refused after that. */
static void tell_no_suite(enum key_alg alg)
{
	if (!key_alg_has_suite(alg))
		(void)fprintf(stderr,
			"devid: provision: %s: IEEE 802.1AR has no signature "
			"suite with it (clause 9): its certificates are "
			"installed with --force alone\n",
			key_alg_name(alg));
}

static int provision_key(struct provision *p)
{
	const char *alg = p->alg ? p->alg : "p256";
	struct wire_request req = { .op = WIRE_CREATE };
	const char *iak = provision_pair(p->key);
	int code;

	req.arg = (uint8_t)key_alg_by_name(alg);
	if (req.arg == KEY_ALG_NONE && key_alg_why_not(alg))
		return options_wrong(&provision_options, "--alg: %s: %s", alg,
			key_alg_why_not(alg));
	if (req.arg == KEY_ALG_NONE)
		return provision_wrong_call("--alg is " KEY_ALG_LIST);
	memcpy(req.name, p->key, strlen(p->key));
	code = provision_put(p, &req);
	if (code == EXIT_SUCCESS && strcmp(p->key, "idevid") == 0)
		(void)printf("IDevID and IAK (%s) are in the TPM\n", alg);
	else if (code == EXIT_SUCCESS)
		(void)printf(
			"%s and %s (%s) are in the TPM\n", p->key, iak, alg);
	if (code == EXIT_SUCCESS)
		tell_no_suite((enum key_alg)req.arg);
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

/* The steps by name, what they are given, and the options that they take. */
static const struct {
	const char *name;
	const char *operand; /* NULL: none */
	const char *options;
	int (*plain)(struct provision *p);
	int (*with_arg)(struct provision *p, const char *arg);
} steps[] = {
	{ "key", NULL, "config key alg", provision_key, NULL },
	{ "csr", NULL, "config key serial model out", provision_csr, NULL },
	{ "cert", "FILE", "config key force", NULL, provision_cert },
	{ "request", NULL, "config key serial model out ek-certificate",
		provision_request, NULL },
	{ "answer", "CHALLENGE", "config key out", NULL, provision_answer },
	{ "install", "FILE", "config key force", NULL, provision_install },
	{ "enable", "KEY", "config", NULL, provision_enable },
	{ "disable", "KEY", "config", NULL, provision_disable },
};

#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

/* The place of the step that @argv begins with, when the call is right; else
 * -1, and the wrong call was told. */
static int find_step(uint32_t given, int argc, char **argv)
{
	size_t i = 0;

	while (i < N_STEPS && strcmp(argv[0], steps[i].name) != 0)
		i++;
	if (i == N_STEPS) {
		(void)options_wrong(
			&provision_options, "%s: no such step", argv[0]);
		return -1;
	}
	if (argc > 1 && !steps[i].operand) {
		(void)options_wrong(&provision_options,
			"%s: %s: unexpected argument", argv[0], argv[1]);
		return -1;
	}
	if (argc == 1 && steps[i].operand) {
		(void)options_wrong(&provision_options, "%s: %s is missing",
			argv[0], steps[i].operand);
		return -1;
	}
	return options_only(
		       &provision_options, given, argv[0], steps[i].options) < 0
		       ? (int)i
		       : -1;
}

/* A TPM may take a minute for a key. */
static int run_step(size_t step, struct provision *p, const char *arg)
{
	struct progress *progress;
	char what[32];
	int code;

	(void)snprintf(what, sizeof(what), "provision %s",
		steps[step].name); /* fits */
	progress = progress_begin(what);
	code = steps[step].plain ? steps[step].plain(p)
				 : steps[step].with_arg(p, arg);
	progress_end(progress);
	return code;
}

/* The key by its name in full: any of the maker's for its certificate, any that
 * signs requests for one of these, else an IDevID. */
static bool take_key(struct provision *p, const char *step)
{
	const struct role *row;
	enum key_id id;

	if (!key_id_by_name(p->key, &id)) {
		(void)provision_wrong_call("--key: there is no such key");
		return false;
	}
	p->key = key_id_name(id);
	row = key_id_row(id);
	if (strcmp(step, "csr") == 0 && row->purposes & PURPOSE_CSR)
		return true;
	if (strcmp(step, "cert") == 0 && row->home == ROLE_HOME_MAKER)
		return true;
	if (row->home == ROLE_HOME_MAKER && row->purposes != 0)
		return true;
	(void)provision_wrong_call(
		row->home == ROLE_HOME_OWNER
			? "--key: a key of the owner's: see devid-key(1)"
			: "--key: an IDevID is needed: idevid, idevid-1, ...");
	return false;
}

int cmd_provision(int argc, char **argv)
{
	struct provision p = { .key = "idevid" };
	struct devid_error err = { DEVID_OK, "" };
	int code, step;

	code = options_read(&provision_options, argc, argv, &p);
	if (code >= 0)
		return code;
	step = find_step(p.given, argc - optind, argv + optind);
	if (step < 0 || !take_key(&p, argv[optind]))
		return EXIT_USAGE;
	if (cmd_env_load(p.config, &p.env, &err) != DEVID_OK) {
		(void)cmd_fail(&err);
		return EXIT_USAGE;
	}
	code = run_step((size_t)step, &p, argv[optind + 1]);
	cmd_env_done(&p.env);
	return code;
}
