/* SPDX-License-Identifier: Apache-2.0 */
#include "module-state.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "keyref.h"
#include "pem-chain.h"
#include "wire.h"

#define MIRROR_MAX 32768 /* bytes of a PEM mirror; a limit of ours */

struct module_key *module_find(
	struct module *m, const char *name, struct devid_error *err)
{
	enum key_id id;

	if (key_id_by_name(name, &id))
		return &m->keys[id];
	(void)devid_fail(err, DEVID_ERR_NOT_FOUND, "key '%s': not found", name);
	return NULL;
}

enum devid_err module_find_known(struct module *m, const char *name,
	struct module_key **ret, struct devid_error *err)
{
	struct module_key *key = module_find(m, name, err);

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (key->alg == KEY_ALG_NONE && !m->initialized)
		return devid_fail(err, DEVID_ERR_NOT_INITIALIZED,
			"%s: the module is not initialised yet: %s", name,
			m->health_text);
	if (key->alg == KEY_ALG_NONE)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"%s: there is no such key", name);
	*ret = key;
	return DEVID_OK;
}

enum devid_err module_check_enabled(
	const struct module_key *key, struct devid_error *err)
{
	if (!key->enabled)
		return devid_fail(err, DEVID_ERR_KEY_DISABLED,
			"%s: key disabled (802.1AR 7.2)", key_id_name(key->id));
	if (key->chain && !key->cert_enabled)
		return devid_fail(err, DEVID_ERR_CERT_DISABLED,
			"%s: certificate disabled (802.1AR 7.2)",
			key_id_name(key->id));
	return DEVID_OK;
}

bool module_is_owners(const struct module_key *key)
{
	return key_id_row(key->id)->home == ROLE_HOME_OWNER;
}

bool module_is_told(const struct module_key *key)
{
	return module_is_owners(key) && key->why[0] != '\0';
}

void module_key_clear(struct module_key *key)
{
	enum key_id id = key->id;

	EVP_PKEY_free(key->pub);
	free(key->chain);
	memset(key, 0, sizeof(*key));
	key->id = id;
	key->enabled = key_id_row(id)->enabled;
	key->cert_enabled = key->enabled;
}

void module_warn_key(struct module *m, const struct module_key *key,
	const char *what, const struct devid_error *cause)
{
	char line[DEVID_ERROR_TEXT_MAX + 64];

	(void)snprintf(line, sizeof(line), "%s: %s: %s", key_id_name(key->id),
		what, devid_error_text(cause)); /* cut lines are fine */
	m->warn(line);
}

void module_note_use(const struct module *m)
{
	if (m->used)
		m->used(m->used_arg);
}

enum devid_err module_state_file(const struct module *m, const char *name,
	char *buf, struct devid_error *err)
{
	int n = snprintf(buf, PATH_MAX, "%s/%s", m->state_dir, name);

	if (n < 0 || n >= PATH_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"state: %.80s...: path too long", m->state_dir);
	return DEVID_OK;
}

enum devid_err module_state_path(const struct module *m,
	const struct module_key *key, const char *suffix, char *buf,
	struct devid_error *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s", key_id_name(key->id),
		suffix); /* fits: fixed names */
	return module_state_file(m, name, buf, err);
}

enum devid_err module_set_spki(struct module_key *key,
	const struct key_blob *spki, struct devid_error *err)
{
	enum key_alg alg = key_alg_of_spki(spki->data, spki->len);
	const uint8_t *p = spki->data;
	CLEANUP(cleanup_pkey)
	EVP_PKEY *pub = alg == KEY_ALG_NONE
				? NULL
				: d2i_PUBKEY(NULL, &p, (long)spki->len);

	if (!pub)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: public key is of no algorithm that devid knows",
			key_id_name(key->id));
	EVP_PKEY_free(key->pub);
	key->pub = STEAL(pub);
	key->spki = *spki;
	key->alg = alg;
	return DEVID_OK;
}

enum devid_err module_check_only_name(const struct module *m,
	const struct module_key *key, const struct key_blob *spki,
	struct devid_error *err)
{
	for (int i = 0; i < N_KEYS; i++) {
		const struct module_key *other = &m->keys[i];

		if (other->id == key->id || other->alg == KEY_ALG_NONE ||
			!key_blob_equal(&other->spki, spki))
			continue;
		if (other->present || other->id < key->id)
			return devid_fail(err, DEVID_ERR_KEY_EXISTS,
				"%s: %s is the same key", key_id_name(key->id),
				key_id_name(other->id));
	}
	return DEVID_OK;
}

