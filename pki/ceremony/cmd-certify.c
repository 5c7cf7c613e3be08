/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `devid-ca root-cert`, `request`, `sign-ca` and `cross`: what ceremonies
 * sign. Each makes its file once: what is there and right is kept, what is
 * there and not right is never replaced.
 */
#include "cmd-certify.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "build-ca.h"
#include "build-cert.h"
#include "ceremony-clock.h"
#include "cert-once.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "token-cmd.h"

/* ---- devid-ca root-cert ---- */

/* What outlives everything below it is stronger than that. */
static bool is_root_key(const EVP_PKEY *key)
{
	const char *name = signer_key_name(key);

	return name &&
	       (strcmp(name, "p384") == 0 || strcmp(name, "rsa4096") == 0);
}

static enum devid_err run_root_cert(
	struct token_cmd *cmd, struct devid_error *err)
{
	struct build_ca what = { .org = cmd->org,
		.cn = cmd->cn,
		.pathlen = -1,
		.not_before = time(NULL) };
	struct cert_wanted want = { 0 };
	bool done = false;
	enum devid_err rc = token_cmd_until(cmd, &what.not_after, err);
	const char *make = cmd->make;

	if (rc == DEVID_OK && make && strcmp(make, "p384") != 0 &&
		strcmp(make, "rsa4096") != 0)
		rc = devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: a root key is p384 or rsa4096", make);
	if (rc == DEVID_OK)
		rc = token_cmd_open(cmd, err);
	if (rc != DEVID_OK)
		return rc;
	if (!is_root_key(cmd->signer->public_key))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: a root key is p384 or rsa4096", cmd->key);
	what.key = cmd->signer->public_key;
	want.key = want.signed_by = what.key;
	want.until = what.not_after;
	rc = cert_once_look(cmd, &want, &done, err);
	if (rc != DEVID_OK || done)
		return rc;
	return cert_once_make(cmd, NULL, &what, &want, err);
}

int cmd_root_cert(int argc, char **argv)
{
	static const struct option_row rows[] = {
		TOKEN_CMD_MUST("org", "O", org, "organisation of the subject"),
		TOKEN_CMD_MUST("cn", "CN", cn, "name of the subject"),
		TOKEN_CMD_MUST(
			"out", "FILE", out, "made once; kept when it is right"),
		TOKEN_CMD_MAY(
			"make", "ALG", make, "make the key: p384 or rsa4096"),
		TOKEN_CMD_MAY(
			"until", "TIME", until, "YYYYMMDDHHMMSSZ; else no end"),
		TOKEN_CMD_ROWS,
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "root-cert",
		.usage =
			"usage: devid-ca root-cert --org O --cn CN --out FILE OPTION...\n"
			"Certifies a root CA's key by itself.\n",
		.rows = rows,
	};

	return token_command(&set, run_root_cert, argc, argv);
}

/* ---- devid-ca request ---- */

static enum devid_err look_at_request(
	struct token_cmd *cmd, bool *ret_done, struct devid_error *err)
{
	const char *path = cmd->out;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	CLEANUP(cleanup_x509_req) X509_REQ *req = NULL;
	struct devid_error absent = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_NOT_FOUND;
	int len;

	*ret_done = false;
	if (!output_is_stream(path))
		rc = token_cmd_read_request(path, &req, &absent);
	if (rc != DEVID_OK)
		return token_cmd_out_after(cmd, rc, &absent, err);
	if (EVP_PKEY_eq(X509_REQ_get0_pubkey(req), cmd->signer->public_key) !=
		1)
		return cert_once_other(path, "has another key", err);
	if (!cert_once_name_is(X509_REQ_get_subject_name(req), cmd))
		return cert_once_other(path, "has another subject", err);
	if (X509_REQ_verify(req, cmd->signer->public_key) != 1)
		return cert_once_other(path, "has a wrong signature", err);
	len = i2d_X509_REQ(req, &der);
	if (len <= 0)
		return fail_no_memory(err);
	token_cmd_tell(cmd, "request", path, (struct view) { der, (size_t)len },
		"kept");
	*ret_done = true;
	return DEVID_OK;
}

static enum devid_err run_request(
	struct token_cmd *cmd, struct devid_error *err)
{
	const char *path = cmd->out;
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	bool done = false;
	enum devid_err rc = token_cmd_open(cmd, err);

	if (rc == DEVID_OK)
		rc = look_at_request(cmd, &done, err);
	if (rc != DEVID_OK || done)
		return rc;
	rc = build_request(cmd->signer, cmd->org, cmd->cn, &der, err);
	if (rc == DEVID_OK)
		rc = token_cmd_write_pem(
			cmd, "CERTIFICATE REQUEST", blob_view(&der), err);
	if (rc == DEVID_OK)
		token_cmd_tell(cmd, "request", path, blob_view(&der), "made");
	return rc;
}

