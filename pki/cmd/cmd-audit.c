/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca audit`: is every line of the audit log as it was written? */
#include "cmd-audit.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca-cmd.h"
#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "fail.h"
#include "files.h"
#include "hex.h"
#include "register-audit-check.h"
#include "register-audit.h"
#include "what-is.h"

#define KEY_FILE_MAX 65536 /* bytes; a limit of ours */
#define HEX_LEN      (2 * 32)
#define KEYS_MAX     64 /* tokens of one register; a limit of ours */

struct expected {
	char instance[REGISTER_NAME_MAX];
	int64_t seq;
	char hash[HEX_LEN + 1];
};

struct options {
	struct ca_cmd cmd;
	const char *key; /* borrowed */
	bool export, print_key;
	uint32_t given;          /* options */
	struct expected *expect; /* owned; as many as there are words */
	size_t n_expect;
};

struct keys {
	EVP_PKEY *list[KEYS_MAX]; /* owned */
	size_t n;
};

static void cleanup_keys(struct keys *keys)
{
	while (keys->n > 0)
		EVP_PKEY_free(keys->list[--keys->n]);
}

/* ---- the key ---- */

/* The next key of @bio; NULL at its end, which *@ret_end tells, or when what is
 * there is none. */
static EVP_PKEY *next_key(BIO *bio, bool *ret_end)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	const unsigned char *p;
	EVP_PKEY *key = NULL;
	long len;

	*ret_end = false;
	if (PEM_read_bio(bio, &name, &header, &der, &len) != 1) {
		*ret_end = ERR_GET_REASON(ERR_peek_last_error()) ==
			   PEM_R_NO_START_LINE;
		return NULL;
	}
	p = der;
	if (strcmp(name, PEM_STRING_PUBLIC) == 0)
		key = d2i_PUBKEY(NULL, &p, len);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return key;
}

static enum devid_err read_keys(
	const char *path, struct keys *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	EVP_PKEY *key = NULL;
	char form[WHAT_IS_MAX];
	bool at_end = false;
	size_t len;
	enum devid_err rc = files_read(path, KEY_FILE_MAX, &pem, &len, err);

	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_mem_buf(pem, (int)len);
	while (bio && ret->n < KEYS_MAX && (key = next_key(bio, &at_end)))
		ret->list[ret->n++] = key;
	ERR_clear_error(); /* the cause is ours to tell */
	if (ret->n == KEYS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"audit: %s: %d keys or more", path, KEYS_MAX);
	what_is_for((struct view) { pem, len }, WHAT_IS_PUBLIC, form);
	if (ret->n == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"audit: %s: no public key in PEM: the file is %s", path,
			form);
	if (!at_end)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"audit: %s: something that is no public key in PEM "
			"behind key %zu",
			path, ret->n);
	return DEVID_OK;
}

static enum devid_err print_key(struct ca *ca, struct devid_error *err)
{
	if (PEM_write_PUBKEY(stdout, ca->audit_signer->public_key) != 1) {
		enum devid_err rc = cmd_file_flush(err);

		return rc == DEVID_OK ? fail_no_memory_for(err, "audit") : rc;
	}
	return cmd_file_flush(err);
}

/* ---- what must be there ---- */

/* INSTANCE:LINE:HASH */
static enum devid_err parse_expected(
	const char *text, struct expected *ret, struct devid_error *err)
{
	const char *one = strchr(text, ':');
	const char *two = one ? strchr(one + 1, ':') : NULL;
	char *end = NULL;

	errno = 0;
	if (two)
		ret->seq = strtoll(one + 1, &end, 10);
	if (!two || end != two || errno || ret->seq < 1 || one == text ||
		(size_t)(one - text) >= sizeof(ret->instance) ||
		strspn(two + 1, "0123456789abcdef") != HEX_LEN ||
		two[1 + HEX_LEN] != '\0')
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not INSTANCE:LINE:HASH", text);
	(void)snprintf(ret->instance, sizeof(ret->instance), "%.*s",
		(int)(one - text), text);
	memcpy(ret->hash, two + 1, HEX_LEN + 1);
	return DEVID_OK;
}

static enum devid_err check_expected(
	struct reg *reg, const struct expected *want, struct devid_error *err)
{
	struct register_audit_line line;
	char hash[HEX_LEN + 1];
	enum devid_err rc =
		register_audit_get(reg, want->instance, want->seq, &line, err);

	if (rc != DEVID_OK)
		return rc;
	hex_encode(line.hash, 32, hash);
	if (strcmp(hash, want->hash) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"audit: %s, line %" PRId64
			": another one than expected",
			want->instance, want->seq);
	return DEVID_OK;
}

/* ---- showing ---- */

static enum devid_err print_head(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	char hash[HEX_LEN + 1];

	(void)arg;
	(void)err;
	hex_encode(line->hash, 32, hash);
	(void)printf("%s:%" PRId64 ":%s\n", line->instance, line->seq, hash);
	return DEVID_OK;
}

/* The line stands as a string: its bytes are what was hashed. */
static enum devid_err print_line(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	char hash[HEX_LEN + 1], sig[2 * SIGNER_SIG_MAX + 1] = "";
	CLEANUP(cleanup_json) json_t *json = NULL;

	(void)arg;
	hex_encode(line->hash, 32, hash);
	if (line->signature_len <= SIGNER_SIG_MAX)
		hex_encode(line->signature, line->signature_len, sig);
	json = json_pack("{s:s, s:I, s:s, s:s, s:s}", "instance",
		line->instance, "seq", (json_int_t)line->seq, "line",
		line->line, "hash", hash, "signature", sig);
	if (!json || json_dumpf(json, stdout, JSON_COMPACT) < 0)
		return cmd_file_flush(err) == DEVID_OK
			       ? fail_no_memory_for(err, "audit")
			       : DEVID_ERR_IO;
	(void)putchar('\n'); /* seen by fflush() */
	return DEVID_OK;
}

static enum devid_err check_all(struct reg *reg, const struct keys *keys,
	const struct options *o, struct devid_error *err)
{
	int64_t lines = 0;
	enum devid_err rc = register_audit_check_keys(
		reg, keys->list, keys->n, &lines, err);

	for (size_t i = 0; i < o->n_expect && rc == DEVID_OK; i++)
		rc = check_expected(reg, &o->expect[i], err);
	if (rc == DEVID_OK && o->export)
		rc = register_each_audit(reg, print_line, NULL, err);
	else if (rc == DEVID_OK)
		rc = register_each_audit_head(reg, print_head, NULL, err);
	if (rc == DEVID_OK && !o->export)
		(void)printf("%" PRId64 " lines verified\n", lines);
	if (rc == DEVID_OK && fflush(stdout) != 0)
		return devid_fail(err, DEVID_ERR_IO, "standard output: %s",
			strerror(errno));
	return rc;
}

static enum devid_err run(
	struct ca *ca, const struct options *o, struct devid_error *err)
{
	CLEANUP(cleanup_keys) struct keys keys = { .n = 0 };
	enum devid_err rc = DEVID_OK;

	if (o->print_key)
		return print_key(ca, err);
	if (o->key)
		rc = read_keys(o->key, &keys, err);
	else if (EVP_PKEY_up_ref(ca->audit_signer->public_key) == 1)
		keys.list[keys.n++] = ca->audit_signer->public_key;
	if (rc == DEVID_OK)
		rc = register_begin_read(ca->reg, err);
	if (rc != DEVID_OK)
		return rc;
	rc = check_all(ca->reg, &keys, o, err);
	register_rollback(ca->reg);
	return rc;
}

/* -1 to go on, else the exit status. */
static enum devid_err take_expected(void *target, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	struct options *o = target;
	enum devid_err rc =
		parse_expected(argument, &o->expect[o->n_expect], err);

	(void)row;
	if (rc == DEVID_OK)
		o->n_expect++;
	return rc;
}

#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "key", 0, "FILE", option_text, AT(key),
		"public halves of the audit keys, PEM, one for each token\n"
		"that signed; without it the token is asked" },
	{ "export", 0, NULL, option_flag, AT(export),
		"show every line, as JSON" },
	{ "expect", 0, "INSTANCE:LINE:HASH", take_expected, OPTION_MANY_ALL,
		"this line must be there with this hash" },
	{ "print-key", 0, NULL, option_flag, AT(print_key),
		"show the audit key's public half" },
	CA_CMD_ROWS(struct options, cmd),
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "audit",
	.usage = "usage: devid-ca audit [--key FILE] [--export]"
		 " [--expect INSTANCE:LINE:HASH]...\n"
		 "       devid-ca audit --print-key\n"
		 "Verifies the audit log and shows the newest line of each "
		 "instance, for a later\n--expect.\n",
	.notes = CA_CMD_NOTES,
	.rows = rows,
	.given = offsetof(struct options, given),
};

int cmd_audit(int argc, char **argv)
{
	CLEANUP(cleanup_free)
	struct expected *expect = calloc((size_t)argc, sizeof(*expect));
	struct options o = { .expect = expect };
	struct devid_error err = { DEVID_OK, "" };
	unsigned what = 0;
	int code;

	ca_cmd_init(&o.cmd, "audit");
	code = expect ? options_read(&option_set, argc, argv, &o)
		      : EXIT_FAILURE;
	if (code < 0 && o.print_key)
		code = options_only(&option_set, o.given, "--print-key",
			"print-key config pin-fd pin-file");
	if (code >= 0)
		return code;
	if (!o.print_key)
		what |= CA_OPEN_REGISTER;
	if (!o.key || o.print_key)
		what |= CA_OPEN_TOKEN;
	code = ca_cmd_open(&o.cmd, what);
	if (code < 0)
		code = run(&o.cmd.ca, &o, &err) == DEVID_OK ? EXIT_SUCCESS
							    : ca_cmd_fail(&err);
	ca_cmd_done(&o.cmd);
	return code;
}
