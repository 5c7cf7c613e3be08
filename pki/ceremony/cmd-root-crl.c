/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca root-crl`: a root's CRL from the list that its custodian keeps. */
#include "cmd-root-crl.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-cert.h"
#include "build-crl.h"
#include "ceremony-clock.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "cmd-file.h"
#include "conf.h"
#include "fail.h"
#include "files.h"
#include "revoked-list.h"
#include "token-cmd.h"

#define DAYS_DEFAULT 180
#define DAYS_MAX     3660
#define DAY_SECONDS  86400
#define NUMBER_MAX   2000000000u
#define CRL_FILE_MAX (1 << 20)

static enum devid_err read_list(const char *path, struct build_revoked **ret,
	size_t *ret_n, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	struct devid_error why = { DEVID_OK, "" };
	size_t len = 0;
	enum devid_err rc =
		files_read(path, REVOKED_LIST_FILE_MAX, &text, &len, err);

	if (rc != DEVID_OK)
		return rc;
	rc = revoked_list_parse((char *)text, len, ret, ret_n, &why);
	if (rc != DEVID_OK)
		return devid_fail(
			err, rc, "%s: %s", path, devid_error_text(&why));
	return DEVID_OK;
}

/* The number in the file; no file: 0. */
static enum devid_err number_of_file(
	const char *path, unsigned *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	struct devid_error why = { DEVID_OK, "" };
	size_t len = 0;
	enum devid_err rc = files_read(path, 16, &text, &len, &why);

	*ret = 0;
	if (rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	if (rc == DEVID_OK && len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	if (rc == DEVID_OK)
		rc = conf_uint((char *)text, 0, NUMBER_MAX, ret, &why);
	if (rc != DEVID_OK)
		return devid_fail(
			err, rc, "%s: %s", path, devid_error_text(&why));
	return DEVID_OK;
}

/* The CRL that is to be replaced; none: NULL. */
static enum devid_err read_old(
	const char *path, X509_CRL **ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	struct devid_error why = { DEVID_OK, "" };
	const uint8_t *p;
	enum devid_err rc = DEVID_ERR_NOT_FOUND;

	*ret = NULL;
	if (!output_is_stream(path))
		rc = cmd_file_read(path, CRL_FILE_MAX, &der, &why);
	if (rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	if (rc != DEVID_OK)
		return fail_with(err, rc, &why);
	p = der.data;
	*ret = d2i_X509_CRL(NULL, &p, (long)der.len);
	if (!*ret)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: is there already and not a CRL", path);
	return DEVID_OK;
}

/* @old's; NULL: 0. */
static enum devid_err number_of_crl(const char *path, const X509_CRL *old,
	unsigned *ret, struct devid_error *err)
{
	CLEANUP(cleanup_asn1_integer) ASN1_INTEGER *number = NULL;
	uint64_t value;

	*ret = 0;
	if (!old)
		return DEVID_OK;
	number = X509_CRL_get_ext_d2i(old, NID_crl_number, NULL, NULL);
	if (!number || ASN1_INTEGER_get_uint64(&value, number) != 1 ||
		value > NUMBER_MAX)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: is there already and not a CRL with a number",
			path);
	*ret = (unsigned)value;
	return DEVID_OK;
}

/*
 * The next number, on disk before it is used: two lists never have the same
 * one (RFC 5280 5.2.3), whatever is killed or restored.
 */
static enum devid_err next_number(const struct token_cmd *cmd,
	const X509_CRL *old, unsigned *ret, struct devid_error *err)
{
	const char *path = cmd->number;
	unsigned in_file, in_crl;
	char text[16];
	int len;
	enum devid_err rc = number_of_file(path, &in_file, err);

	if (rc == DEVID_OK)
		rc = number_of_crl(cmd->out, old, &in_crl, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = (in_file > in_crl ? in_file : in_crl) + 1;
	len = snprintf(text, sizeof(text), "%u\n", *ret); /* fits */
	return files_write_atomic(path, text, (size_t)len, 0644, err);
}

static enum devid_err store_crl(const struct token_cmd *cmd, X509 *ca,
	struct view der, struct devid_error *err)
{
	const char *path = cmd->out;
	const uint8_t *p = der.data;
	CLEANUP(cleanup_x509_crl)
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	enum devid_err rc;

	if (!crl || X509_CRL_verify(crl, X509_get0_pubkey(ca)) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"%s: not written: the signature is wrong", path);
	rc = output_put(cmd->file, der.data, der.len, err);
	if (rc == DEVID_OK)
		token_cmd_tell(cmd, "crl", path, der, "made");
	return rc;
}

/* Before a PIN is asked for: whether --out may be written, what it replaces,
 * and what that says of the clock @now. */
static enum devid_err look_at_old(struct token_cmd *cmd, int64_t now,
	X509_CRL **ret, struct devid_error *err)
{
	enum devid_err rc = token_cmd_out(cmd, err);

	if (rc == DEVID_OK)
		rc = read_old(cmd->out, ret, err);
	if (rc != DEVID_OK || !*ret || cmd->accept_clock)
		return rc;
	return ceremony_clock_check_list(cmd->out, *ret, now, err);
}

static enum devid_err run_root_crl(
	struct token_cmd *cmd, struct devid_error *err)
{
	static const struct build_urls no_urls;
	CLEANUP(cleanup_x509_crl) X509_CRL *old = NULL;
	CLEANUP(cleanup_issuer) struct build_issuer *issuer = NULL;
	CLEANUP(cleanup_free) struct build_revoked *list = NULL;
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	CLEANUP(cleanup_x509) X509 *ca = NULL;
	struct build_crl what = { .this_update = time(NULL) };
	unsigned days = cmd->days ? cmd->days : DAYS_DEFAULT;
	unsigned number = 0;
	enum devid_err rc = token_cmd_read_cert(cmd->ca, &ca, err);

	if (rc == DEVID_OK)
		rc = ceremony_clock_check_cert(
			cmd->ca, ca, what.this_update, err);
	if (rc == DEVID_OK)
		rc = look_at_old(cmd, what.this_update, &old, err);
	if (rc != DEVID_OK || cmd->only_clock)
		return rc;
	rc = read_list(cmd->revoked, &list, &what.n, err);
	if (rc == DEVID_OK)
		rc = token_cmd_open(cmd, err);
	if (rc == DEVID_OK)
		rc = build_issuer_new(ca, cmd->signer, &no_urls, &issuer, err);
	if (rc == DEVID_OK)
		rc = next_number(cmd, old, &number, err);
	if (rc != DEVID_OK)
		return rc;
	what.number = number;
	what.next_update = what.this_update + (int64_t)days * DAY_SECONDS;
	what.entries = list;
	rc = build_crl(issuer, &what, &der, err);
	return rc == DEVID_OK ? store_crl(cmd, ca, blob_view(&der), err) : rc;
}

int cmd_root_crl(int argc, char **argv)
{
	static const struct option_row rows[] = {
		TOKEN_CMD_MUST("ca", "CERT", ca, "certificate of the root"),
		TOKEN_CMD_MUST("revoked", "LIST", revoked,
			"lines of SERIAL TIME REASON"),
		TOKEN_CMD_MUST("number", "FILE", number,
			"keeps the number of the newest"),
		TOKEN_CMD_MUST("out", "FILE", out, "the list, DER; replaced"),
		{ "days", 0, "N", option_uint,
			OPTION_WITHIN(struct token_cmd, days, 1, DAYS_MAX),
			"until the next one is due (180)" },
		{ "accept-clock", 0, NULL, option_flag,
			OPTION_AT(struct token_cmd, accept_clock),
			"this machine's clock is right, whatever\n"
			"the list in --out says" },
		{ "only-clock", 0, NULL, option_flag,
			OPTION_AT(struct token_cmd, only_clock),
			"compare the clock, sign nothing" },
		TOKEN_CMD_ROWS,
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "root-crl",
		.usage =
			"usage: devid-ca root-crl --ca CERT --revoked LIST --number FILE --out FILE OPTION...\n"
			"Signs the list of issuing CAs that a root has revoked.\n",
		.rows = rows,
	};

	return token_command(&set, run_root_crl, argc, argv);
}
