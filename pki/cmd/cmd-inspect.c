/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca inspect`: what a file says, and which rules it keeps. */
#include "ca-cmd.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "files.h"
#include "inspect.h"
#include "log.h"
#include "pki-cmd.h"
#include "tcg-csr.h"

static const char usage[] =
	"usage: devid-ca inspect [--json] [--config FILE] [--ek-roots DIR]\n"
	"                        [--quirks LIST] [--root FILE]\n"
	"                        [--signature FILE] FILE\n"
	"Says what FILE is and which rules it keeps: a TCG-CSR-IDEVID or its\n"
	"contents alone, a certificate, a PEM chain, a PKCS#10 request, a\n"
	"revocation list, a challenge or an answer. \"-\" is standard input.\n"
	"  --config FILE     of the CA, whose [ek] has roots, policy and quirks\n"
	"  --ek-roots DIR    TPM vendors' certificates\n"
	"  --quirks LIST     of EK certificates; others are refused\n"
	"  --root FILE       CA certificates that a chain may end in, PEM\n"
	"  --signature FILE  TPMT_SIGNATURE that belongs to csrContents\n"
	"exit: 0 nothing is refused, 1 a rule refuses or FILE is not known,\n"
	"2 wrong call\n";

enum option_id {
	OPT_JSON = 256,
	OPT_CONFIG,
	OPT_EK_ROOTS,
	OPT_QUIRKS,
	OPT_ROOT,
	OPT_SIGNATURE,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "ek-roots", required_argument, NULL, OPT_EK_ROOTS },
	{ "quirks", required_argument, NULL, OPT_QUIRKS },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "signature", required_argument, NULL, OPT_SIGNATURE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

struct call {
	struct inspect_options options;
	struct ca_conf conf;  /* what is not there is zero */
	const char *config;   /* borrowed, or NULL */
	const char *ek_roots; /* the same */
	const char *quirks;   /* the same */
	struct blob signature;
	bool json, help;
};

CLEANUP_DEFINE(json, json_t *, json_decref)

static void cleanup_call(struct call *call)
{
	ca_conf_done(&call->conf);
	ek_trust_free(call->options.trust);
	chain_store_free(call->options.roots);
	blob_done(&call->signature);
}

static enum devid_err add_roots(
	struct chain_store *store, const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	enum devid_err rc;
	unsigned char *der;
	char *name = NULL;
	size_t len = 0, n = 0;
	long der_len;

	rc = files_read(path, INSPECT_FILE_MAX, &pem, &len, err);
	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_mem_buf(pem, (int)len);
	while (bio && rc == DEVID_OK &&
		PEM_bytes_read_bio(&der, &der_len, &name, PEM_STRING_X509, bio,
			NULL, NULL) == 1) {
		rc = chain_store_add_root(
			store, (struct der_view) { der, (size_t)der_len }, err);
		OPENSSL_free(der);
		OPENSSL_free(name);
		name = NULL;
		n++;
	}
	ERR_clear_error(); /* the end of the file is one */
	if (rc == DEVID_OK && n == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no certificate in it", path);
	return rc;
}

static enum devid_err take_root(
	struct call *call, const char *path, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	if (!call->options.roots)
		rc = chain_store_new(&call->options.roots, err);
	return rc == DEVID_OK ? add_roots(call->options.roots, path, err) : rc;
}

static enum devid_err take_signature(
	struct call *call, const char *path, struct devid_error *err)
{
	enum devid_err rc;

	blob_done(&call->signature);
	rc = ca_cmd_read(path, TCG_CSR_FIELD_MAX, &call->signature, err);
	call->options.signature = blob_view(&call->signature);
	return rc;
}

/* What [ek] of the configuration says, and instead of it what the options
 * say, in whatever order they came. */
static enum devid_err take_ek(struct call *call, struct devid_error *err)
{
	struct inspect_options *o = &call->options;
	const char *roots = call->ek_roots;
	enum devid_err rc = DEVID_OK;

	if (call->config) {
		rc = ca_conf_load(call->config, &call->conf, err);
		o->has_policy = true;
		o->policy = call->conf.ek; /* its texts stay conf's */
		roots = roots ? roots : call->conf.ek_roots;
	}
	if (rc == DEVID_OK && call->quirks) {
		o->has_policy = true;
		rc = ek_quirks_parse(call->quirks, &o->policy.quirks, err);
	}
	if (rc == DEVID_OK && roots)
		rc = ek_trust_new(roots, &o->trust, err);
	return rc;
}

static enum devid_err take_option(
	int c, char **argv, struct call *call, struct devid_error *err)
{
	switch (c) {
	case OPT_JSON:
		call->json = true;
		return DEVID_OK;
	case OPT_HELP:
		call->help = true;
		return DEVID_OK;
	case OPT_CONFIG:
		call->config = optarg;
		return DEVID_OK;
	case OPT_EK_ROOTS:
		call->ek_roots = optarg;
		return DEVID_OK;
	case OPT_QUIRKS:
		call->quirks = optarg;
		return DEVID_OK;
	case OPT_ROOT:
		return take_root(call, optarg, err);
	case OPT_SIGNATURE:
		return take_signature(call, optarg, err);
	default: /* a char from getopt, not an enum of ours */
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: unknown option or no argument to it",
			argv[optind - 1]);
	}
}

static int print_report(
	const struct call *call, const char *path, const json_t *report)
{
	int rc;

	if (!call->json)
		return inspect_print(stdout, path, report);
	rc = json_dumpf(report, stdout, JSON_INDENT(2));
	return rc == 0 && putchar('\n') != EOF && fflush(stdout) == 0 ? 0 : -1;
}

static int run(struct call *call, const char *path)
{
	CLEANUP(blob_done) struct blob data = { NULL, 0 };
	CLEANUP(cleanup_json) json_t *report = NULL;
	struct devid_error err = { 0 };
	bool refused = true;

	call->options.now = time(NULL);
	if (ca_cmd_read(path, INSPECT_FILE_MAX, &data, &err) != DEVID_OK) {
		log_error("inspect: %s", devid_error_text(&err));
		return EXIT_FAILURE;
	}
	if (inspect(&call->options, blob_view(&data), &report, &refused,
		    &err) != DEVID_OK) {
		log_error("inspect: %s: %s", path, devid_error_text(&err));
		return EXIT_FAILURE;
	}
	if (print_report(call, path, report) != 0) {
		log_error("inspect: output: cannot be written");
		return EXIT_FAILURE;
	}
	return refused ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_inspect(int argc, char **argv)
{
	CLEANUP(cleanup_call) struct call call = { .json = false };
	struct devid_error err = { 0 };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (take_option(c, argv, &call, &err) == DEVID_OK)
			continue;
		log_error("inspect: %s", devid_error_text(&err));
		return PKI_EXIT_USAGE;
	}
	if (call.help)
		return fputs(usage, stdout) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (optind != argc - 1) {
		(void)fputs(usage, stderr);
		return PKI_EXIT_USAGE;
	}
	if (take_ek(&call, &err) != DEVID_OK) {
		log_error("inspect: %s", devid_error_text(&err));
		return PKI_EXIT_USAGE;
	}
	return run(&call, argv[optind]);
}
