/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `devid provision`: what a factory does to a device, in three steps that can
 * each be repeated: key, certification request, certificate.
 */
#include "cmd.h"

#include <getopt.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd-env.h"
#include "der.h"
#include "files.h"
#include "pem-chain.h"
#include "profile.h"

/* RFC 5280 A.1: ub-serial-number and ub-common-name. */
#define SUBJECT_VALUE_MAX 64
#define PEM_MAX           65536 /* bytes of a certificate file */

static const char usage_text[] =
	"usage: devid provision key  [--alg p256|p384|rsa2048]\n"
	"       devid provision csr  --serial SERIAL [--model MODEL] "
	"[--out FILE]\n"
	"       devid provision cert [--key idevid|iak] [--force] FILE\n"
	"       devid provision enable|disable KEY\n"
	"Each takes --config FILE as well. See devid(1).\n";

struct provision {
	const char *config;
	const char *alg;
	const char *serial;
	const char *model;
	const char *out;
	const char *key;
	bool force;
	struct cmd_env env;
};

static int wrong_call(const char *why)
{
	if (why)
		(void)fprintf(stderr, "devid: provision: %s\n", why);
	(void)fputs(usage_text, stderr);
	return EXIT_USAGE;
}

/* A request whose answer holds nothing. */
static int simple_request(struct provision *p, const struct wire_request *req)
{
	struct devid_error err = { DEVID_OK, "" };
	uint8_t buf[16];
	size_t len;

	if (client_request(p->env.socket, req, buf, sizeof(buf), &len, &err) !=
		DEVID_OK)
		return cmd_fail(&err);
	return EXIT_SUCCESS;
}

/* The public key of @name at devid-keyd. */
static enum devid_err get_key(struct provision *p, const char *name,
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
		return wrong_call("--alg is p256, p384 or rsa2048");
	code = simple_request(p, &req);
	if (code == EXIT_SUCCESS)
		(void)printf("IDevID and IAK (%s) are in the TPM\n", alg);
	return code;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
		       (const unsigned char *)value, -1, -1, 0) == 1;
}

/* Subject and public key; devid-keyd signs what it sees of them. */
static X509_REQ *build_request(struct provision *p, const struct wire_key *key)
{
	CLEANUP(cleanup_x509_req) X509_REQ *req = X509_REQ_new();
	const uint8_t *spki = key->spki.data;
	CLEANUP(cleanup_pkey)
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &spki, (long)key->spki.len);
	X509_NAME *name = req ? X509_REQ_get_subject_name(req) : NULL;

	if (!req || !pub || !X509_REQ_set_version(req, 0) ||
		!X509_REQ_set_pubkey(req, pub) ||
		!add_name(name, "serialNumber", p->serial) ||
		(p->model && !add_name(name, "CN", p->model)))
		return NULL;
	return STEAL(req);
}

static int signature_nid(enum key_alg alg)
{
	switch (alg) {
	case KEY_ALG_P256:
		return NID_ecdsa_with_SHA256;
	case KEY_ALG_P384:
		return NID_ecdsa_with_SHA384;
	case KEY_ALG_RSA2048:
		return NID_sha256WithRSAEncryption;
	case KEY_ALG_NONE:
		break;
	}
	return NID_undef;
}

/* Puts signature and algorithm into @req (RFC 2986 4.2). */
static bool set_signature(
	X509_REQ *req, enum key_alg alg, const uint8_t *sig, size_t len)
{
	X509_ALGOR *algor = X509_ALGOR_new();
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool ok = algor && bits &&
		  X509_ALGOR_set0(algor, OBJ_nid2obj(signature_nid(alg)),
			  alg == KEY_ALG_RSA2048 ? V_ASN1_NULL : V_ASN1_UNDEF,
			  NULL) &&
		  ASN1_BIT_STRING_set(
			  bits, (unsigned char *)(uintptr_t)sig, (int)len) &&
		  X509_REQ_set1_signature_algo(req, algor);

	if (ok) {
		bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
		bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
		X509_REQ_set0_signature(req, STEAL(bits));
	}
	X509_ALGOR_free(algor);
	ASN1_BIT_STRING_free(bits);
	return ok;
}