/* Parses one DER certificate off the front. */
static X509 *take_cert(const uint8_t **p, const uint8_t *end)
{
	return *p < end ? d2i_X509(NULL, p, (long)(end - *p)) : NULL;
}

static enum devid_err cert_spki(
	X509 *cert, struct key_blob *ret, struct devid_error *err)
{
	X509_PUBKEY *pub = X509_get_X509_PUBKEY(cert);
	uint8_t *out = ret->data;
	int len = i2d_X509_PUBKEY(pub, NULL);

	if (len <= 0 || len > KEY_SPKI_MAX)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"certificate: public key too large");
	ret->len = (size_t)i2d_X509_PUBKEY(pub, &out);
	return DEVID_OK;
}

/* Each certificate is issued by the one behind it (RFC 5280 6.1). */
static enum devid_err check_links(const char *name, struct view chain,
	struct module_chain *ret, struct devid_error *err)
{
	const uint8_t *p = chain.data, *end = chain.data + chain.len;
	CLEANUP(cleanup_x509) X509 *below = take_cert(&p, end);
	int n = 2;

	if (!below)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: certificate 1: not a DER certificate", name);
	ret->leaf_len = (size_t)(p - chain.data);
	for (; p < end; n++) {
		X509 *above = take_cert(&p, end);
		bool issued;

		if (!above || n > KEY_CHAIN_MAX) {
			X509_free(above);
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"%s: certificate %d: %s", name, n,
				above ? "more than fit a chain"
				      : "not a DER certificate");
		}
		issued = X509_check_issued(above, below) == X509_V_OK &&
			 X509_verify(below, X509_get0_pubkey(above)) == 1;
		X509_free(below);
		below = above;
		if (!issued)
			return devid_fail(err, DEVID_ERR_MISMATCH,
				"%s: certificate %d did not issue the one "
				"before it",
				name, n);
	}
	ret->n_certs = (uint8_t)(n - 1); /* KEY_CHAIN_MAX at most */
	return DEVID_OK;
}

enum devid_err module_check_chain(const struct module_key *key, struct view der,
	struct module_chain *ret, struct devid_error *err)
{
	const char *name = key_id_name(key->id);
	CLEANUP(cleanup_x509) X509 *leaf = NULL;
	const uint8_t *p = der.data;
	enum devid_err rc;

