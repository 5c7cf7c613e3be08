/* SPDX-License-Identifier: Apache-2.0 */
/* The owner's keys in the DevID module, on a real TPM (module-owner.h). */
#include "cmocka-all.h"

#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"
#include "module-fixture.h"

/* ---- what is asked again and again ---- */

static void make(struct fixture *f, const char *name)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, name, KEY_ALG_P256, false, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

#define CLIENT "TLS 1.3, client CertificateVerify"
#define SERVER "TLS 1.3, server CertificateVerify"

/* A TLS 1.3 CertificateVerify with @context, signed as devid-keyd does. */
static enum devid_err sign_as(struct fixture *f, const char *name,
	const char *context, struct devid_error *err)
{
	uint8_t data[64 + sizeof(CLIENT) + 32];
	struct module_sign what = { name, SIG_ECDSA, HASH_SHA256, data,
		sizeof(data) };
	struct purpose_verdict verdict;
	struct key_sig sig;
	enum devid_err rc;

	memset(data, ' ', 64);
	memcpy(data + 64, context, sizeof(CLIENT));
	memset(data + 64 + sizeof(CLIENT), 0x11, 32);
	rc = module_sign_purpose(f->m, &what, &verdict, err);
	return rc == DEVID_OK ? module_sign(f->m, &what, &sig, err) : rc;
}

static enum devid_err sign(struct fixture *f, const char *name)
{
	return sign_as(f, name, CLIENT, NULL);
}

static struct view der_of(const struct certs_node *cert)
{
	return (struct view) { cert->der.data, cert->der.len };
}

/* A certificate of that key; the caller's. */
static struct certs_node certify(struct fixture *f, const char *name)
{
	struct wire_key key = fixture_key(f, name);

	return fixture_certify(f, &key.spki, 0);
}

static enum devid_err install(
	struct fixture *f, const char *name, const struct certs_node *cert)
{
	return module_install(f->m, name, der_of(cert), false, NULL);
}

/* What module_chain() gives those who do not manage the key. */
static enum devid_err served(struct fixture *f, const char *name)
{
	struct view chain;

	return module_chain(f->m, name, false, &chain, NULL);
}

/* Files of the state folder that begin with @name and a dot. */
static bool has_any_file(struct fixture *f, const char *name)
{
	static const char *const suffixes[] = { ".sealed", ".gone", ".key",
		".pem", ".disabled", ".cert-disabled", ".enabled",
		".cert-enabled", ".probed", ".pin" };
	char file[64];

	for (size_t i = 0; i < N_OF(suffixes); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", name, suffixes[i]);
		if (fixture_file_exists(f, file))
			return true;
	}
	return false;
}

/* ---- state rules of 802.1AR ---- */

/* covers: 802.1AR-7.2-key-generate 802.1AR-7.2-cert-insert
 * 802.1AR-7.2-key-enable 802.1AR-7.2-cert-enable
 * 802.1AR-7.2-new-key-disabled 802.1AR-7.2-new-cert-disabled
 * 802.1AR-7.2-state-kept 802.1AR-7.2-sign-key-disabled
 * 802.1AR-7.2-sign-cert-disabled 802.1AR-7.2-cert-disabled-not-served
 * 802.1AR-7.2-err-key-disabled 802.1AR-7.2-err-cert-disabled */
