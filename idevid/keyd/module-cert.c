/* SPDX-License-Identifier: Apache-2.0 */
#include "module-cert.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "module-key.h"
#include "module-state.h"
#include "module-store.h"

/* The key @name, which has a certificate. */
static enum devid_err find_certified(struct module *m, const char *name,
	struct module_key **ret, struct devid_error *err)
{
	enum devid_err rc = module_find_known(m, name, ret, err);

	if (rc == DEVID_OK && !(*ret)->chain)
		return devid_fail(err, DEVID_ERR_CERT_NOT_FOUND,
			"%s: no certificate installed", name);
	return rc;
}

enum devid_err module_chain(struct module *m, const char *name, bool all,
	struct view *ret, struct devid_error *err)
{
	struct module_key *key;
	enum devid_err rc = find_certified(m, name, &key, err);

	if (rc == DEVID_OK && !all)
		rc = module_check_enabled(key, err);
	if (rc == DEVID_OK)
		*ret = (struct view) { key->chain, key->chain_len };
	return rc;
}

/* Whether the leaf that begins @der is the installed one. */
static bool same_leaf(const struct module_key *key, struct view der)
{
	return key->chain && der.len >= key->leaf_len &&
	       memcmp(key->chain, der.data, key->leaf_len) == 0;
}

/* Whether all that is installed stays in its place, with more above it or not.
 */
static bool begins_with_chain(const struct module_key *key, struct view der)
{
	return !key->chain ||
	       (der.len >= key->chain_len &&
		       memcmp(key->chain, der.data, key->chain_len) == 0);
}

static enum devid_err check_replaced(const struct module_key *key,
	const char *name, bool replace, struct devid_error *err)
{
	if (!module_is_owners(key))
		return devid_fail(err, DEVID_ERR_CERT_EXISTS,
			"%s: another certificate is installed (802.1AR: an "
			"IDevID is never replaced)",
			name);
	if (!replace)
		return devid_fail(err, DEVID_ERR_CERT_EXISTS,
			"%s: another certificate is installed (--replace puts "
			"this one in its place)",
			name);
	return DEVID_OK;
}

/* The chain of an owner's key is its mirror and nothing else. A certificate
 * that is new begins as its role says, before it is there. */
static enum devid_err store_owners(struct module *m, struct module_key *key,
	struct view der, struct devid_error *err)
{
	bool is_new = !key->chain;
	enum devid_err rc = DEVID_OK;

	if (is_new)
		rc = module_state_enable(
			m, key, true, key_id_row(key->id)->enabled, err);
	if (rc == DEVID_OK)
		rc = module_state_store_chain(m, key, der, err);
	if (rc == DEVID_OK)
		rc = module_set_chain(key, der.data, der.len, err);
	return rc;
}

/* The one that may refuse first: what it refused is not to be in use. */
static enum devid_err store_makers(struct module *m, struct module_key *key,
	struct view der, struct devid_error *err)
{
	enum devid_err rc;

	if (m->store_certificates)
		rc = module_store_chain(m, key, der, err);
	else
		rc = module_state_store_chain(m, key, der, err);
	if (rc == DEVID_OK)
		rc = module_set_chain(key, der.data, der.len, err);
	if (rc != DEVID_OK)
		return rc;
	key->mirror_unread = false;
	if (!m->store_certificates)
		return DEVID_OK;
	module_count_stored(m, key);
	return module_state_store_chain(
		m, key, (struct view) { key->chain, key->chain_len }, err);
}

static enum devid_err store(struct module *m, struct module_key *key,
	struct view der, struct devid_error *err)
{
	struct module_chain found = { .leaf_len = 0 };
	enum devid_err rc = module_check_chain(key, der, &found, err);

	if (rc != DEVID_OK)
		return rc;
	/* A shorter one in its place would be a deletion, and so would be
	 * another one. */
	if (!module_is_owners(key) && !begins_with_chain(key, der))
		return devid_fail(err, DEVID_ERR_IDEVID_CHAIN_DELETION,
			"%s: has %u certificates, which these %u do not begin "
			"with: the chain of an IDevID is never deleted or "
			"replaced (802.1AR 7.2)",
			key_id_name(key->id), key->n_certs, found.n_certs);
	return module_is_owners(key) ? store_owners(m, key, der, err)
				     : store_makers(m, key, der, err);
}

enum devid_err module_install(struct module *m, const char *name,
	struct view der, bool replace, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	bool is_new;
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (module_is_owners(key))
		rc = module_find_known(m, name, &key, err);
	else
		rc = module_ensure_key(m, key, err);
	if (rc == DEVID_OK && key->chain && !same_leaf(key, der))
		rc = check_replaced(key, name, replace, err);
	if (rc != DEVID_OK)
		return rc;
	is_new = !same_leaf(key, der);
	/* The certificate alone: what is above it stays. */
	if (!module_is_owners(key) && !is_new && der.len == key->leaf_len)
		der = (struct view) { key->chain, key->chain_len };
	rc = store(m, key, der, err);
	if (rc == DEVID_OK && is_new)
		m->counters.cert_insertion++;
	return rc;
}

enum devid_err module_install_above(struct module *m, const char *name,
	struct view der, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *both = NULL;
	struct module_key *key;
	size_t len;
	enum devid_err rc = find_certified(m, name, &key, err);

	if (rc == DEVID_OK)
		rc = module_check_enabled(key, err);
	if (rc != DEVID_OK)
		return rc;
	if (der.len == 0 && !key_id_row(key->id)->deletes)
		return devid_fail(err, DEVID_ERR_IDEVID_CHAIN_DELETION,
			"%s: the chain of an IDevID is never deleted (802.1AR "
			"7.2)",
			name);
	len = key->leaf_len + der.len;
	both = malloc(len);
	if (!both)
		return fail_no_memory_for(err, name);
	memcpy(both, key->chain, key->leaf_len);
	if (der.len > 0)
		memcpy(both + key->leaf_len, der.data, der.len);
	return store(m, key, (struct view) { both, len }, err);
}

enum devid_err module_cert_delete(
	struct module *m, const char *name, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!key_id_row(key->id)->deletes)
		return devid_fail(err, DEVID_ERR_IDEVID_CERT_DELETION,
			"%s: an IDevID certificate is never deleted (802.1AR "
			"7.2)",
			name);
	rc = find_certified(m, name, &key, err);
	if (rc == DEVID_OK)
		rc = module_state_remove(m, key, ".pem", err);
	if (rc != DEVID_OK)
		return rc;
	free(key->chain);
	key->chain = NULL;
	key->chain_len = key->leaf_len = 0;
	key->n_certs = 0;
	m->counters.cert_deletion++;
	return DEVID_OK;
}

enum devid_err module_enable(struct module *m, const char *name, bool enable,
	struct devid_error *err)
{
	struct module_key *key;
	enum devid_err rc = module_find_known(m, name, &key, err);

	if (rc == DEVID_OK)
		rc = module_state_enable(m, key, false, enable, err);
	return rc;
}

enum devid_err module_cert_enable(struct module *m, const char *name,
	bool enable, struct devid_error *err)
{
	struct module_key *key;
	enum devid_err rc = find_certified(m, name, &key, err);

	if (rc == DEVID_OK)
		rc = module_state_enable(m, key, true, enable, err);
	return rc;
}