static enum devid_err sign_request(struct provision *p, X509_REQ *req,
	const struct wire_key *key, struct devid_error *err)
{
	CLEANUP(cleanup_free) unsigned char *tbs = NULL;
	int tbs_len = i2d_re_X509_REQ_tbs(req, &tbs);
	struct client_sign what = { .key = key->name,
		.scheme = key->alg == KEY_ALG_RSA2048 ? SIG_RSASSA : SIG_ECDSA,
		.hash = key->alg == KEY_ALG_P384 ? HASH_SHA384 : HASH_SHA256 };
	uint8_t sig[KEYSTORE_SIG_MAX];
	enum devid_err rc;
	size_t len = 0;

	if (tbs_len <= 0)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"csr: the request cannot be encoded");
	what.data = tbs;
	what.data_len = (size_t)tbs_len;
	rc = client_sign(p->env.socket, &what, sig, &len, err);
	if (rc != DEVID_OK)
		return rc;
	if (!set_signature(req, key->alg, sig, len) ||
		X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"csr: the signature does not verify");
	return DEVID_OK;
}

static int provision_csr(struct provision *p)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	CLEANUP(cleanup_x509_req) X509_REQ *req = NULL;
	struct devid_error err = { DEVID_OK, "" };
	struct wire_key key = { .alg = KEY_ALG_NONE };
	enum devid_err rc;
	char *pem;
	long len;

	if (!p->serial || !*p->serial ||
		strlen(p->serial) > SUBJECT_VALUE_MAX ||
		(p->model &&
			(!*p->model || strlen(p->model) > SUBJECT_VALUE_MAX)))
		return wrong_call("--serial (and --model) take 1 to 64 bytes");
	rc = get_key(p, "idevid", &key, &err);
	if (rc != DEVID_OK)
		return cmd_fail(&err);
	req = build_request(p, &key);
	if (!req || !bio)
		rc = devid_fail(&err, DEVID_ERR_INVALID,
			"csr: serial or model cannot be encoded");
	else
		rc = sign_request(p, req, &key, &err);
	if (rc != DEVID_OK)
		return cmd_fail(&err);
	if (!PEM_write_bio_X509_REQ(bio, req) ||
		(len = BIO_get_mem_data(bio, &pem)) <= 0)
		return EXIT_FAILURE;
	if (!p->out)
		return fwrite(pem, 1, (size_t)len, stdout) == (size_t)len
			       ? EXIT_SUCCESS
			       : EXIT_FAILURE;
	rc = files_write_atomic(p->out, pem, (size_t)len, 0644, &err);
	return rc == DEVID_OK ? EXIT_SUCCESS : cmd_fail(&err);
}

/* PEM certificates of @path as DER, one behind the other. */
static enum devid_err read_chain(const char *path, uint8_t *der,
	size_t *ret_len, size_t *ret_leaf_len, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	struct der_view in, content, leaf;
	size_t pem_len;
	enum devid_err rc;
	uint8_t tag;

	rc = files_read(path, PEM_MAX, &pem, &pem_len, err);
	if (rc == DEVID_OK)
		rc = pem_chain_to_der(
			"cert", path, pem, pem_len, der, ret_len, err);
	if (rc != DEVID_OK)
		return rc;
	in = (struct der_view) { der, *ret_len };
	if (!der_take(&in, &tag, &content, &leaf))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"cert: %s: not a DER certificate", path);
	*ret_leaf_len = leaf.len;
	return DEVID_OK;
}

/* The certificate can never be replaced once it is locked in the TPM, so a
 * wrong one is stopped here. Returns whether to go on. */