static void ldevid_key_and_certificate_begin_disabled(void **state)
{
	struct fixture *f = *state;
	struct certs_node cert;

	make(f, "ldevid-0");
	assert_false(fixture_key(f, "ldevid-0").enabled);
	assert_rc(sign(f, "ldevid-0"), DEVID_ERR_KEY_DISABLED);
	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(sign(f, "ldevid-0"), DEVID_OK);
	cert = certify(f, "ldevid-0");
	assert_rc(install(f, "ldevid-0", &cert), DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_false(fixture_key(f, "ldevid-0").cert_enabled);
		assert_rc(sign(f, "ldevid-0"), DEVID_ERR_CERT_DISABLED);
		assert_rc(served(f, "ldevid-0"), DEVID_ERR_CERT_DISABLED);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
	assert_rc(module_cert_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_rc(sign(f, "ldevid-0"), DEVID_OK);
		assert_rc(served(f, "ldevid-0"), DEVID_OK);
		fixture_restart(f);
	}
	assert_rc(module_enable(f->m, "ldevid-0", false, NULL), DEVID_OK);
	assert_rc(sign(f, "ldevid-0"), DEVID_ERR_KEY_DISABLED);
	assert_rc(served(f, "ldevid-0"), DEVID_ERR_KEY_DISABLED);
	certs_done(&cert);
}

static void other_roles_begin_enabled(void **state)
{
	static const char *const names[] = { "eap-0", "tls-7" };
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(names); i++) {
		make(f, names[i]);
		assert_true(fixture_key(f, names[i]).enabled);
		assert_true(fixture_key(f, names[i]).cert_enabled);
	}
}

/* A mark that an earlier key left when its file was taken away by hand. */
static void key_begins_as_its_role_says_whatever_was_before(void **state)
{
	struct fixture *f = *state;

	tempdir_write(&f->state, "tls-0.disabled", "", 0, 0644);
	tempdir_write(&f->state, "tls-0.cert-disabled", "", 0, 0644);
	make(f, "tls-0");
	assert_true(fixture_key(f, "tls-0").enabled);
	assert_true(fixture_key(f, "tls-0").cert_enabled);
	tempdir_write(&f->state, "ldevid-0.enabled", "", 0, 0644);
	tempdir_write(&f->state, "ldevid-0.cert-enabled", "", 0, 0644);
	make(f, "ldevid-0");
	assert_false(fixture_key(f, "ldevid-0").enabled);
	assert_false(fixture_key(f, "ldevid-0").cert_enabled);
}

