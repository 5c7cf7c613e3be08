/* SPDX-License-Identifier: Apache-2.0 */
#include "token-cmd.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca-cmd.h"
#include "cert-check.h"
#include "cert-time.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "cmd-file.h"
#include "conf.h"
#include "fail.h"
#include "hex.h"
#include "log.h"
#include "pin.h"
#include "progress.h"
#include "token-key.h"
#include "token-make.h"
#include "what-is.h"

#define PEM_FILE_MAX 65536 /* a limit of ours */

int token_cmd_run(struct token_cmd *cmd, token_cmd_fn *run)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc = run(cmd, &err);

	progress_end(cmd->progress);
	output_free(cmd->file);
	signer_free(cmd->signer);
	token_close(cmd->token);
	if (rc == DEVID_OK)
		rc = cmd_file_flush(&err);
	if (rc == DEVID_OK)
		return 0;
	log_error("%s", devid_error_text(&err));
	return cmd->pin_refused ? EXIT_PIN : EXIT_FAILURE;
}

int token_command(
	const struct option_set *set, token_cmd_fn *run, int argc, char **argv)
{
	struct token_cmd cmd = { .pin_fd = -1 };
	int code = options_read(set, argc, argv, &cmd);

	if (code >= 0)
		return code;
	cmd.operand = argv[optind];
	return token_cmd_run(&cmd, run);
}

/* ---- token and key ---- */

/* Who types the PIN should know what a wrong one does. */
static void warn_of_tries(const struct token_place *place)
{
	enum token_tries tries;

	if (token_tries_left(place, &tries, NULL) == DEVID_OK &&
		tries != TOKEN_TRIES_UNKNOWN)
		log_warn("%s: %s", place->label, token_tries_text(tries));
}

static enum devid_err open_token(struct token_cmd *cmd, struct devid_error *err)
{
	const struct token_place place = { cmd->module, cmd->label };
	struct pin_source source = { cmd->pin_fd, cmd->pin_file, false,
		place.label };
	struct pin pin = { .len = 0 };
	enum devid_err rc;

	if (source.fd < 0 && !source.file) {
		source.prompt = true;
		warn_of_tries(&place);
	}
	rc = pin_read(&source, &pin, err);
	if (rc == DEVID_OK)
		rc = token_open(&place, &pin, &cmd->token, err);
	pin_done(&pin);
	cmd->pin_refused = rc == DEVID_ERR_DENIED;
	return rc;
}

static const char *alg_of(const EVP_PKEY *key)
{
	const char *name = signer_key_name(key);

	return name ? name : "unknown"; /* token_key() gives no other */
}

void token_cmd_tell(const struct token_cmd *cmd, const char *what,
	const char *name, struct view der, const char *verb)
{
	FILE *to = cmd->out && strcmp(cmd->out, "-") == 0 ? stderr : stdout;
	uint8_t hash[SHA256_DIGEST_LENGTH];
	char hex[2 * sizeof(hash) + 1];

	(void)SHA256(der.data, der.len, hash); /* cannot fail */
	hex_encode(hash, sizeof(hash), hex);
	(void)fprintf(to, "%s %s sha256 %s %s\n", what, name, hex, verb);
	(void)fflush(to); /* looked at when the command ends */
}

static enum devid_err tell_key(
	const struct token_cmd *cmd, const char *verb, struct devid_error *err)
{
	CLEANUP(cleanup_openssl) unsigned char *spki = NULL;
	int len = i2d_PUBKEY(cmd->signer->public_key, &spki);
	char what[32];

	if (len <= 0)
		return fail_no_memory(err);
	(void)snprintf(what, sizeof(what), "key %s",
		alg_of(cmd->signer->public_key)); /* fits */
	token_cmd_tell(
		cmd, what, cmd->key, (struct view) { spki, (size_t)len }, verb);
	return DEVID_OK;
}

enum devid_err token_cmd_open(struct token_cmd *cmd, struct devid_error *err)
{
	const char *label = cmd->key;
	const char *make = cmd->make;
	struct devid_error absent = { DEVID_OK, "" };
	const char *verb = "kept";
	enum devid_err rc = open_token(cmd, err);