int cmd_request(int argc, char **argv)
{
	static const struct option_row rows[] = {
		TOKEN_CMD_MUST("org", "O", org, "organisation of the subject"),
		TOKEN_CMD_MUST("cn", "CN", cn, "name of the subject"),
		TOKEN_CMD_MUST(
			"out", "FILE", out, "made once; kept when it is right"),
		TOKEN_CMD_MAY("make", "ALG", make,
			"make the key: p256, p384, rsa2048 or rsa4096"),
		TOKEN_CMD_ROWS,
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "request",
		.usage =
			"usage: devid-ca request --org O --cn CN --out FILE OPTION...\n"
			"Requests a certificate for a key in a token.\n",
		.rows = rows,
	};

	return token_command(&set, run_request, argc, argv);
}

/* ---- devid-ca sign-ca, cross ---- */

/* Organisation and name, once each, as this program's requests have them. */
static enum devid_err check_subject(
	const char *path, const X509_NAME *name, struct devid_error *err)
{
	if (X509_NAME_entry_count(name) == 2 &&
		X509_NAME_get_index_by_NID(name, NID_organizationName, -1) >=
			0 &&
		X509_NAME_get_index_by_NID(name, NID_commonName, -1) >= 0)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_INVALID,
		"%s: the subject is not O and CN", path);
}

/* The CA that signs: --ca and the key. */
static enum devid_err open_issuer(struct token_cmd *cmd, X509 *ca,
	struct build_issuer **ret, struct devid_error *err)
{
	const struct build_urls urls = { cmd->crl_url, cmd->ocsp_url,
		cmd->issuer_url };
	enum devid_err rc;

	if (X509_check_ca(ca) != 1)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not a CA's certificate", cmd->ca);
	rc = token_cmd_open(cmd, err);
	return rc == DEVID_OK
		       ? build_issuer_new(ca, cmd->signer, &urls, ret, err)
		       : rc;
}

/* Certifies @what by @ca, unless --out has a certificate as @want has it. */
static enum devid_err certify_once(struct token_cmd *cmd, X509 *ca,
	const struct build_ca *what, struct cert_wanted *want,
	struct devid_error *err)
{
	CLEANUP(cleanup_issuer) struct build_issuer *issuer = NULL;
	bool done = false;
	enum devid_err rc;

	want->signed_by = X509_get0_pubkey(ca);
	want->until = what->not_after;
	rc = cert_once_look(cmd, want, &done, err);
	if (rc == DEVID_OK && !done)
		rc = ceremony_clock_check_cert(
			cmd->ca, ca, what->not_before, err);
	if (rc == DEVID_OK && !done)
		rc = open_issuer(cmd, ca, &issuer, err);
	if (rc != DEVID_OK || done)
		return rc;
	return cert_once_make(cmd, issuer, what, want, err);
}

