/* SPDX-License-Identifier: Apache-2.0 */
/* `devid key`: the operations of 802.1AR on keys. */
#include "cmd-key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd-file.h"
#include "key-call.h"
#include "key-file.h"
#include "key-list.h"
#include "progress.h"
#include "role.h"

static const struct option_set option_set = {
	.command = "key",
	.usage =
		"usage: devid key list [NAME]\n"
		"       devid key create NAME --type TYPE [--pin]\n"
		"       devid key import NAME FILE [--cert FILE] [--pin]\n"
		"       devid key enable|disable|delete|pin|unpin NAME\n"
		"       devid key sign NAME FILE [--hash HASH] "
		"[--scheme SCHEME] [--out FILE]\n"
		"Each takes --json and --config FILE as well; FILE may be '-'. "
		"TYPE is p256, p384,\nrsa2048, rsa3072 or rsa4096; HASH sha256, "
		"sha384 or sha512; SCHEME ecdsa, pkcs1\nor pss. See devid-key(1).\n",
	.rows = key_call_rows,
	.operand = "an operation",
	.operands_min = 1,
	.operands_max = -1,
	.given = offsetof(struct key_call, given),
};

/* A number by its name; 0 when there is none. */
struct named {
	const char *name;
	unsigned value;
};

static unsigned by_name(const struct named *rows, const char *name)
{
	for (; rows->name; rows++) {
		if (strcmp(rows->name, name) == 0)
			return rows->value;
	}
	return 0;
}

static int wrong_type(struct key_call *c)
{
	char text[256];
	const char *why = c->type ? key_alg_why_not(c->type) : NULL;

	if (!why)
		return key_call_wrong(c, "--type is " KEY_ALG_LIST);
	(void)snprintf(text, sizeof(text), "--type: %s: %s", c->type,
		why); /* a cut text is fine */
	return key_call_wrong(c, text);
}

static int key_create(struct key_call *c)
{
	struct client_change change = {
		.op = WIRE_CREATE, .hash = c->pin, .key = c->key
	};
	char why[128];
	enum key_id id;

	if (!c->type)
		return wrong_type(c);
	change.arg = (uint8_t)key_alg_by_name(c->type);
	if (change.arg == KEY_ALG_NONE)
		return wrong_type(c);
	if (key_id_by_name(c->key, &id) &&
		key_id_row(id)->home == ROLE_HOME_MAKER) {
		(void)snprintf(why, sizeof(why),
			"%s: the maker makes this key: 'devid provision key'",
			c->key); /* fits */
		return key_call_wrong(c, why);
	}
	return key_call_change(c, &change, "made");
}

/* No crash of this process leaves the key in a core file, nor with a program
 * that the kernel gives one to, which asks for no limit (core(5)). */
static void keep_off_disk(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);      /* cannot fail */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* best effort */
}

static enum devid_err import(struct key_call *c, struct private_pem *key,
	struct room *chain, struct devid_error *err)
{
	enum devid_err rc = key_file_read(c->file, key, err);

	if (rc == DEVID_OK && c->cert)
		rc = key_file_read_certs(c->cert, chain, err);
	if (rc != DEVID_OK)
		return rc;
	c->asked = true;
	return client_import(c->env.socket, c->key,
		&(struct wire_import) { .pkcs8 = { key->data, key->len },
			.chain = { chain->data, chain->len } },
		c->pin, err);
}

static int key_import(struct key_call *c)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(WIRE_CHAIN_MAX);
	struct room chain = { buf, WIRE_CHAIN_MAX, 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct private_pem key = { .len = 0 };
	struct progress *progress;
	enum devid_err rc;

	if (c->cert && strcmp(c->file, "-") == 0 && strcmp(c->cert, "-") == 0)
		return key_call_wrong(
			c, "key and certificate both from standard input");
	if (!buf)
		return EXIT_FAILURE;
	keep_off_disk();
	progress = progress_begin(c->what);
	rc = import(c, &key, &chain, &err);
	progress_end(progress);
	OPENSSL_cleanse(&key, sizeof(key));
	return rc == DEVID_OK ? key_call_done(c, "taken in")
			      : key_call_fail(c, &err);
}

static int print_signature(struct key_call *c, const struct key_sig *sig,
	struct output *out, struct devid_error *err)
{
	char text[2 * KEY_SIG_MAX];