static bool profile_ok(struct provision *p, const uint8_t *der, size_t len)
{
	CLEANUP(cleanup_free)
	struct devid_profile_report *report = malloc(sizeof(*report));
	bool iak = strcmp(p->key, "iak") == 0;

	if (!report)
		return false;
	if (devid_profile_check(der, len,
		    iak ? DEVID_PROFILE_IAK : DEVID_PROFILE_IDEVID,
		    DEVID_PROFILE_STRICT, report))
		return true;
	for (int i = 1; i < DEVID_RULE_COUNT; i++) {
		const struct devid_rule_result *r = &report->results[i];

		if (r->verdict == DEVID_FAIL)
			(void)fprintf(stderr,
				"devid: cert: %s: not so: %s (%s)%s%s\n",
				p->key, devid_rule_text(r->rule),
				devid_rule_clause(r->rule),
				r->detail[0] ? ": " : "", r->detail);
	}
	if (p->force)
		(void)fputs("devid: cert: installed all the same (--force)\n",
			stderr);
	return p->force;
}

static int provision_cert(struct provision *p, const char *path)
{
	CLEANUP(cleanup_free) uint8_t *der = malloc(WIRE_CHAIN_MAX);
	struct wire_request req = { .op = WIRE_INSTALL, .data = der };
	size_t leaf_len = 0;
	struct devid_error err = { DEVID_OK, "" };
	int code;

	if (strcmp(p->key, "idevid") != 0 && strcmp(p->key, "iak") != 0)
		return wrong_call("--key is idevid or iak");
	if (!der || read_chain(path, der, &req.data_len, &leaf_len, &err) !=
			    DEVID_OK)
		return cmd_fail(&err);
	if (!profile_ok(p, der, leaf_len))
		return EXIT_FAILURE;
	memcpy(req.name, p->key, strlen(p->key));
	code = simple_request(p, &req);
	if (code == EXIT_SUCCESS)
		(void)printf("certificate of %s installed\n", p->key);
	return code;
}

static int provision_enable(struct provision *p, const char *key, bool enable)
{
	struct wire_request req = { .op = WIRE_ENABLE, .arg = enable };

	if (!keyref_name_ok(key, strlen(key)))
		return wrong_call("bad key name");
	memcpy(req.name, key, strlen(key));
	return simple_request(p, &req);
}

/* -1 to go on, else the exit code. */
static int parse_options(struct provision *p, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "alg", required_argument, NULL, 'a' },
		{ "serial", required_argument, NULL, 's' },
		{ "model", required_argument, NULL, 'm' },
		{ "out", required_argument, NULL, 'o' },
		{ "key", required_argument, NULL, 'k' },
		{ "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char **values[] = { &p->config, &p->alg, &p->serial, &p->model,
		&p->out, &p->key };
	static const char letters[] = "casmok";
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		const char *at = strchr(letters, opt);

		if (opt == 'h') {
			(void)fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == 'f')
			p->force = true;
		else if (at)
			*values[at - letters] = optarg;
		else
			return wrong_call(NULL);
	}
	return -1;
}

static int run_step(struct provision *p, int argc, char **argv)
{
	const char *step = argc > 0 ? argv[0] : "";

	if (strcmp(step, "key") == 0 && argc == 1)
		return provision_key(p);
	if (strcmp(step, "csr") == 0 && argc == 1)
		return provision_csr(p);
	if (strcmp(step, "cert") == 0 && argc == 2)
		return provision_cert(p, argv[1]);
	if (strcmp(step, "enable") == 0 && argc == 2)
		return provision_enable(p, argv[1], true);
	if (strcmp(step, "disable") == 0 && argc == 2)
		return provision_enable(p, argv[1], false);
	return wrong_call("no such step, or its arguments are wrong");
}

int cmd_provision(int argc, char **argv)
{
	struct provision p = { .key = "idevid" };
	struct devid_error err = { DEVID_OK, "" };
	int code;

	code = parse_options(&p, argc, argv);
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