/* covers: OWN-role-purpose */
static void role_signs_for_its_purposes_only(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	make(f, "eap-0");
	make(f, "tls-0");
	assert_rc(sign_as(f, "eap-0", CLIENT, NULL), DEVID_OK);
	assert_rc(sign_as(f, "eap-0", SERVER, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, "eap keys do not sign for tls-server");
	devid_error_clear(&err);
	assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_OK);
	assert_rc(sign_as(f, "tls-0", CLIENT, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, "tls keys do not sign for tls-client");
}

/* covers: 802.1AR-7.2-err-key-exists */
static void create_on_a_key_exists(void **state)
{
	struct fixture *f = *state;
	struct wire_key before, after;

	make(f, "tls-0");
	before = fixture_key(f, "tls-0");
	assert_rc(module_create(f->m, "tls-0", KEY_ALG_P256, false, NULL),
		DEVID_ERR_KEY_EXISTS);
	after = fixture_key(f, "tls-0");
	assert_true(key_blob_equal(&before.spki, &after.spki));
	make(f, "tls-1");
	after = fixture_key(f, "tls-1");
	assert_false(key_blob_equal(&before.spki, &after.spki));
}

/* covers: 802.1AR-7.2-idevid-key-kept 802.1AR-7.2-idevid-cert-kept
 * 802.1AR-7.2-idevid-chain-kept 802.1AR-7.2-err-idevid-key-deletion
 * 802.1AR-7.2-err-idevid-cert-deletion 802.1AR-7.2-err-idevid-chain-deletion
 * OWN-role-import */
static void maker_keys_are_never_taken_out_nor_replaced(void **state)
{
	static const char *const names[] = { "idevid", "idevid-0", "iak",
		"iak-0" };
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	const struct wire_import import = { { leaf.der.data, 8 }, { NULL, 0 } };
	const struct view none = { NULL, 0 };

	for (size_t i = 0; i < N_OF(names); i++) {
		assert_rc(module_delete(f->m, names[i], NULL),
			DEVID_ERR_IDEVID_KEY_DELETION);
		assert_rc(module_cert_delete(f->m, names[i], NULL),
			DEVID_ERR_IDEVID_CERT_DELETION);
		assert_rc(module_import(f->m, names[i], &import, false, NULL),
			DEVID_ERR_DENIED);
		assert_rc(module_persist(f->m, names[i], false, NULL),
			DEVID_ERR_DENIED);
	}
	assert_rc(module_install_above(f->m, "idevid", none, NULL),
		DEVID_ERR_IDEVID_CHAIN_DELETION);
	assert_rc(module_erase(f->m, NULL), DEVID_OK);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_true(fixture_idevid(f).certified);
	certs_done(&leaf);
}

/* covers: 802.1AR-7.2-key-delete 802.1AR-7.2-key-delete-takes-certs
 * 802.1AR-7.2-err-key-not-found */
static void delete_takes_certificates_and_chain(void **state)
{
	struct fixture *f = *state;
	struct certs_node cert;
	struct view der;

	make(f, "ldevid-0");
	cert = certify(f, "ldevid-0");
	assert_rc(install(f, "ldevid-0", &cert), DEVID_OK);
	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_cert_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_persist(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_delete(f->m, "ldevid-0", NULL), DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_false(fixture_has_key(f, "ldevid-0"));
		assert_false(has_any_file(f, "ldevid-0"));
		assert_rc(sign(f, "ldevid-0"), DEVID_ERR_NOT_FOUND);
		assert_rc(module_chain(f->m, "ldevid-0", true, &der, NULL),
			DEVID_ERR_NOT_FOUND);
		assert_rc(module_delete(f->m, "ldevid-0", NULL),
			DEVID_ERR_NOT_FOUND);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
	make(f, "ldevid-0"); /* its place is free as well */
	assert_rc(module_persist(f->m, "ldevid-0", true, NULL), DEVID_OK);
	certs_done(&cert);
}

/* ---- certificates and chains ---- */

/* covers: 802.1AR-7.2-cert-insert 802.1AR-7.2-cert-delete
 * 802.1AR-7.2-err-cert-exists 802.1AR-7.2-err-cert-not-found */
static void certificate_replaced_only_when_asked_for(void **state)
{
	struct fixture *f = *state;
	struct wire_key key;
	struct certs_node old, new;
	const uint8_t *der;
	size_t len;

	make(f, "ldevid-0");
	assert_rc(module_cert_enable(f->m, "ldevid-0", true, NULL),
		DEVID_ERR_CERT_NOT_FOUND);
	key = fixture_key(f, "ldevid-0");
	old = fixture_certify(f, &key.spki, 0);
	new = fixture_certify(f, &key.spki, 7);
	assert_rc(install(f, "ldevid-0", &old), DEVID_OK);
	assert_rc(install(f, "ldevid-0", &old), DEVID_OK);
	assert_rc(module_cert_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(install(f, "ldevid-0", &new), DEVID_ERR_CERT_EXISTS);
	assert_rc(module_install(f->m, "ldevid-0", der_of(&new), true, NULL),
		DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_true(fixture_key(f, "ldevid-0").cert_enabled);
		assert_rc(fixture_chain(f, "ldevid-0", &der, &len), DEVID_OK);
		assert_int_equal(len, new.der.len);
		assert_memory_equal(der, new.der.data, len);
		fixture_restart(f);
	}
	assert_int_equal(fixture_status(f)->counters.cert_insertion, 0);
	assert_rc(module_cert_delete(f->m, "ldevid-0", NULL), DEVID_OK);
	assert_int_equal(fixture_status(f)->counters.cert_deletion, 1);
	assert_rc(fixture_chain(f, "ldevid-0", &der, &len),
		DEVID_ERR_CERT_NOT_FOUND);
	assert_false(fixture_file_exists(f, "ldevid-0.pem"));
	/* What comes next begins anew. */
	assert_rc(install(f, "ldevid-0", &old), DEVID_OK);
	assert_false(fixture_key(f, "ldevid-0").cert_enabled);
	certs_done(&old);
	certs_done(&new);
}

/* covers: 802.1AR-7.2-suite 802.1AR-7.2-err-suite-mismatch */
static void certificate_of_another_key_or_suite_refused(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct certs_node other;

	make(f, "tls-0");
	make(f, "tls-1");
	assert_rc(module_create(f->m, "tls-2", KEY_ALG_P384, false, NULL),
		DEVID_OK);
	other = certify(f, "tls-1");
	assert_rc(install(f, "tls-0", &other), DEVID_ERR_MISMATCH);
	assert_rc(module_install(f->m, "tls-2", der_of(&other), false, &err),
		DEVID_ERR_SUITE_MISMATCH);
	assert_cause(&err, "of a key of another type, this one is p384");
	assert_false(fixture_file_exists(f, "tls-0.pem"));
	assert_rc(install(f, "tls-3", &other), DEVID_ERR_NOT_FOUND);
	certs_done(&other);
}

/* covers: 802.1AR-7.2-chain-insert 802.1AR-7.2-chain-delete
 * 802.1AR-7.2-cert-delete-takes-chain 802.1AR-7.2-cert-disabled-chain
 * 802.1AR-7.2-err-cert-not-found 802.1AR-7.2-err-cert-disabled */
static void chain_put_above_and_taken_away(void **state)
{
	struct fixture *f = *state;
	const struct view none = { NULL, 0 };
	struct certs_node cert;
	const uint8_t *der;
	size_t len;

	make(f, "ldevid-0");
	cert = certify(f, "ldevid-0");
	assert_rc(module_install_above(f->m, "ldevid-0", der_of(&f->ca), NULL),
		DEVID_ERR_CERT_NOT_FOUND);
	assert_rc(install(f, "ldevid-0", &cert), DEVID_OK);
	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_install_above(f->m, "ldevid-0", der_of(&f->ca), NULL),
		DEVID_ERR_CERT_DISABLED);
	assert_rc(module_install_above(f->m, "ldevid-0", none, NULL),
		DEVID_ERR_CERT_DISABLED);
	assert_rc(module_cert_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_install_above(f->m, "ldevid-0", der_of(&cert), NULL),
		DEVID_ERR_MISMATCH);
	assert_rc(module_install_above(f->m, "ldevid-0", der_of(&f->ca), NULL),
		DEVID_OK);
	fixture_restart(f);
	assert_int_equal(fixture_key(f, "ldevid-0").n_certs, 2);
	assert_rc(module_install_above(f->m, "ldevid-0", none, NULL), DEVID_OK);
	assert_rc(fixture_chain(f, "ldevid-0", &der, &len), DEVID_OK);
	assert_int_equal(len, cert.der.len);
	assert_rc(module_install_above(f->m, "ldevid-0", der_of(&f->ca), NULL),
		DEVID_OK);
	assert_rc(module_cert_delete(f->m, "ldevid-0", NULL), DEVID_OK);
	assert_rc(install(f, "ldevid-0", &cert), DEVID_OK);
	assert_int_equal(fixture_key(f, "ldevid-0").n_certs, 1);
	certs_done(&cert);
}

/* ---- brought keys ---- */

static struct wire_import import_of(EVP_PKEY *key, const struct certs_node *c)
{
	static uint8_t der[WIRE_PKCS8_MAX];
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	struct wire_import ret = { { der, 0 }, { NULL, 0 } };
	uint8_t *p = der;

	assert_non_null(p8);
	ret.pkcs8.len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(p8, &p);
	PKCS8_PRIV_KEY_INFO_free(p8);
	if (c)
		ret.chain = der_of(c);
	return ret;
}

/* A certificate of @key; the caller's. */
static struct certs_node certify_key(struct fixture *f, EVP_PKEY *key)
{
	struct key_blob spki;
	uint8_t *p = spki.data;

	spki.len = (size_t)i2d_PUBKEY(key, &p);
	return fixture_certify(f, &spki, 0);
}

/* covers: 802.1AR-7.2-key-insert 802.1AR-7.2-err-key-exists */
static void imported_key_with_its_certificate(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = certs_key("P-256");
	struct certs_node cert = certify_key(f, key);
	struct wire_import what = import_of(key, &cert);

	assert_rc(module_import(f->m, "tls-0", &what, true, NULL), DEVID_OK);
	assert_int_equal(fixture_status(f)->counters.key_insertion, 1);
	assert_int_equal(fixture_status(f)->counters.cert_insertion, 1);
	for (int start = 0; start < 2; start++) {
		assert_true(fixture_key(f, "tls-0").imported);
		assert_true(fixture_key(f, "tls-0").persistent);
		assert_rc(served(f, "tls-0"), DEVID_OK);
		assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_OK);
		fixture_restart(f);
	}
	assert_rc(module_import(f->m, "tls-0", &what, false, NULL),
		DEVID_ERR_KEY_EXISTS);
	certs_done(&cert);
	EVP_PKEY_free(key);
}

/* A second name would sign while the first is disabled, and for the purposes
 * of both. */
static void same_key_has_one_name(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = certs_key("P-256");
	struct wire_import what = import_of(key, NULL);
	struct devid_error err = { DEVID_OK, "" };
	unsigned before;

	assert_rc(module_import(f->m, "tls-0", &what, false, NULL), DEVID_OK);
	before = swtpm_count(&f->tpm, 0);
	assert_rc(module_enable(f->m, "tls-0", false, NULL), DEVID_OK);
	assert_rc(module_import(f->m, "eap-0", &what, true, &err),
		DEVID_ERR_KEY_EXISTS);
	assert_cause(&err, "tls-0 is the same key");
	assert_int_equal(swtpm_count(&f->tpm, 0), before);
	assert_false(fixture_has_key(f, "eap-0"));
	assert_false(has_any_file(f, "eap-0"));
	assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_ERR_KEY_DISABLED);
	/* A key that is gone may come under any name. */
	assert_rc(module_delete(f->m, "tls-0", NULL), DEVID_OK);
	assert_rc(module_import(f->m, "tls-1", &what, false, NULL), DEVID_OK);
	EVP_PKEY_free(key);
}