/* What nobody certifies, before a PIN is asked for. */
static enum devid_err check_request(const struct token_cmd *cmd, X509 *ca,
	X509_REQ *req, bool ocsp, struct devid_error *err)
{
	const X509_NAME *name = X509_REQ_get_subject_name(req);
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);
	const char *path = cmd->operand;

	if (!key || signer_nid(key) == NID_undef)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: the key is none of p256, p384, rsa2048, rsa4096",
			path);
	if (X509_REQ_verify(req, key) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"%s: the request's own signature is wrong", path);
	if (EVP_PKEY_eq(key, X509_get0_pubkey(ca)) == 1)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: the key is the CA's own", path);
	if (X509_NAME_cmp(name, X509_get_subject_name(ca)) == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: the subject is the CA's own", path);
	if (!ocsp && X509_get_pathlen(ca) == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: this CA may not certify CAs (pathlen 0)", cmd->ca);
	return check_subject(path, name, err);
}

static enum devid_err run_sign_ca(
	struct token_cmd *cmd, struct devid_error *err)
{
	const char *kind = cmd->kind;
	bool ocsp = strcmp(kind, "ocsp") == 0;
	struct build_ca what = { .pathlen = ocsp ? -1 : 0,
		.ocsp_signer = ocsp,
		.not_before = time(NULL) };
	CLEANUP(cleanup_x509_req) X509_REQ *req = NULL;
	CLEANUP(cleanup_x509) X509 *ca = NULL;
	struct cert_wanted want = { .ocsp = ocsp };
	enum devid_err rc;

	if (!ocsp && strcmp(kind, "issuing") != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"--kind: %s: not issuing or ocsp", kind);
	rc = token_cmd_until(cmd, &what.not_after, err);
	if (rc == DEVID_OK)
		rc = token_cmd_read_cert(cmd->ca, &ca, err);
	if (rc == DEVID_OK)
		rc = token_cmd_read_request(cmd->operand, &req, err);
	if (rc == DEVID_OK)
		rc = check_request(cmd, ca, req, ocsp, err);
	if (rc != DEVID_OK)
		return rc;
	what.key = want.key = X509_REQ_get0_pubkey(req);
	what.subject = X509_REQ_get_subject_name(req);
	want.name = what.subject;
	return certify_once(cmd, ca, &what, &want, err);
}

int cmd_sign_ca(int argc, char **argv)
{
	static const struct option_row rows[] = {
		TOKEN_CMD_MUST("kind", "KIND", kind, "issuing or ocsp"),
		TOKEN_CMD_MUST(
			"ca", "CERT", ca, "certificate of the CA that signs"),
		TOKEN_CMD_MUST(
			"out", "FILE", out, "made once; kept when it is right"),
		TOKEN_CMD_MAY(
			"until", "TIME", until, "YYYYMMDDHHMMSSZ; else no end"),
		TOKEN_CMD_MAY("crl-url", "URL", crl_url, "where CERT's CRL is"),
		TOKEN_CMD_MAY("ocsp-url", "URL", ocsp_url,
			"where CERT's OCSP responder is"),
		TOKEN_CMD_MAY("issuer-url", "URL", issuer_url, "where CERT is"),
		TOKEN_CMD_ROWS,
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "sign-ca",
		.usage =
			"usage: devid-ca sign-ca --kind issuing|ocsp --ca CERT --out FILE OPTION... REQUEST\n"
			"Certifies an issuing CA below a root, or a CA's OCSP signer.\n",
		.rows = rows,
		.operand = "REQUEST",
		.operands_min = 1,
		.operands_max = 1,
	};

	return token_command(&set, run_sign_ca, argc, argv);
}

/* A root other than @ca that certifies itself. */
static enum devid_err check_new_root(
	const char *path, X509 *ca, X509 *root, struct devid_error *err)
{
	EVP_PKEY *key = X509_get0_pubkey(root);

	if (!key || X509_check_ca(root) != 1 || X509_verify(root, key) != 1 ||
		X509_NAME_cmp(X509_get_subject_name(root),
			X509_get_issuer_name(root)) != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not a root CA's certificate", path);
	if (!is_root_key(key))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: a root key is p384 or rsa4096", path);
	if (EVP_PKEY_eq(key, X509_get0_pubkey(ca)) == 1)
		return devid_fail(
			err, DEVID_ERR_INVALID, "%s: the same root", path);
	return check_subject(path, X509_get_subject_name(root), err);
}

static enum devid_err run_cross(struct token_cmd *cmd, struct devid_error *err)
{
	/* Below the new root is one issuing CA. */
	struct build_ca what = { .pathlen = 1, .not_before = time(NULL) };
	CLEANUP(cleanup_x509) X509 *root = NULL;
	CLEANUP(cleanup_x509) X509 *ca = NULL;
	struct cert_wanted want = { 0 };
	enum devid_err rc = token_cmd_until(cmd, &what.not_after, err);

	if (rc == DEVID_OK)
		rc = token_cmd_read_cert(cmd->ca, &ca, err);
	if (rc == DEVID_OK)
		rc = token_cmd_read_cert(cmd->operand, &root, err);
	if (rc == DEVID_OK)
		rc = check_new_root(cmd->operand, ca, root, err);
	if (rc != DEVID_OK)
		return rc;
	what.key = want.key = X509_get0_pubkey(root);
	what.subject = X509_get_subject_name(root);
	want.name = what.subject;
	return certify_once(cmd, ca, &what, &want, err);
}

int cmd_cross(int argc, char **argv)
{
	static const struct option_row rows[] = {
		TOKEN_CMD_MUST("ca", "OLDROOT", ca,
			"certificate of the root that signs"),
		TOKEN_CMD_MUST(
			"out", "FILE", out, "made once; kept when it is right"),
		TOKEN_CMD_MAY(
			"until", "TIME", until, "YYYYMMDDHHMMSSZ; else no end"),
		TOKEN_CMD_MAY(
			"crl-url", "URL", crl_url, "where OLDROOT's CRL is"),
		TOKEN_CMD_MAY(
			"issuer-url", "URL", issuer_url, "where OLDROOT is"),
		TOKEN_CMD_ROWS,
		OPTION_END,
	};
	static const struct option_set set = {
		.command = "cross",
		.usage =
			"usage: devid-ca cross --ca OLDROOT --out FILE OPTION... NEWROOT\n"
			"Certifies a new root's name and key by the old one.\n",
		.rows = rows,
		.operand = "NEWROOT",
		.operands_min = 1,
		.operands_max = 1,
	};

	return token_command(&set, run_cross, argc, argv);
}
