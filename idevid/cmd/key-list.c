/* SPDX-License-Identifier: Apache-2.0 */
#include "key-list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-json.h"
#include "der.h"
#include "fact-cert.h"
#include "fact.h"
#include "facts-keyd.h"
#include "identity-print.h"

/* What the list holds of the key at @i; json null: nothing. */
typedef json_t *item_fn(const struct facts_keyd *keyd, size_t i);
typedef void print_fn(const json_t *item, bool well);

/* One member of @list, with its text for programs. */
static json_t *with_pem(struct view der)
{
	json_t *cert = fact_certificate(der);

	if (json_object_set_new(cert, "pem", fact_pem(der)) < 0) {
		json_decref(cert);
		return NULL;
	}
	return cert;
}

static json_t *cert_item(const struct facts_keyd *keyd, size_t i)
{
	const struct wire_key *key = &keyd->status.keys[i];
	struct view in = { keyd->chains[i].der, keyd->chains[i].len };
	struct view content, whole;
	json_t *cert;
	uint8_t tag;

	if (!key->certified)
		return json_null();
	/* Of a disabled one this user may be told no more. */
	cert = der_take(&in, &tag, &content, &whole) ? with_pem(whole)
						     : json_null();
	return json_pack("{s:s, s:b, s:b, s:o}", "key", key->name,
		"key_enabled", key->enabled, "cert_enabled", key->cert_enabled,
		"certificate", cert);
}

static json_t *chain_item(const struct facts_keyd *keyd, size_t i)
{
	struct view in = { keyd->chains[i].der, keyd->chains[i].len };
	struct view content, whole;
	json_t *above;
	uint8_t tag;

	if (!der_take(&in, &tag, &content, &whole) || in.len == 0)
		return json_null();
	above = json_array();
	while (der_take(&in, &tag, &content, &whole))
		(void)json_array_append_new(above, with_pem(whole));
	return json_pack("{s:s, s:o}", "key", keyd->status.keys[i].name,
		"certificates", above);
}

static json_t *key_item(const struct facts_keyd *keyd, size_t i)
{
	return facts_keyd_identity(keyd, i);
}

static void print_key(const json_t *item, bool well)
{
	identity_print(item, well);
}

static void print_cert(const json_t *item, bool well)
{
	const json_t *cert = json_object_get(item, "certificate");

	(void)well; /* certificates are known without the keystore */
	(void)printf("%-10s %s%s\n", fact_text(item, "key"),
		fact_true(item, "cert_enabled") ? "enabled" : "DISABLED",
		fact_true(item, "key_enabled") ? "" : ", its key DISABLED");
	if (json_is_object(cert))
		identity_print_certificate(cert);
}

static void print_chain(const json_t *item, bool well)
{
	const json_t *cert;
	size_t i;

	(void)well; /* as above */
	(void)printf("%s\n", fact_text(item, "key"));
	json_array_foreach(json_object_get(item, "certificates"), i, cert)(
		void) printf("           %s\n"
			     "           issued by %s\n"
			     "           until %s, sha256 %.16s...\n",
		fact_text(cert, "subject"), fact_text(cert, "issuer"),
		fact_text(cert, "not_after"), fact_text(cert, "sha256"));
}

static json_t *gather(
	const struct key_call *c, const struct facts_keyd *keyd, item_fn *item)
{
	CLEANUP(cleanup_json) json_t *list = json_array();

	for (size_t i = 0; list && i < keyd->status.n_keys; i++) {
		json_t *one;

		if (c->key && strcmp(c->key, keyd->status.keys[i].name) != 0)
			continue;
		one = item(keyd, i);
		if (json_is_null(one))
			continue;
		if (json_array_append_new(list, one) < 0)
			return NULL;
	}
	return STEAL(list);
}

static bool has_key(const struct facts_keyd *keyd, const char *name)
{
	for (size_t i = 0; i < keyd->status.n_keys; i++) {
		if (strcmp(keyd->status.keys[i].name, name) == 0)
			return true;
	}
	return false;
}

/* A kind of list: its name, what is in it, how that is shown to people. */
struct kind {
	const char *plural;
	item_fn *item;
	print_fn *print;
};

static int show(const struct key_call *c, const struct facts_keyd *keyd,
	const struct kind *kind)
{
	CLEANUP(cleanup_json) json_t *list = gather(c, keyd, kind->item);
	bool well = keyd->status.module == DEVID_OK;
	const json_t *one;
	size_t i;

	if (c->json || !list)
		return key_call_print(
			list ? json_pack("{s:s, s:O}", "operation", c->what,
				       kind->plural, list)
			     : NULL);
	json_array_foreach(list, i, one) kind->print(one, well);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(struct key_call *c, const struct kind *kind)
{
	CLEANUP(cleanup_free)
	struct facts_keyd *keyd = facts_keyd_ask(c->env.socket);
	struct devid_error err = { DEVID_OK, "" };

	c->asked = true;
	if (!keyd)
		return EXIT_FAILURE;
	if (keyd->rc != DEVID_OK)
		return key_call_fail(c, &keyd->err);
	/* A module that never answered has told of nothing yet. */
	if (!keyd->status.initialized && keyd->status.n_keys == 0)
		(void)devid_fail(&err, DEVID_ERR_NOT_INITIALIZED,
			"%s%sthe module is not initialised yet: %s",
			c->key ? c->key : "", c->key ? ": " : "",
			keyd->status.module_text);
	else if (c->key && !has_key(keyd, c->key))
		(void)devid_fail(&err, DEVID_ERR_NOT_FOUND,
			"%s: there is no such key", c->key);
	if (err.code != DEVID_OK)
		return key_call_fail(c, &err);
	return show(c, keyd, kind);
}

int key_list_keys(struct key_call *c)
{
	static const struct kind kind = { "keys", key_item, print_key };

	return run(c, &kind);
}

int key_list_certs(struct key_call *c)
{
	static const struct kind kind = { "certificates", cert_item,
		print_cert };

	return run(c, &kind);
}

int key_list_chains(struct key_call *c)
{
	static const struct kind kind = { "chains", chain_item, print_chain };

	return run(c, &kind);
}
