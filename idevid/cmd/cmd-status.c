/* SPDX-License-Identifier: Apache-2.0 */
/* `devid status`: what this device is and how its ports are. */
#include "cmd-status.h"

#include <jansson.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup-json.h"
#include "client.h"
#include "cmd-exit.h"
#include "cmd-files.h"
#include "conf.h"
#include "files.h"
#include "hex.h"
#include "options.h"

#define AGENT_STATUS_MAX 262144 /* bytes; a limit of ours */
#define TEXT_MAX         256
#define SHOWN_ATTACHES   3

struct call {
	const char *config; /* borrowed, or NULL */
	bool json;
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, option_flag, OPTION_AT(struct call, json),
		"all of it, as one JSON object" },
	{ "config", 0, "FILE", option_text, OPTION_AT(struct call, config),
		"settings (" CONF_DEFAULT_PATH ")" },
	OPTION_END,
};

static const struct option_set option_set = {
	.command = "status",
	.usage = "usage: devid status [--json] [--config FILE]\n"
		 "Shows identities, keystore and ports. See devid(1).\n",
	.rows = rows,
};

/* Hex SHA-256 of the DER certificate. */
static void fingerprint(X509 *cert, char *ret, size_t size)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	ret[0] = '\0';
	if (!X509_digest(cert, EVP_sha256(), md, &n))
		return;
	if (2 * n < size)
		hex_encode(md, n, ret);
}

static void name_text(X509_NAME *name, char *ret, size_t size)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, ret, (int)size - 1);
	ret[n > 0 ? n : 0] = '\0';
}

static void subject_part(X509 *cert, int nid, char *ret, size_t size)
{
	if (X509_NAME_get_text_by_NID(
		    X509_get_subject_name(cert), nid, ret, (int)size) < 0)
		ret[0] = '\0';
}

static void not_after(X509 *cert, char *ret, size_t size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1 ||
		strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = '\0';
}

static json_t *certificate_json(X509 *cert)
{
	char serial[TEXT_MAX], model[TEXT_MAX], issuer[TEXT_MAX];
	char until[TEXT_MAX], print[TEXT_MAX];

	subject_part(cert, NID_serialNumber, serial, sizeof(serial));
	subject_part(cert, NID_commonName, model, sizeof(model));
	name_text(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	not_after(cert, until, sizeof(until));
	fingerprint(cert, print, sizeof(print));
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "serial", serial, "model",
		model, "issuer", issuer, "not_after", until, "sha256", print);
}

/* The leaf certificate of @name; json null when there is none. */
static json_t *key_certificate(const char *socket, const char *name)
{
	struct wire_request req = { .op = WIRE_CHAIN };
	CLEANUP(cleanup_free) uint8_t *der = malloc(WIRE_CHAIN_MAX);
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	struct room chain = { der, WIRE_CHAIN_MAX, 0 };
	const uint8_t *p = der;
	json_t *json;

	memcpy(req.name, name, strlen(name));
	if (!der || client_request(socket, &req, &chain, NULL) != DEVID_OK)
		return json_null();
	cert = d2i_X509(NULL, &p, (long)chain.len);
	ERR_clear_error();
	json = cert ? certificate_json(cert) : NULL;
	return json ? json : json_null(); /* text that is not UTF-8 */
}

static json_t *key_json(const char *socket, const struct wire_key *key)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:i, s:i}",
		"name", key->name, "algorithm", key_alg_name(key->alg), "place",
		key->place, "present", key->present, "enabled", key->enabled,
		"tls13", key->tls13, "certificate",
		key->certified ? key_certificate(socket, key->name)
			       : json_null(),
		"certificates", key->n_certs, "certificates_in_tpm",
		key->n_stored);
}

static const char *state_name(enum devid_err module)
{
	switch (module) {
	case DEVID_OK:
		return "ok";
	case DEVID_ERR_TPM_ABSENT:
		return "absent";
	case DEVID_ERR_TPM_LOCKOUT:
		return "lockout";
	case DEVID_ERR_TPM_FAILURE:
		return "failure";
	default:
		return "error";
	}
}

/* Few: no more than two, or than a quarter, when some have failed. */
static json_t *tries_json(const struct wire_tries *tries)
{
	uint32_t left =
		tries->max > tries->failed ? tries->max - tries->failed : 0;
	bool few = tries->failed > 0 && (left <= 2 || left <= tries->max / 4);

	if (tries->max == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:b}", "left", (json_int_t)left, "max",
		(json_int_t)tries->max, "few", few);
}

/* What devid-keyd says; its absence is a state as well. */
static json_t *keyd_json(const char *socket, bool *ret_ok)
{
	CLEANUP(cleanup_free) struct wire_status *st = malloc(sizeof(*st));
	struct devid_error err = { DEVID_OK, "" };
	json_t *keys = json_array();

	*ret_ok = st && client_status(socket, st, &err) == DEVID_OK;
	if (!*ret_ok)
		return json_pack("{s:{s:s, s:s}, s:o}", "keystore", "state",
			"keyd-absent", "detail", devid_error_text(&err),
			"identities", keys);
	for (size_t i = 0; i < st->n_keys; i++)
		(void)json_array_append_new(
			keys, key_json(socket, &st->keys[i]));
	*ret_ok = st->module == DEVID_OK;
	return json_pack("{s:{s:s, s:s, s:o, s:i, s:i}, s:o}", "keystore",
		"state", state_name(st->module), "detail", st->module_text,
		"tries", tries_json(&st->tries), "signatures",
		(int)st->signatures, "refused", (int)st->refused, "identities",
		keys);
}