/* covers: OWN-import-cert */
static void import_that_does_not_fit_writes_nothing(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = certs_key("P-256"), *other = certs_key("P-256");
	struct certs_node cert = certify_key(f, other);
	struct wire_import what = import_of(key, &cert);
	unsigned before = swtpm_count(&f->tpm, 0);

	assert_rc(module_import(f->m, "tls-0", &what, true, NULL),
		DEVID_ERR_MISMATCH);
	what.pkcs8.len--;
	what.chain.len = 0;
	assert_rc(module_import(f->m, "tls-0", &what, true, NULL),
		DEVID_ERR_SYNTAX);
	assert_int_equal(swtpm_count(&f->tpm, 0), before);
	assert_false(fixture_has_key(f, "tls-0"));
	assert_false(has_any_file(f, "tls-0"));
	certs_done(&cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* ---- persistent or not ---- */

static unsigned commands_of_a_signature(struct fixture *f, const char *name)
{
	unsigned before = swtpm_count(&f->tpm, 0);

	assert_rc(sign_as(f, name, SERVER, NULL), DEVID_OK);
	return swtpm_count(&f->tpm, 0) - before;
}

/* covers: OWN-pin OWN-one-command */
static void persistent_key_signs_with_one_command(void **state)
{
	struct fixture *f = *state;

	make(f, "tls-0");
	assert_false(fixture_key(f, "tls-0").persistent);
	(void)commands_of_a_signature(f, "tls-0"); /* opens the parent */
	assert_int_equal(commands_of_a_signature(f, "tls-0"), 5);
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_true(fixture_key(f, "tls-0").persistent);
		assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_OK);
		assert_int_equal(commands_of_a_signature(f, "tls-0"), 1);
		fixture_restart(f);
	}
	assert_rc(module_persist(f->m, "tls-0", false, NULL), DEVID_OK);
	assert_false(fixture_key(f, "tls-0").persistent);
	(void)commands_of_a_signature(f, "tls-0");
	assert_int_equal(commands_of_a_signature(f, "tls-0"), 5);
}