	if (der.len == 0 || der.len > WIRE_CHAIN_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: chain of %zu bytes", name, der.len);
	rc = check_links(name, der, ret, err);
	if (rc != DEVID_OK)
		return rc;
	leaf = take_cert(&p, der.data + der.len);
	rc = leaf ? cert_spki(leaf, &ret->spki, err) : DEVID_ERR_SYNTAX;
	if (rc == DEVID_OK && key->alg != KEY_ALG_NONE &&
		key_alg_of_spki(ret->spki.data, ret->spki.len) != key->alg)
		return devid_fail(err, DEVID_ERR_SUITE_MISMATCH,
			"%s: the certificate is of a key of another type, "
			"this one is %s",
			name, key_alg_name(key->alg));
	if (rc == DEVID_OK && key->alg != KEY_ALG_NONE &&
		!key_blob_equal(&ret->spki, &key->spki))
		rc = devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: the certificate is of another key", name);
	return rc;
}

enum devid_err module_set_chain(struct module_key *key, const uint8_t *der,
	size_t len, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *copy = NULL;
	struct module_chain chain = { .leaf_len = 0 };
	enum devid_err rc;

	rc = module_check_chain(key, (struct view) { der, len }, &chain, err);
	if (rc != DEVID_OK)
		return rc;
	copy = malloc(len);
	if (!copy)
		return fail_no_memory_for(err, key_id_name(key->id));
	if (key->alg == KEY_ALG_NONE) {
		rc = module_set_spki(key, &chain.spki, err);
		if (rc != DEVID_OK)
			return rc;
	}
	memcpy(copy, der, len);
	free(key->chain);
	key->chain = STEAL(copy);
	key->chain_len = len;
	key->leaf_len = chain.leaf_len;
	key->n_certs = chain.n_certs;
	key->n_stored = 0;
	return DEVID_OK;
}

/* A mark that cannot be looked at disables. */
static enum devid_err read_mark(struct module *m, const struct module_key *key,
	bool of_cert, bool *ret, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc = module_state_path(
		m, key, key_id_mark(key->id, of_cert), path, err);
	bool there;

	if (rc != DEVID_OK)
		return rc;
	there = access(path, F_OK) == 0;
	*ret = (there || errno == ENOENT) && key_id_is_enabled(key->id, there);
	return DEVID_OK;
}

enum devid_err module_state_load(
	struct module *m, struct module_key *key, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	CLEANUP(cleanup_free) uint8_t *der = malloc(WIRE_CHAIN_MAX);
	struct room chain = { der, WIRE_CHAIN_MAX, 0 };
	struct devid_error cause = { DEVID_OK, "" };
	size_t pem_len;
	char path[PATH_MAX];
	enum devid_err rc;

	if (!der)
		return fail_no_memory_for(err, "state");
	rc = read_mark(m, key, false, &key->enabled, err);
	if (rc == DEVID_OK)
		rc = read_mark(m, key, true, &key->cert_enabled, err);
	if (rc == DEVID_OK)
		rc = module_state_path(m, key, ".pem", path, err);
	if (rc != DEVID_OK)
		return rc;
	rc = files_read(path, MIRROR_MAX, &pem, &pem_len, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	if (rc == DEVID_OK)
		rc = pem_chain_to_der("read", path,
			(struct view) { pem, pem_len }, &chain, &cause);
	if (rc == DEVID_OK)
		rc = module_set_chain(key, chain.data, chain.len, &cause);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}

/* Whether its files are not for everybody; then *@ret says for whom. */
static bool has_readers(const struct module *m, const struct module_key *key,
	struct readers *ret)
{
	if (!m->readers || key_id_row(key->id)->listed)
		return false;
	m->readers(m->readers_arg, key->id, ret);
	return true;
}

static enum devid_err write_public(struct module *m,
	const struct module_key *key, const char *path, struct view data,
	struct devid_error *err)
{
	struct readers who;
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_UNSUPPORTED;

	if (has_readers(m, key, &who))
		rc = readers_write(path, data, &who, &cause);
	if (rc == DEVID_ERR_UNSUPPORTED) /* module_state_share() tells */
		return files_write_atomic(path, data.data, data.len, 0644, err);
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

static enum devid_err share_one(struct module *m, const struct module_key *key,
	const char *suffix, struct devid_error *err)
{
	struct readers who;
	char path[PATH_MAX];
	enum devid_err rc = module_state_path(m, key, suffix, path, err);

	if (rc != DEVID_OK || !has_readers(m, key, &who))
		return rc;
	rc = readers_set(path, &who, err);
	/* As it was when there were lists, its users could not read it. */
	if (rc == DEVID_ERR_UNSUPPORTED)
		(void)chmod(path, 0644); /* told in any case */
	return rc;
}

enum devid_err module_state_share(
	struct module *m, const struct module_key *key, struct devid_error *err)
{
	static const char *const suffixes[] = { ".key", ".pem" };

	for (int i = 0; i < 2; i++) {
		struct devid_error cause = { DEVID_OK, "" };
		enum devid_err rc = share_one(m, key, suffixes[i], &cause);

		if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
			return fail_with(err, rc, &cause);
	}
	return DEVID_OK;
}

enum devid_err module_state_store_chain(struct module *m,
	const struct module_key *key, struct view chain,
	struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	const uint8_t *p = chain.data, *end = chain.data + chain.len;
	char path[PATH_MAX];
	enum devid_err rc;
	char *pem;
	long len;

	rc = module_state_path(m, key, ".pem", path, err);
	if (rc != DEVID_OK)
		return rc;
	while (bio && p < end) {
		CLEANUP(cleanup_x509) X509 *cert = take_cert(&p, end);

		if (!cert || !PEM_write_bio_X509(bio, cert))
			return fail_no_memory_for(err, "state");
	}
	len = bio ? BIO_get_mem_data(bio, &pem) : 0;
	if (len <= 0)
		return fail_no_memory_for(err, "state");
	return write_public(m, key, path,
		(struct view) { (const uint8_t *)pem, (size_t)len }, err);
}

enum devid_err module_state_store_ref(
	struct module *m, const struct module_key *key, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	CLEANUP(cleanup_free) uint8_t *old = NULL;
	struct keyref ref = { .spki_len = key->spki.len };
	uint8_t der[KEYREF_DER_MAX];
	char path[PATH_MAX];
	size_t der_len, old_len = 0;
	enum devid_err rc;
	char *pem;
	long len;

	(void)snprintf(ref.name, sizeof(ref.name), "%s",
		key_id_name(key->id)); /* fits: two fixed names */
	memcpy(ref.spki, key->spki.data, key->spki.len);
	rc = keyref_encode(&ref, der, &der_len, err);
	if (rc == DEVID_OK)
		rc = module_state_path(m, key, ".key", path, err);
	if (rc != DEVID_OK)
		return rc;
	if (!bio ||
		!PEM_write_bio(bio, KEYREF_PEM_NAME, "", der, (long)der_len) ||
		(len = BIO_get_mem_data(bio, &pem)) <= 0)
		return fail_no_memory_for(err, "state");
	rc = files_read(path, MIRROR_MAX, &old, &old_len, NULL);
	if (rc == DEVID_OK && old_len == (size_t)len &&
		memcmp(old, pem, old_len) == 0)
		return DEVID_OK;
	return write_public(m, key, path,
		(struct view) { (const uint8_t *)pem, (size_t)len }, err);
}

enum devid_err module_state_read_ref(struct module *m,
	const struct module_key *key, struct key_blob *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	CLEANUP(cleanup_openssl) char *name = NULL;
	CLEANUP(cleanup_openssl) char *header = NULL;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	struct keyref ref;
	char path[PATH_MAX];
	size_t len;
	long der_len;
	enum devid_err rc = module_state_path(m, key, ".key", path, err);

	if (rc == DEVID_OK)
		rc = files_read(path, MIRROR_MAX, &pem, &len, err);
	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_mem_buf(pem, (int)len); /* MIRROR_MAX at most */
	if (!bio || !PEM_read_bio(bio, &name, &header, &der, &der_len) ||
		strcmp(name, KEYREF_PEM_NAME) != 0) {
		ERR_clear_error();
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"read %s: no key reference", path);
	}
	rc = keyref_parse(der, (size_t)der_len, &ref, err);
	if (rc != DEVID_OK)
		return rc;
	if (strcmp(ref.name, key_id_name(key->id)) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"read %s: is of the key %s", path, ref.name);
	_Static_assert(sizeof(ret->data) >= sizeof(ref.spki), "fits");
	memcpy(ret->data, ref.spki, ref.spki_len);
	ret->len = ref.spki_len;
	return DEVID_OK;
}

enum devid_err module_state_mark(struct module *m, const struct module_key *key,
	const char *suffix, bool there, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc;

	rc = module_state_path(m, key, suffix, path, err);
	if (rc != DEVID_OK)
		return rc;
	if (there)
		return files_write_atomic(path, "", 0, 0644, err);
	/* Looked for first: of most keys most marks are not there. */
	return files_exists(path) ? files_remove(path, err) : DEVID_OK;
}

enum devid_err module_state_remove(struct module *m,
	const struct module_key *key, const char *suffix,
	struct devid_error *err)
{
	return module_state_mark(m, key, suffix, false, err);
}

enum devid_err module_state_enable(struct module *m, struct module_key *key,
	bool of_cert, bool enable, struct devid_error *err)
{
	enum devid_err rc =
		module_state_mark(m, key, key_id_mark(key->id, of_cert),
			enable != key_id_is_enabled(key->id, false), err);

	if (rc != DEVID_OK)
		return rc;
	*(of_cert ? &key->cert_enabled : &key->enabled) = enable;
	return DEVID_OK;
}

enum devid_err module_state_remove_all(
	struct module *m, const struct module_key *key, struct devid_error *err)
{
	const char *const suffixes[] = { ".key", ".pem",
		key_id_mark(key->id, true), key_id_mark(key->id, false),
		".probed", ".pin", ".gone" };
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (rc == DEVID_OK)
			rc = module_state_remove(m, key, suffixes[i], err);
	}
	return rc;
}
