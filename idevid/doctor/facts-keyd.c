/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-keyd.h"

#include <stdio.h>
#include <stdlib.h>

#include "cleanup-json.h"
#include "client.h"
#include "der.h"
#include "fact-cert.h"
#include "fact.h"

/* The chain of the key at @i; none stays empty. */
static void ask_chain(const char *socket, struct facts_keyd *keyd, size_t i)
{
	const struct wire_key *key = &keyd->status.keys[i];
	struct facts_chain *chain = &keyd->chains[i];
	struct room room = { chain->der, sizeof(chain->der), 0 };

	if (key->certified &&
		client_chain(socket, key->name, &room, NULL) == DEVID_OK)
		chain->len = room.len;
}

struct facts_keyd *facts_keyd_ask(const char *socket)
{
	struct facts_keyd *keyd = calloc(1, sizeof(*keyd));

	if (!keyd)
		return NULL;
	keyd->rc = client_status(socket, &keyd->status, &keyd->err);
	for (size_t i = 0; keyd->rc == DEVID_OK && i < keyd->status.n_keys; i++)
		ask_chain(socket, keyd, i);
	return keyd;
}

bool facts_keyd_answers(const struct facts_keyd *keyd)
{
	return keyd->rc == DEVID_OK;
}

/* The leaf of @chain, and those above it; json null and none when there is
 * nothing to be seen. */
static json_t *leaf_json(const struct facts_chain *chain, json_t *above)
{
	struct view in = { chain->der, chain->len };
	struct view content, whole;
	json_t *leaf = NULL;
	uint8_t tag;

	while (der_take(&in, &tag, &content, &whole)) {
		if (!leaf)
			leaf = fact_certificate(whole);
		else
			(void)json_array_append_new(
				above, fact_certificate(whole));
	}
	return leaf ? leaf : json_null();
}

/* As 802.1AR names its suites: key and hash. */
static const char *suite_name(enum key_alg alg, char ret[32])
{
	(void)snprintf(ret, 32, "%s%s/SHA-%zu",
		key_alg_rsa_bits(alg) > 0 ? "" : "ECDSA ", key_alg_title(alg),
		8 * sig_hash_len(key_alg_hash(alg))); /* fits */
	return ret;
}

/* What its role says of a key, and how it is now. */
static json_t *state_json(const struct wire_key *key)
{
	enum key_id id;
	bool known = key_id_by_name(key->name, &id);
	char suite[32];

	return json_pack("{s:s, s:i, s:b, s:b, s:b, s:b, s:b, s:o}", "role",
		known ? key_role_name(key_id_role(id)) : "unknown", "number",
		known ? (int)key_id_number(id) : 0, "of_maker",
		known && key_id_row(id)->home == ROLE_HOME_MAKER, "persistent",
		key->persistent, "imported", key->imported, "certified",
		key->certified, "cert_enabled", key->cert_enabled, "suite",
		key->alg == KEY_ALG_NONE
			? json_null()
			: json_string(suite_name(key->alg, suite)));
}

/* Null: not known. */
static json_t *tls13_json(enum wire_tls13 tls13)
{
	return tls13 == WIRE_TLS13_UNKNOWN
		       ? json_null()
		       : json_boolean(tls13 == WIRE_TLS13_YES);
}

json_t *facts_keyd_identity(const struct facts_keyd *keyd, size_t i)
{
	const struct wire_key *key = &keyd->status.keys[i];
	CLEANUP(cleanup_json) json_t *state = state_json(key);
	json_t *above = json_array();
	json_t *leaf = leaf_json(&keyd->chains[i], above);
	json_t *all = json_pack(
		"{s:s, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:i, s:i, s:o}",
		"name", key->name, "algorithm",
		key->alg == KEY_ALG_NONE ? json_null()
					 : json_string(key_alg_name(key->alg)),
		"place", key->place, "present", key->present, "enabled",
		key->enabled, "tls13", tls13_json(key->tls13), "certificate",
		leaf, "above", above, "certificates", key->n_certs,
		"certificates_in_tpm", key->n_stored, "why",
		*key->why ? fact_new(key->why) : json_null());

	if (json_object_update(all, state) == 0)
		return all;
	json_decref(all);
	return NULL;
}