/* ---- the end of them all ---- */

/* covers: OWN-erase-blob */
static void erased_keys_are_gone_and_a_copy_is_of_no_use(void **state)
{
	struct fixture *f = *state;
	CLEANUP(cleanup_free) uint8_t *copy = NULL;
	size_t len;

	make(f, "tls-0");
	make(f, "ldevid-3");
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	assert_rc(files_read(tempdir_file(&f->state, "tls-0.sealed"), 4096,
			  &copy, &len, NULL),
		DEVID_OK);
	assert_rc(module_erase(f->m, NULL), DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_false(fixture_has_key(f, "tls-0"));
		assert_false(fixture_has_key(f, "ldevid-3"));
		assert_false(has_any_file(f, "tls-0"));
		assert_false(has_any_file(f, "ldevid-3"));
		assert_false(fixture_file_exists(f, "erasing"));
		assert_int_equal(fixture_status(f)->erasure.erased, 1);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
	fixture_stop(f);
	tempdir_write(&f->state, "tls-0.sealed", copy, len, 0600);
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings, "tls-0: not usable: "));
	assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_ERR_ERASED);
	assert_rc(module_delete(f->m, "tls-0", NULL), DEVID_OK);
	make(f, "tls-0");
	assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_OK);
}

/* covers: OWN-erase-proof */
static void erasure_is_complete_after_a_reset(void **state)
{
	struct fixture *f = *state;
	struct wire_erasure before, after;

	make(f, "tls-0");
	assert_rc(module_erase(f->m, NULL), DEVID_OK);
	before = fixture_status(f)->erasure;
	assert_int_equal(before.resets, before.erased_at);
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	fixture_start(f, false);
	after = fixture_status(f)->erasure;
	assert_int_equal(after.erased_at, before.erased_at);
	assert_true(after.resets > after.erased_at);
}

