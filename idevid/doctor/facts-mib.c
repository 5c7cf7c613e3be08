/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-mib.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup-json.h"
#include "der.h"
#include "fact-cert.h"

/* ENTITY-MIB's number of the one module that a device has. */
#define ENTITY 1

/* DevIDFingerprint: the TLS HashAlgorithm, 4 for SHA-256 (RFC 5246 7.4.1.4.1),
 * and the hash; as SnmpTLSFingerprint of RFC 6353. */
#define FINGERPRINT_MAX (2 + 64 + 1)

static const char *fingerprint(struct view in, char ret[FINGERPRINT_MAX])
{
	(void)snprintf(ret, FINGERPRINT_MAX, "04"); /* fits */
	fact_sha256(in, ret + 2, FINGERPRINT_MAX - 2);
	return ret;
}

static json_t *base64(struct view in)
{
	size_t size = 4 * ((in.len + 2) / 3) + 1;
	CLEANUP(cleanup_free) unsigned char *text = malloc(size);

	if (!text)
		return NULL;
	(void)EVP_EncodeBlock(text, in.data, (int)in.len); /* fits */
	return json_string((const char *)text);
}

/* What the table of roles says of LDevIDs. */
static json_t *module_table(void)
{
	const struct role *ldevid = role_row(KEY_ROLE_LDEVID);

	return json_pack("[{s:i, s:b, s:b, s:b}]", "entPhysicalIndex", ENTITY,
		"devIDModuleSupportsLDevIDs", ldevid->n > 0,
		"devIDModuleGeneratesLDevIDKeys",
		ldevid->home == ROLE_HOME_OWNER, "devIDModuleInsertsLDevIDKeys",
		ldevid->imports);
}

static json_t *statistics_table(const struct wire_counters *c)
{
	return json_pack("[{s:i, s:I, s:I, s:I, s:I, s:I}]", "entPhysicalIndex",
		ENTITY, "devIDStatisticKeyGenerationCount",
		(json_int_t)c->key_generation,
		"devIDStatisticKeyInsertionCount", (json_int_t)c->key_insertion,
		"devIDStatisticKeyDeletionCount", (json_int_t)c->key_deletion,
		"devIDStatisticCertInsertionCount",
		(json_int_t)c->cert_insertion,
		"devIDStatisticCertDeletionCount",
		(json_int_t)c->cert_deletion);
}

static json_t *cert_row(
	const struct wire_key *key, bool idevid, struct view leaf)
{
	char cert[FINGERPRINT_MAX], pub[FINGERPRINT_MAX];

	return json_pack("{s:i, s:s, s:s, s:b, s:b, s:b, s:o}",
		"entPhysicalIndex", ENTITY, "devIDCertFingerprint",
		fingerprint(leaf, cert), "devIDCertPublicKeyInfoFprint",
		fingerprint(
			(struct view) { key->spki.data, key->spki.len }, pub),
		"devIDCertIDevID", idevid, "devIDCertKeyEnabled", key->enabled,
		"devIDCertEnabled", key->cert_enabled, "devIDCert",
		base64(leaf));
}

static json_t *chain_row(struct view leaf, int index, struct view above)
{
	char cert[FINGERPRINT_MAX], one[FINGERPRINT_MAX];

	return json_pack("{s:i, s:s, s:i, s:s, s:o}", "entPhysicalIndex",
		ENTITY, "devIDCertFingerprint", fingerprint(leaf, cert),
		"devIDChainCertIndex", index, "devIDChainCertFingerprint",
		fingerprint(above, one), "devIDChainCert", base64(above));
}

/* The rows of the key at @i. What signs nothing for others is no DevID: an IAK
 * is in no table. False without memory. */
static bool add_key(
	const struct facts_keyd *keyd, size_t i, json_t *certs, json_t *chains)
{
	const struct wire_key *key = &keyd->status.keys[i];
	struct view in = { keyd->chains[i].der, keyd->chains[i].len };
	struct view content, leaf, above;
	enum key_id id;
	bool ok;
	uint8_t tag;

	if (!key_id_by_name(key->name, &id) || key_id_row(id)->purposes == 0 ||
		!der_take(&in, &tag, &content, &leaf))
		return true;
	ok = json_array_append_new(certs,
		     cert_row(key, key_id_row(id)->home == ROLE_HOME_MAKER,
			     leaf)) == 0;
	for (int n = 1; der_take(&in, &tag, &content, &above); n++)
		ok = json_array_append_new(chains, chain_row(leaf, n, above)) ==
			     0 &&
		     ok;
	return ok;
}

json_t *facts_mib(const struct facts_keyd *keyd)
{
	CLEANUP(cleanup_json) json_t *certs = json_array();
	CLEANUP(cleanup_json) json_t *chains = json_array();
	bool ok = certs && chains;

	if (keyd->rc != DEVID_OK)
		return json_null();
	for (size_t i = 0; i < keyd->status.n_keys; i++)
		ok = ok && add_key(keyd, i, certs, chains);
	if (!ok)
		return NULL;
	return json_pack("{s:o, s:o, s:O, s:O}", "devIDModuleTable",
		module_table(), "devIDStatisticsTable",
		statistics_table(&keyd->status.counters), "devIDCertTable",
		certs, "devIDChainTable", chains);
}
