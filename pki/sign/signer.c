/* SPDX-License-Identifier: Apache-2.0 */
#include "signer.h"

#include <openssl/obj_mac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "der-write.h"
#include "der.h"
#include "fail.h"
#include "oid.h"

/* The keys that a CA may have, and how each signs: in the signature suites of
 * IEEE 802.1AR, which have RSA with SHA-256 only. */
static const struct {
	const char *name;
	int type;
	int bits;
	int nid;
	enum oid_algorithm alg;
} keys[] = {
	{ "p256", EVP_PKEY_EC, 256, NID_ecdsa_with_SHA256,
		ALGORITHM_ECDSA_SHA256 },
	{ "p384", EVP_PKEY_EC, 384, NID_ecdsa_with_SHA384,
		ALGORITHM_ECDSA_SHA384 },
	{ "rsa2048", EVP_PKEY_RSA, 2048, NID_sha256WithRSAEncryption,
		ALGORITHM_RSA_SHA256 },
	{ "rsa4096", EVP_PKEY_RSA, 4096, NID_sha256WithRSAEncryption,
		ALGORITHM_RSA_SHA256 },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* Curves of 256 and 384 bits beside P-256 and P-384 are not ours. */
static bool is_nist_curve(const EVP_PKEY *key)
{
	char group[32];
	size_t len;

	return EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       (strcmp(group, SN_X9_62_prime256v1) == 0 ||
		       strcmp(group, SN_secp384r1) == 0);
}

/* Index into keys, or N_KEYS. */
static size_t find_key(const EVP_PKEY *key)
{
	int type = EVP_PKEY_get_base_id(key);
	int bits = EVP_PKEY_get_bits(key);

	for (size_t i = 0; i < N_KEYS; i++) {
		if (keys[i].type == type && keys[i].bits == bits)
			return type == EVP_PKEY_EC && !is_nist_curve(key)
				       ? N_KEYS
				       : i;
	}
	return N_KEYS;
}

int signer_nid(const EVP_PKEY *key)
{
	size_t i = find_key(key);

	return i < N_KEYS ? keys[i].nid : NID_undef;
}

const char *signer_key_name(const EVP_PKEY *key)
{
	size_t i = find_key(key);

	return i < N_KEYS ? keys[i].name : NULL;
}

enum devid_err signer_algorithm(
	const EVP_PKEY *key, struct view *ret, struct devid_error *err)
{
	size_t i = find_key(key);

	if (i == N_KEYS)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"signer: the key is not P-256, P-384, RSA-2048 or "
			"RSA-4096");
	*ret = oid_algorithm(keys[i].alg);
	return DEVID_OK;
}

void signer_free(struct signer *s)
{
	if (s)
		s->ops->free(s);
}

enum devid_err signer_wrap(struct signer *s, struct view tbs, struct view extra,
	struct blob *ret, struct devid_error *err)
{
	static const uint8_t no_unused_bits = 0;
	enum devid_err rc = DEVID_OK;
	struct signer_sig sig;
	struct der_out out;
	size_t size, mark;
	uint8_t *buf;

	if (!s->alg.data)
		rc = signer_algorithm(s->public_key, &s->alg, err);
	if (rc == DEVID_OK)
		rc = s->ops->sign(s, tbs, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	size = tbs.len + s->alg.len + 1 + sig.len + extra.len +
	       2 * DER_HEADER_MAX;
	buf = malloc(size);
	if (!buf)
		return fail_no_memory_for(err, "signer");
	out = der_out_init(buf, size);
	der_out_bytes(&out, extra.data, extra.len);
	mark = der_out_mark(&out);
	der_out_bytes(&out, sig.data, sig.len);
	der_out_bytes(&out, &no_unused_bits, 1);
	der_out_wrap(&out, DER_BIT_STRING, mark);
	der_out_bytes(&out, s->alg.data, s->alg.len);
	der_out_bytes(&out, tbs.data, tbs.len);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	ret->len = der_out_mark(&out);
	ret->data = memmove(buf, buf + out.pos, ret->len);
	return DEVID_OK;
}
