/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-init.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build-ca.h"
#include "cmd-exit.h"
#include "desk-cmd.h"
#include "fail.h"
#include "files.h"
#include "pem-text.h"
#include "token-key.h"
#include "token-make.h"

#define YEARS_DEFAULT 10
#define YEARS_MAX     50
#define DAY           INT64_C(86400)
#define EARLY         300 /* seconds by which clocks may differ */

struct call {
	struct desk desk;
	const char *name, *alg, *request; /* borrowed */
	unsigned years;
	struct token *token;
	bool pin_refused;
};

CLEANUP_DEFINE(signer, struct signer *, signer_free)

/* The key @label, made where it is not there: a call that was ended goes on
 * where it was. */
static enum devid_err get_key(struct call *call, const char *label,
	struct signer **ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = token_key(call->token, label, ret, &cause);

	if (rc == DEVID_OK)
		return DEVID_OK;
	if (rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &cause);
	rc = token_key_new(call->token, label, call->alg, err);
	return rc == DEVID_OK ? token_key(call->token, label, ret, err) : rc;
}

static enum devid_err write_pem(const char *path, const char *label,
	const struct blob *der, struct devid_error *err)
{
	size_t size = pem_text_size(label, der->len);
	CLEANUP(cleanup_free) char *pem = malloc(size);
	enum devid_err rc;

	if (!pem)
		return fail_no_memory_for(err, path);
	rc = pem_text_write(label, blob_view(der), pem, size, err);
	return rc == DEVID_OK ? files_create(path, pem, strlen(pem), 0644, err)
			      : rc;
}

/* Right above devices: it certifies no CA. */
static enum devid_err make_cert(
	struct call *call, struct signer *signer, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	const int64_t now = time(NULL);
	const struct build_ca what = { .org = call->desk.conf.organization,
		.cn = call->name,
		.key = signer->public_key,
		.pathlen = 0,
		.not_before = now - EARLY,
		.not_after = now + DAY * 365 * call->years };
	enum devid_err rc;

	if (call->request) {
		rc = build_request(signer, what.org, what.cn, &der, err);
		return rc == DEVID_OK
			       ? write_pem(call->request, "CERTIFICATE REQUEST",
					 &der, err)
			       : rc;
	}
	if (files_exists(call->desk.conf.ca_certificate))
		return DEVID_OK;
	rc = build_ca(NULL, signer, &what, &der, err);
	return rc == DEVID_OK ? write_pem(call->desk.conf.ca_certificate,
					"CERTIFICATE", &der, err)
			      : rc;
}

static enum devid_err make_keys(struct call *call, struct devid_error *err)
{
	CLEANUP(cleanup_signer) struct signer *signer = NULL;
	CLEANUP(cleanup_signer) struct signer *audit = NULL;
	enum devid_err rc =
		get_key(call, call->desk.conf.token_key, &signer, err);

	if (rc == DEVID_OK)
		rc = get_key(call, call->desk.conf.audit_key, &audit, err);
	return rc == DEVID_OK ? make_cert(call, signer, err) : rc;
}

static enum devid_err make_all(struct call *call, struct devid_error *err)
{
	const struct registrar_conf *c = &call->desk.conf;
	CLEANUP(cleanup_store) struct store *store = NULL;
	enum devid_err rc =
		registrar_open_token(c, &call->desk.pin, &call->token, err);

	call->pin_refused = rc == DEVID_ERR_DENIED;
	if (rc == DEVID_OK)
		rc = make_keys(call, err);
	if (call->token)
		token_close(call->token);
	return rc == DEVID_OK
		       ? store_open(c->database, c->instance, &store, err)
		       : rc;
}

static const struct option_row rows[] = {
	{ "name", 0, "TEXT", option_text, OPTION_MUST(struct call, name),
		"of the CA: CN of its certificate" },
	{ "key", 0, "ALG", option_text, OPTION_AT(struct call, alg),
		"p256 (without it), p384, rsa2048 or rsa4096" },
	{ "years", 0, "N", option_uint,
		OPTION_WITHIN(struct call, years, 1, YEARS_MAX),
		"that a self-signed certificate is valid (10)" },
	{ "request", 0, "FILE", option_text, OPTION_AT(struct call, request),
		"writes a request for a certificate of another CA\n"
		"instead of signing it itself" },
	DESK_ROWS(struct call, desk),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "init",
	.usage = "usage: devid-registrar init --name TEXT [OPTION]...\n"
		 "Makes the keys of the site's CA in the token, its "
		 "certificate and the database,\nwhat of these is not there "
		 "yet.\n",
	.notes = DESK_NOTES,
	.rows = rows,
};

int desk_init_site(int argc, char **argv)
{
	struct call call = { .alg = "p256", .years = YEARS_DEFAULT };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	desk_init(&call.desk);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	code = desk_load(&call.desk);
	if (code < 0) {
		code = EXIT_SUCCESS;
		if (make_all(&call, &err) != DEVID_OK) {
			(void)desk_fail(&err);
			code = call.pin_refused ? EXIT_PIN : EXIT_FAILURE;
		}
	}
	desk_done(&call.desk);
	return code;
}
