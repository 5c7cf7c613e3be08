/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca inspect`: what a file says, and which rules it keeps. */
#include "cmd-inspect.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "ca-cmd.h"
#include "ca-conf.h"
#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "ek-load.h"
#include "ek-policy.h"
#include "fail.h"
#include "files.h"
#include "inspect-facts.h"
#include "inspect.h"
#include "log.h"
#include "tcg-csr.h"
#include "what-is.h"

struct call {
	struct inspect_options options;
	struct ca_conf conf;  /* what is not there is zero */
	const char *config;   /* borrowed, or NULL */
	const char *ek_roots; /* the same */
	const char *quirks;   /* the same */
	struct blob signature;
	bool json;
};

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
	char form[WHAT_IS_MAX];
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
			store, (struct view) { der, (size_t)der_len }, err);
		OPENSSL_free(der);
		OPENSSL_free(name);
		name = NULL;
		n++;
	}
	ERR_clear_error(); /* the end of the file is one */
	what_is_for((struct view) { pem, len }, WHAT_IS_CERT, form);
	if (rc == DEVID_OK && n == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no certificate in PEM: the file is %s", path,
			form);
	return rc;
}

static enum devid_err take_root(void *target, const char *path,
	const struct option_row *row, struct devid_error *err)
{
	struct call *call = target;
	enum devid_err rc = DEVID_OK;

	(void)row;
	if (!call->options.roots)
		rc = chain_store_new(&call->options.roots, err);
	return rc == DEVID_OK ? add_roots(call->options.roots, path, err) : rc;
}

static enum devid_err take_signature(void *target, const char *path,
	const struct option_row *row, struct devid_error *err)
{
	struct call *call = target;
	enum devid_err rc;

	(void)row;
	blob_done(&call->signature);
	rc = cmd_file_read(path, TCG_CSR_FIELD_MAX, &call->signature, err);
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
	for (size_t i = 0; o->trust && ek_trust_get_note(o->trust, i); i++)
		log_warn("inspect: %s", ek_trust_get_note(o->trust, i));
	return rc;
}

#define AT(member) OPTION_AT(struct call, member)

static const struct option_row rows[] = {
	{ "json", 0, NULL, option_flag, AT(json), "one JSON object" },
	{ "config", 0, "FILE", option_text, AT(config),
		"of the CA, whose [ek] has roots, policy and quirks" },
	{ "ek-roots", 0, "DIR", option_text, AT(ek_roots),
		"TPM vendors' certificates" },
	{ "quirks", 0, "LIST", option_text, AT(quirks),
		"of EK certificates; others are refused" },
	{ "root", 0, "FILE", take_root, OPTION_MANY_ALL,
		"CA certificates that a chain may end in, PEM" },
	{ "signature", 0, "FILE", take_signature, OPTION_ALL,
		"TPMT_SIGNATURE that belongs to csrContents" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "inspect",
	.usage =
		"usage: devid-ca inspect [--json] [--config FILE] [--ek-roots DIR]\n"
		"                        [--quirks LIST] [--root FILE]\n"
		"                        [--signature FILE] FILE\n"
		"Says what FILE is and which rules it keeps: a TCG-CSR-IDEVID or its\n"
		"contents alone, a certificate, a PEM chain, a PKCS#10 request, a\n"
		"revocation list, a challenge or an answer. \"-\" is standard input.\n",
	.notes = "exit: 0 nothing is refused, 1 a rule refuses or FILE is not "
		 "known,\n2 wrong call\n",
	.rows = rows,
	.operand = "FILE",
	.operands_min = 1,
	.operands_max = 1,
};

static int print_report(
	const struct call *call, const char *path, const json_t *report)
{
	int rc;

	if (!call->json)
		return inspect_print(stdout, path, report);
	rc = json_dumpf(report, stdout, JSON_INDENT(2));
	return rc == 0 && putchar('\n') != EOF && fflush(stdout) == 0 ? 0 : -1;
}

/* --signature belongs to csrContents alone: with anything else it would say
 * nothing, in silence. */
static bool has_no_use(const struct call *call, const json_t *report)
{
	const char *kind = json_string_value(json_object_get(report, "kind"));

	return call->options.signature.data &&
	       strcmp(kind, "tcg-csr-contents") != 0;
}

static int run(struct call *call, const char *path)
{
	CLEANUP(blob_done) struct blob data = { NULL, 0 };
	CLEANUP(cleanup_json) json_t *report = NULL;
	struct devid_error err = { 0 };
	bool refused = true, printed;

	call->options.now = time(NULL);
	if (cmd_file_read(path, INSPECT_FILE_MAX, &data, &err) != DEVID_OK) {
		log_error("inspect: %s", devid_error_text(&err));
		return EXIT_FAILURE;
	}
	if (inspect(&call->options, blob_view(&data), &report, &refused,
		    &err) != DEVID_OK) {
		log_error("inspect: %s: %s", path, devid_error_text(&err));
		return EXIT_FAILURE;
	}
	if (has_no_use(call, report))
		return options_wrong(&option_set,
			"--signature: has no use here: %s is no csrContents "
			"alone",
			path);
	printed = print_report(call, path, report) == 0;
	if (cmd_file_flush(&err) != DEVID_OK || !printed) {
		if (err.code == DEVID_OK) /* it was not the output */
			(void)fail_no_memory(&err);
		log_error("inspect: %s", devid_error_text(&err));
		return EXIT_FAILURE;
	}
	return refused ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_inspect(int argc, char **argv)
{
	CLEANUP(cleanup_call) struct call call = { .json = false };
	struct devid_error err = { 0 };
	int code = options_read(&option_set, argc, argv, &call);

	if (code >= 0)
		return code;
	if (take_ek(&call, &err) != DEVID_OK) {
		log_error("inspect: %s", devid_error_text(&err));
		return EXIT_USAGE;
	}
	return run(&call, argv[optind]);
}