/* covers: OWN-erase-resumed */
static void erasure_that_was_begun_is_gone_on_with(void **state)
{
	struct fixture *f = *state;

	make(f, "tls-0");
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	fixture_stop(f);
	tempdir_write(&f->state, "erasing", "", 0, 0644);
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
	assert_false(fixture_has_key(f, "tls-0"));
	assert_false(has_any_file(f, "tls-0"));
	assert_false(fixture_file_exists(f, "erasing"));
	assert_int_equal(fixture_status(f)->erasure.erased, 1);
}

/* From the order on no key is used or made, whatever is in the way of it.
 * covers: OWN-erase-resumed */
static void erasure_waits_for_the_tpm_and_no_key_is_used(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	make(f, "tls-0");
	fixture_stop(f);
	tempdir_write(&f->state, "erasing", "", 0, 0644);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings, "is not done yet"));
	assert_false(fixture_has_key(f, "tls-0"));
	assert_rc(module_create(f->m, "tls-1", KEY_ALG_P256, false, &err),
		DEVID_ERR_TPM_ABSENT);
	assert_cause(&err, "erasure of the owner's keys is not done yet");
	swtpm_start(&f->tpm);
	assert_int_not_equal(sign_as(f, "tls-0", SERVER, NULL), DEVID_OK);
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_false(fixture_file_exists(f, "erasing"));
	assert_false(has_any_file(f, "tls-0"));
	assert_int_equal(fixture_status(f)->erasure.erased, 1);
	make(f, "tls-0");
}

static void deletion_that_was_begun_is_gone_on_with(void **state)
{
	struct fixture *f = *state;
	char from[PATH_MAX];

	make(f, "tls-0");
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	fixture_stop(f);
	(void)snprintf(from, sizeof(from), "%s",
		tempdir_file(&f->state, "tls-0.sealed")); /* fits */
	assert_rc(
		files_rename(from, tempdir_file(&f->state, "tls-0.gone"), NULL),
		DEVID_OK);
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
	assert_false(has_any_file(f, "tls-0"));
	make(f, "tls-0"); /* its place is free */
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
}

/* ---- what is on the disk ---- */

/* covers: OWN-state-half */
static void state_restored_in_part_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node cert;

	make(f, "tls-0");
	cert = certify(f, "tls-0");
	assert_rc(install(f, "tls-0", &cert), DEVID_OK);
	fixture_stop(f);
	assert_int_equal(unlink(tempdir_file(&f->state, "tls-0.sealed")), 0);
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings,
		"tls-0.pem is there without .sealed: the state folder was "
		"restored in part"));
	assert_true(fixture_file_exists(f, "tls-0.pem")); /* nothing is lost */
	certs_done(&cert);
}