	if (!c->json)
		return output_put(out, sig->data, sig->len, err) == DEVID_OK
			       ? EXIT_SUCCESS
			       : key_call_fail(c, err);
	(void)EVP_EncodeBlock(
		(unsigned char *)text, sig->data, (int)sig->len); /* fits */
	return key_call_print(json_pack("{s:s, s:s, s:b, s:s}", "operation",
		c->what, "key", c->key, "done", 1, "signature", text));
}

/* What is not said is what the key is for. */
static enum devid_err choose(
	struct key_call *c, struct client_sign *what, struct devid_error *err)
{
	struct wire_key key = { .alg = KEY_ALG_NONE };
	enum devid_err rc;

	c->asked = true;
	if (what->scheme != 0 && what->hash != 0)
		return DEVID_OK;
	rc = client_find_key(c->env.socket, c->key, &key, err);
	if (rc == DEVID_OK && what->scheme == 0)
		what->scheme = key_alg_scheme(key.alg);
	if (rc == DEVID_OK && what->hash == 0)
		what->hash = key_alg_hash(key.alg);
	return rc;
}

static int sign(struct key_call *c, struct client_sign *what)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	CLEANUP(blob_done) struct blob file = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct key_sig sig = { .len = 0 };
	enum devid_err rc = DEVID_OK;

	if (!c->json)
		rc = cmd_file_out(c->out, 0644, &out, &err);
	if (rc == DEVID_OK)
		rc = cmd_file_read(c->file, WIRE_DATA_MAX, &file, &err);
	if (rc == DEVID_OK)
		rc = choose(c, what, &err);
	what->data = file.data;
	what->data_len = file.len;
	if (rc == DEVID_OK)
		rc = client_sign(c->env.socket, what, &sig, &err);
	return rc == DEVID_OK ? print_signature(c, &sig, out, &err)
			      : key_call_fail(c, &err);
}

static int key_sign(struct key_call *c)
{
	static const struct named schemes[] = { { "ecdsa", SIG_ECDSA },
		{ "pkcs1", SIG_RSASSA }, { "pss", SIG_RSAPSS }, { NULL, 0 } };
	static const struct named hashes[] = { { "sha256", HASH_SHA256 },
		{ "sha384", HASH_SHA384 }, { "sha512", HASH_SHA512 },
		{ NULL, 0 } };
	struct client_sign what = { .key = c->key };

	if (c->scheme)
		what.scheme = by_name(schemes, c->scheme);
	if (c->hash)
		what.hash = by_name(hashes, c->hash);
	if (c->scheme && what.scheme == 0)
		return key_call_wrong(c, "--scheme is ecdsa, pkcs1 or pss");
	if (c->hash && what.hash == 0)
		return key_call_wrong(c, "--hash is sha256, sha384 or sha512");
	if (c->json && c->out)
		return key_call_wrong(c, "--json has the signature in it: no "
					 "--out");
	if (!c->json && (!c->out || strcmp(c->out, "-") == 0) &&
		isatty(STDOUT_FILENO))
		return key_call_wrong(c, "a signature is binary and not for a "
					 "terminal: --out FILE or --json");
	return sign(c, &what);
}

int cmd_key(int argc, char **argv)
{
	static const struct key_step steps[] = {
		{ "list", "[NAME]", "config json", 0, 0, NULL, key_list_keys },
		{ "create", "NAME", "config json type pin", 0, 0, NULL,
			key_create },
		{ "import", "NAME FILE", "config json cert pin", 0, 0, NULL,
			key_import },
		{ "enable", "NAME", "config json", WIRE_ENABLE, 1, "enabled",
			NULL },
		{ "disable", "NAME", "config json", WIRE_ENABLE, 0, "disabled",
			NULL },
		{ "delete", "NAME", "config json", WIRE_DELETE, 0, "deleted",
			NULL },
		{ "pin", "NAME", "config json", WIRE_PIN, 1, "persistent",
			NULL },
		{ "unpin", "NAME", "config json", WIRE_PIN, 0,
			"no longer persistent", NULL },
		{ "sign", "NAME FILE", "config json hash scheme out", 0, 0,
			NULL, key_sign },
		{ NULL, NULL, NULL, 0, 0, NULL, NULL },
	};

	return key_call_run(&option_set, steps, argc, argv);
}
