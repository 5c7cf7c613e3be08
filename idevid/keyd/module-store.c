/* SPDX-License-Identifier: Apache-2.0 */
#include "module-store.h"

#include <string.h>

#include "der.h"
#include "fail.h"
#include "module-key.h"

/*
 * What a leaf may have that no CA has issued yet: a key of up to RSA-2048 (294
 * bytes) signed with RSA-4096 (512), and 700 for names and extensions, which
 * take 280 in one that says the least; longer keys by what they have more.
 */
static size_t leaf_room(enum key_alg alg)
{
	switch (alg) {
	case KEY_ALG_RSA4096:
		return 1792;
	case KEY_ALG_RSA3072:
		return 1664;
	default:
		return 1536;
	}
}

/* A chain as the keystore holds it. */
struct chain_parts {
	struct key_blob leaf;
	struct key_blob above;
};

/* A certificate counts as the key's own only when that key is there: what
 * others left in its place may be a certificate as well. *@ret_len has how
 * much room it wants yet. */
static enum devid_err check_key(struct module *m, const struct module_key *key,
	enum key_alg alg, size_t *ret_len, struct devid_error *err)
{
	struct key_blob leaf = { 0 };
	bool own = key->present && key->chain &&
		   key->leaf_len <= sizeof(leaf.data);

	if (own && key->n_stored > 0)
		*ret_len = 0;
	else
		*ret_len = own ? key->leaf_len
			       : leaf_room(key->present ? key->alg : alg);

	if (own) {
		leaf.len = key->leaf_len;
		memcpy(leaf.data, key->chain, leaf.len);
	}
	return m->keystore->ops->cert_writable(
		m->keystore, key->id, own ? &leaf : NULL, err);
}

enum devid_err module_check_store(struct module *m,
	const struct module_key *idevid, const struct module_key *iak,
	enum key_alg alg, struct devid_error *err)
{
	size_t len[N_MAKER_KEYS] = { 0 };
	enum devid_err rc;

	if (!m->store_certificates)
		return DEVID_OK;
	rc = check_key(m, idevid, alg, &len[idevid->id], err);
	if (rc == DEVID_OK)
		rc = check_key(m, iak, alg, &len[iak->id], err);
	return rc == DEVID_OK
		       ? m->keystore->ops->certs_fit(m->keystore, len, err)
		       : rc;
}

/* The leaf and as many of those above it as fit the keystore together. The
 * leaf must fit: without it nothing there is of use. */
static enum devid_err split_chain(struct module *m, const char *name,
	struct view in, struct chain_parts *ret, struct devid_error *err)
{
	struct view content, leaf, cert;
	size_t room = 0;
	uint8_t tag;
	enum devid_err rc;

	rc = m->keystore->ops->cert_room(m->keystore, &room, err);
	if (rc != DEVID_OK)
		return rc;
	if (!der_take(&in, &tag, &content, &leaf))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: certificate 1: not a DER certificate", name);
	if (leaf.len > room)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: certificate of %zu bytes, at most %zu fit the "
			"keystore (certificate_in_nv = no keeps it on the "
			"disk)",
			name, leaf.len, room);
	ret->leaf.len = leaf.len;
	memcpy(ret->leaf.data, leaf.data, leaf.len);
	while (der_take(&in, &tag, &content, &cert) &&
		cert.len <= room - ret->above.len) {
		memcpy(ret->above.data + ret->above.len, cert.data, cert.len);
		ret->above.len += cert.len;
	}
	return DEVID_OK;
}

/* Says whose intermediates gave their room to the leaf of another key. */
static void count_others(struct module *m)
{
	static const struct devid_error why = { DEVID_OK,
		"their room in the keystore went to a certificate" };

	for (int i = 0; i < N_MAKER_KEYS; i++) {
		struct module_key *key = &m->keys[i];
		uint8_t was = key->n_stored;

		if (was < 2)
			continue;
		module_count_stored(m, key);
		if (key->n_stored < was)
			module_warn_key(m, key,
				"intermediates are on the disk only", &why);
	}
}

/* The leaf first: what is above it must not take its room, nor what is above
 * that of the other key. Where those find none, or others have theirs, the
 * mirror has them. */
enum devid_err module_store_chain(struct module *m,
	const struct module_key *key, struct view chain,
	struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	struct chain_parts parts = { .leaf.len = 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	rc = split_chain(m, key_id_name(key->id), chain, &parts, err);
	if (rc == DEVID_OK)
		rc = ks->ops->cert_write(ks, key->id, &parts.leaf, err);
	if (rc != DEVID_OK)
		return rc;
	count_others(m);
	if (parts.above.len > 0)
		rc = ks->ops->issuers_write(ks, key->id, &parts.above, &cause);
	if (rc == DEVID_ERR_TOO_LARGE || rc == DEVID_ERR_EXISTS)
		module_warn_key(
			m, key, "intermediates are on the disk only", &cause);
	else if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}