	if (rc != DEVID_OK)
		return rc;
	cmd->progress = progress_begin(cmd->label);
	rc = token_key(cmd->token, label, &cmd->signer, &absent);
	if (rc == DEVID_ERR_NOT_FOUND && make) {
		verb = "made";
		rc = token_key_new(cmd->token, label, make, err);
		if (rc == DEVID_OK)
			rc = token_key(cmd->token, label, &cmd->signer, err);
	} else if (rc != DEVID_OK) {
		return devid_fail(err, rc, "%s", absent.text);
	}
	if (rc != DEVID_OK)
		return rc;
	if (make && strcmp(alg_of(cmd->signer->public_key), make) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"token: %s: the key %s is there already and is %s, "
			"not %s",
			cmd->label, label, alg_of(cmd->signer->public_key),
			make);
	return tell_key(cmd, verb, err);
}

/* ---- times, files ---- */

enum devid_err token_cmd_until(
	const struct token_cmd *cmd, int64_t *ret, struct devid_error *err)
{
	const char *text = cmd->until;
	enum devid_err rc;
	int64_t until;

	if (!text) {
		*ret = 0;
		return DEVID_OK;
	}
	rc = pki_time_parse(text, &until, err);
	if (rc != DEVID_OK)
		return rc;
	if (until <= time(NULL))
		return devid_fail(err, DEVID_ERR_INVALID,
			"--until: %s: is in the past", text);
	*ret = until;
	return DEVID_OK;
}

/* A BIO of the file's bytes, which *@ret_data owns: one @what. */
static enum devid_err open_pem(const char *path, const char *what, BIO **ret,
	struct blob *ret_data, struct devid_error *err)
{
	enum devid_err rc = cmd_file_read(path, PEM_FILE_MAX, ret_data, err);

	if (rc == DEVID_OK)
		rc = cert_check_one(
			path, what, ret_data->data, ret_data->len, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = BIO_new_mem_buf(ret_data->data, (int)ret_data->len);
	if (!*ret)
		return fail_no_memory(err);
	return DEVID_OK;
}

/* @want in the words of what-is.h. */
static enum devid_err refuse_file(const char *path, const char *want,
	const struct blob *data, struct devid_error *err)
{
	char form[WHAT_IS_MAX];

	what_is_for(blob_view(data), want, form);
	return devid_fail(err, DEVID_ERR_SYNTAX, "%s: not %s: it is %s", path,
		want, form);
}

enum devid_err token_cmd_read_cert(
	const char *path, X509 **ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob data = { NULL, 0 };
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	enum devid_err rc = open_pem(path, "certificate", &bio, &data, err);

	if (rc != DEVID_OK)
		return rc;
	*ret = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!*ret)
		return refuse_file(path, WHAT_IS_CERT, &data, err);
	return DEVID_OK;
}

enum devid_err token_cmd_read_request(
	const char *path, X509_REQ **ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob data = { NULL, 0 };
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	enum devid_err rc = open_pem(path, "request", &bio, &data, err);

	if (rc != DEVID_OK)
		return rc;
	*ret = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	if (!*ret)
		return refuse_file(path, WHAT_IS_REQUEST, &data, err);
	return DEVID_OK;
}

enum devid_err token_cmd_out(struct token_cmd *cmd, struct devid_error *err)
{
	return cmd_file_out(cmd->out, 0644, &cmd->file, err);
}

enum devid_err token_cmd_out_after(struct token_cmd *cmd, enum devid_err rc,
	const struct devid_error *cause, struct devid_error *err)
{
	enum devid_err out = token_cmd_out(cmd, err);

	if (out != DEVID_OK || rc == DEVID_ERR_NOT_FOUND)
		return out;
	return fail_with(err, rc, cause);
}

enum devid_err token_cmd_write_pem(const struct token_cmd *cmd,
	const char *label, struct view der, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (!bio || PEM_write_bio(bio, label, "", der.data, (long)der.len) <= 0)
		return fail_no_memory(err);
	n = BIO_get_mem_data(bio, &text);
	return output_put(cmd->file, text, (size_t)n, err);
}