/* agent.json as it is, or null. */
static json_t *agent_json(const char *path)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	json_t *json = NULL;
	size_t len;

	if (files_read(path, AGENT_STATUS_MAX, &text, &len, NULL) == DEVID_OK)
		json = json_loadb((const char *)text, len, 0, NULL);
	return json ? json : json_null();
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int number_of(const json_t *object, const char *name)
{
	return (int)json_integer_value(json_object_get(object, name));
}

/* What a lost disk would take along. */
static void print_stored(int n, int stored)
{
	if (stored == 0)
		(void)printf(
			"           its chain of %d is on the disk only\n", n);
	else if (stored < n)
		(void)printf(
			"           of its chain of %d the TPM has %d, the "
			"rest is on the disk only\n",
			n, stored);
}

static void print_identity(const json_t *key)
{
	const json_t *cert = json_object_get(key, "certificate");
	bool present = json_is_true(json_object_get(key, "present"));
	bool enabled = json_is_true(json_object_get(key, "enabled"));

	(void)printf("%-10s %s at %s, %s%s\n", text_of(key, "name"),
		text_of(key, "algorithm"), text_of(key, "place"),
		present ? "in the TPM" : "NOT in the TPM",
		enabled ? "" : ", DISABLED");
	if (!json_is_object(cert)) {
		(void)printf("           no certificate installed\n");
		return;
	}
	(void)printf("           serial %s, model %s\n"
		     "           issued by %s\n"
		     "           until %s, sha256 %.16s...\n",
		text_of(cert, "serial"), text_of(cert, "model"),
		text_of(cert, "issuer"), text_of(cert, "not_after"),
		text_of(cert, "sha256"));
	print_stored(number_of(key, "certificates"),
		number_of(key, "certificates_in_tpm"));
	if (!json_is_true(json_object_get(key, "tls13")))
		(void)printf("           not usable with TLS 1.3\n");
}

static void print_attach(const json_t *attach)
{
	double ms = json_number_value(json_object_get(attach, "done_ms"));
	bool resumed = json_is_true(json_object_get(attach, "resumed"));

	(void)printf("           %s  %-8s %6.1f ms  %s%s%s\n",
		text_of(attach, "start"), text_of(attach, "verdict"), ms,
		text_of(attach, "tls_version"), resumed ? ", resumed" : "",
		text_of(attach, "reason"));
}

static void print_port(const json_t *port)
{
	const json_t *history = json_object_get(port, "history");
	size_t n = json_array_size(history);
	bool failed = *text_of(port, "class") &&
		      strcmp(text_of(port, "class"), "NONE") != 0;

	(void)printf("%-10s %s since %s%s%s%s%s\n", text_of(port, "port"),
		text_of(port, "state"), text_of(port, "since"),
		failed ? ": " : "", failed ? text_of(port, "class") : "",
		*text_of(port, "reason") ? ": " : "", text_of(port, "reason"));
	if (*text_of(port, "next_retry"))
		(void)printf("           next try at %s\n",
			text_of(port, "next_retry"));
	/* The newest first. */
	for (size_t i = 0; i < n && i < SHOWN_ATTACHES; i++)
		print_attach(json_array_get(history, i));
}

static void print_tries(const json_t *tries)
{
	long long left = json_integer_value(json_object_get(tries, "left"));

	if (!json_is_true(json_object_get(tries, "few")))
		return;
	if (left == 0) {
		(void)printf("           WARNING: no try is left: the TPM has "
			     "locked its keys (devid-keyd(8))\n");
		return;
	}
	(void)printf("           WARNING: %lld of %lld tries left before the "
		     "TPM locks its keys;\n"
		     "           a power cut after a signature takes one "
		     "(devid-keyd(8))\n",
		left,
		(long long)json_integer_value(json_object_get(tries, "max")));
}

static void print_human(const json_t *all)
{
	const json_t *keystore = json_object_get(all, "keystore");
	const json_t *agent = json_object_get(all, "agent");
	const json_t *item;
	size_t i;

	(void)printf("keystore   %s%s%s\n", text_of(keystore, "state"),
		*text_of(keystore, "detail") ? ": " : "",
		text_of(keystore, "detail"));
	print_tries(json_object_get(keystore, "tries"));
	json_array_foreach(json_object_get(all, "identities"), i, item)
		print_identity(item);
	if (!json_is_object(agent)) {
		(void)printf("agent      devid-agent has reported nothing\n");
		return;
	}
	json_array_foreach(json_object_get(agent, "ports"), i, item)
		print_port(item);
}

int cmd_status(int argc, char **argv)
{
	CLEANUP(cleanup_json) json_t *all = NULL;
	struct devid_error err = { DEVID_OK, "" };
	struct call call = { NULL, false };
	struct cmd_env env;
	bool ok = false;
	int code;

	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (cmd_env_load(call.config, &env, &err) != DEVID_OK) {
		(void)cmd_fail(&err);
		return EXIT_USAGE;
	}
	all = keyd_json(env.socket, &ok);
	if (all && json_object_set_new(
			   all, "agent", agent_json(env.agent_status)) == 0) {
		if (call.json)
			(void)(json_dumpf(all, stdout, JSON_INDENT(2)),
				putchar('\n'));
		else
			print_human(all);
	}
	cmd_env_done(&env);
	return all && ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