/* covers: OWN-state-corrupted */
static void sealed_key_spoiled_told_and_stays(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	make(f, "tls-0");
	fixture_stop(f);
	tempdir_write(&f->state, "tls-0.sealed", "rubbish", 7, 0600);
	fixture_start(f, false);
	assert_non_null(
		strstr(fixture_warnings, "tls-0: sealed key not used: "));
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_rc(module_create(f->m, "tls-0", KEY_ALG_P256, false, NULL),
		DEVID_ERR_KEY_EXISTS);
	assert_true(fixture_file_exists(f, "tls-0.sealed"));
	/* As the refusal says. */
	assert_rc(module_delete(f->m, "tls-0", NULL), DEVID_OK);
	assert_false(has_any_file(f, "tls-0"));
	make(f, "tls-0");
	certs_done(&leaf);
}

/* covers: 802.1AR-7.2-init 802.1AR-7.2-err-not-initialized */
static void key_is_known_while_the_tpm_is_absent(void **state)
{
	struct fixture *f = *state;

	make(f, "tls-0");
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_true(fixture_has_key(f, "tls-0"));
	assert_false(fixture_key(f, "tls-0").present);
	assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_ERR_TPM_ABSENT);
	assert_rc(module_delete(f->m, "tls-0", NULL), DEVID_ERR_TPM_ABSENT);
	assert_true(fixture_file_exists(f, "tls-0.sealed"));
	assert_rc(module_init(f->m, NULL), DEVID_ERR_NOT_INITIALIZED);
	assert_int_equal(fixture_status(f)->initialized, 0);
	swtpm_start(&f->tpm);
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_rc(sign_as(f, "tls-0", SERVER, NULL), DEVID_OK);
	assert_int_equal(fixture_status(f)->initialized, 1);
}

/* covers: 802.1AR-7.2-entropy */
static void entropy_within_its_limits(void **state)
{
	struct fixture *f = *state;
	uint8_t in[WIRE_STIR_MAX + 1] = { 1 };
	unsigned before = swtpm_count(&f->tpm, 0x146); /* StirRandom */

	assert_rc(module_stir(f->m, (struct view) { in, 0 }, NULL),
		DEVID_ERR_INVALID);
	assert_rc(module_stir(f->m, (struct view) { in, sizeof(in) }, NULL),
		DEVID_ERR_INVALID);
	assert_int_equal(swtpm_count(&f->tpm, 0x146), before);
	assert_rc(module_stir(f->m, (struct view) { in, WIRE_STIR_MAX }, NULL),
		DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0x146), before + 1);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ldevid_key_and_certificate_begin_disabled),
		CASE(other_roles_begin_enabled),
		CASE(key_begins_as_its_role_says_whatever_was_before),
		CASE(role_signs_for_its_purposes_only),
		CASE(create_on_a_key_exists),
		CASE(maker_keys_are_never_taken_out_nor_replaced),
		CASE(delete_takes_certificates_and_chain),
		CASE(certificate_replaced_only_when_asked_for),
		CASE(certificate_of_another_key_or_suite_refused),
		CASE(chain_put_above_and_taken_away),
		CASE(imported_key_with_its_certificate),
		CASE(same_key_has_one_name),
		CASE(import_that_does_not_fit_writes_nothing),
		CASE(persistent_key_signs_with_one_command),
		CASE(erased_keys_are_gone_and_a_copy_is_of_no_use),
		CASE(erasure_is_complete_after_a_reset),
		CASE(erasure_that_was_begun_is_gone_on_with),
		CASE(erasure_waits_for_the_tpm_and_no_key_is_used),
		CASE(deletion_that_was_begun_is_gone_on_with),
		CASE(state_restored_in_part_told),
		CASE(sealed_key_spoiled_told_and_stays),
		CASE(key_is_known_while_the_tpm_is_absent),
		CASE(entropy_within_its_limits),
	};

	return cmocka_run_group_tests_name("module-owner", tests, NULL, NULL);
}