json_t *facts_keyd_identities(const struct facts_keyd *keyd)
{
	json_t *keys = json_array();
	bool ok = keys != NULL;

	for (size_t i = 0; keyd->rc == DEVID_OK && i < keyd->status.n_keys;
		i++) {
		if (json_array_append_new(keys, facts_keyd_identity(keyd, i)) <
			0)
			ok = false;
	}
	if (ok)
		return keys;
	json_decref(keys);
	return NULL;
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

static const char *health_name(enum devid_err module)
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

/* Why there is no answer: nobody is there, he is busy, this user may not ask,
 * or it is no devid-keyd of ours. Only the first is known to be bad. */
static const char *silence_name(enum devid_err rc)
{
	switch (rc) {
	case DEVID_ERR_KEYD_ABSENT:
		return "keyd-absent";
	case DEVID_ERR_TIMEOUT:
		return "keyd-busy";
	case DEVID_ERR_DENIED:
		return "unseen";
	default:
		return "keyd-other";
	}
}

static const char *answered_name(uint8_t answered)
{
	static const char *const names[] = {
		[WIRE_UNKNOWN] = "unknown",
		[WIRE_NO] = "no",
		[WIRE_YES] = "yes",
	};

	return names[answered <= WIRE_YES ? answered : WIRE_UNKNOWN];
}

/* What the certificate of the endorsement key says of how the module was
 * evaluated; nobody else has to believe it. */
static json_t *asserted_json(const struct wire_about *about)
{
	char cc[16] = "", fips[48] = "";

	if (about->cc_eal)
		(void)snprintf(cc, sizeof(cc), "CC EAL%u%s", about->cc_eal,
			about->cc_plus ? "+" : ""); /* fits */
	if (about->fips_level)
		(void)snprintf(fips, sizeof(fips), "FIPS %s level %u",
			about->fips_version, about->fips_level); /* fits */
	return json_pack("{s:o, s:o}", "common_criteria",
		*cc ? json_string(cc) : json_null(), "fips",
		*fips ? fact_new(fips) : json_null());
}

/* Of each place: what scripts and what people are told. */
static const struct {
	const char *in, *text;
} erased_in[] = {
	[WIRE_ERASED_UNKNOWN] = { "unknown",
		"whether that was in this TPM is not known" },
	[WIRE_ERASED_HERE] = { "this-tpm", "complete from the next TPM reset" },
	[WIRE_ERASED_CLEARED] = { "cleared",
		"complete: the TPM was cleared since then" },
	[WIRE_ERASED_ELSEWHERE] = { "another-tpm",
		"that was in another TPM, of which this one says nothing" },
	[WIRE_ERASED_NOT_HERE] = { "another-or-cleared",
		"that was in another TPM, or this one was cleared since then" },
};

/* A count of resets says something of the TPM alone that counted them. */
static json_t *erasure_json(const struct wire_erasure *erasure)
{
	uint8_t where = erasure->where; /* one of them: wire_decode_status() */
	bool reset = where == WIRE_ERASED_HERE &&
		     erasure->resets > erasure->erased_at;
	const char *text = reset ? "complete: the TPM was reset since then"
				 : erased_in[where].text;

	if (!erasure->erased && !erasure->pending)
		return json_null();
	return json_pack("{s:b, s:o, s:b, s:s, s:I, s:I, s:s}", "pending",
		erasure->pending, "why",
		erasure->pending ? fact_new(erasure->why) : json_null(),
		"complete",
		!erasure->pending && (reset || where == WIRE_ERASED_CLEARED),
		"in", erased_in[where].in, "erased_at",
		(json_int_t)erasure->erased_at, "resets",
		(json_int_t)erasure->resets, "text",
		erasure->pending ? "begun, and not done yet" : text);
}

static json_t *module_json(const struct wire_status *st)
{
	const struct wire_about *about = &st->about;

	return json_pack("{s:b, s:o, s:o, s:o, s:s, s:o, s:I, s:o}",
		"initialized", st->initialized, "manufacturer",
		fact_new(about->maker), "model", fact_new(about->model),
		"firmware", fact_new(about->firmware), "fips_mode",
		answered_name(about->fips_mode), "asserted",
		asserted_json(about), "epoch", (json_int_t)st->erasure.epoch,
		"erasure", erasure_json(&st->erasure));
}

json_t *facts_keyd_keystore(const struct facts_keyd *keyd)
{
	const struct wire_status *st = &keyd->status;
	CLEANUP(cleanup_json) json_t *module = NULL;
	json_t *all;

	if (keyd->rc != DEVID_OK)
		return json_pack("{s:s, s:o}", "state", silence_name(keyd->rc),
			"detail", fact_new(devid_error_text(&keyd->err)));
	all = json_pack("{s:s, s:o, s:o, s:I, s:I}", "state",
		health_name(st->module), "detail", fact_new(st->module_text),
		"tries", tries_json(&st->tries), "signatures",
		(json_int_t)st->signatures, "refused", (json_int_t)st->refused);
	module = module_json(st);
	if (json_object_update(all, module) == 0)
		return all;
	json_decref(all);
	return NULL;
}
