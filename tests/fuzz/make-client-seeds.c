/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-client into tests/fuzz/corpus: what devid-keyd would
 * answer. Run by hand when a format changes:
 *
 *	make build/tests/fuzz/make-client-seeds
 *	build/tests/fuzz/make-client-seeds
 */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "hostile-keyd.h"

/* Calls by their places in fuzz-client.c. */
enum call {
	FACTS,
	FIND_KEY,
	CHAIN,
	CHANGE,
	SIGN,
	ATTEST,
	ACTIVATE,
	CERTIFY,
	EPOCH
};

static uint8_t input[65536];
static size_t input_len;

static void begin(enum call call)
{
	input[0] = (uint8_t)call;
	input_len = 1;
}

static void put(enum wire_op op, enum devid_err code, struct view data)
{
	uint8_t *at = input + input_len;
	size_t len = hostile_record(at + 2, (uint8_t)op, code, data);

	at[0] = (uint8_t)(len >> 8);
	at[1] = (uint8_t)len;
	input_len += 2 + len;
}

static void save(const char *name)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "tests/fuzz/corpus/client/%s", name);
	f = fopen(path, "w");
	if (!f || fwrite(input, 1, input_len, f) != input_len || fclose(f) != 0)
		abort();
}

static void fill_key(struct wire_key *ret, const char *name, EVP_PKEY *key)
{
	uint8_t *p = ret->spki.data;

	memset(ret, 0, sizeof(*ret));
	strcpy(ret->name, name);
	strcpy(ret->place, "0x81020000");
	ret->alg = KEY_ALG_P256;
	ret->present = ret->certified = ret->enabled = ret->cert_enabled = 1;
	ret->n_certs = 1;
	ret->spki.len = (size_t)i2d_PUBKEY(key, &p);
}

static struct view status(EVP_PKEY *key)
{
	static struct wire_status st;
	static uint8_t data[WIRE_ANSWER_DATA_MAX];
	struct room out = { data, sizeof(data), 0 };

	st.initialized = 1;
	st.tries.max = 32;
	st.erasure.epoch = 3;
	st.erasure.resets = 7;
	st.erasure.erased_at = 5;
	st.erasure.erased = 1;
	st.erasure.where = WIRE_ERASED_HERE;
	strcpy(st.about.maker, "IBM");
	st.about.cc_eal = 4;
	st.about.fips_level = 2;
	st.n_keys = 2;
	fill_key(&st.keys[0], "idevid", key);
	fill_key(&st.keys[1], "tls-0", key);
	strcpy(st.keys[1].why, "a reason");
	if (wire_encode_status(&st, &out, NULL) != DEVID_OK)
		abort();
	return (struct view) { out.data, out.len };
}

static struct view attestation(void)
{
	static struct wire_attest said;
	static uint8_t data[4096];
	struct room out = { data, sizeof(data), 0 };

	said.ek_cert.len = said.iak_pub.len = said.idevid_pub.len = 8;
	said.certify.len = said.certify_sig.len = 8;
	if (wire_encode_attest(&said, &out, NULL) != DEVID_OK)
		abort();
	return (struct view) { out.data, out.len };
}

static struct view certification(void)
{
	static const uint8_t said[] = { 0, 1, 1, 0, 2, 2, 3, 0, 1, 4 };

	return (struct view) { said, sizeof(said) };
}

int main(void)
{
	static const uint8_t part[64];
	EVP_PKEY *key = certs_key("P-256");
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	struct certs_node leaf = certs_sign(&spec, key, &ca);
	struct view cert = { leaf.der.data, leaf.der.len };
	const struct view none = { part, 0 }, some = { part, sizeof(part) };

	begin(FACTS);
	put(WIRE_STATUS, DEVID_OK, status(key));
	put(WIRE_CHAIN, DEVID_OK, cert);
	put(WIRE_CHAIN, DEVID_ERR_CERT_DISABLED, none);
	save("facts");
	begin(FIND_KEY);
	put(WIRE_STATUS, DEVID_OK, status(key));
	save("find-key");
	begin(CHAIN);
	put(WIRE_CHAIN, DEVID_OK, cert);
	save("chain");
	begin(CHANGE);
	put(WIRE_PIN, DEVID_OK, none);
	save("change");
	begin(CHANGE);
	put(WIRE_PIN, DEVID_ERR_DENIED,
		(struct view) { (const uint8_t *)"uid 7 may not", 13 });
	save("refusal");
	begin(SIGN);
	put(WIRE_SIGN, DEVID_OK, some);
	save("sign");
	begin(ATTEST);
	put(WIRE_ATTEST, DEVID_OK, attestation());
	save("attest");
	begin(ACTIVATE);
	put(WIRE_ACTIVATE, DEVID_OK, some);
	save("activate");
	begin(CERTIFY);
	put(WIRE_CERTIFY, DEVID_OK, certification());
	save("certify");
	begin(EPOCH);
	put(WIRE_EPOCH, DEVID_OK, certification());
	save("epoch");
	certs_done(&leaf);
	certs_done(&ca);
	return 0;
}
