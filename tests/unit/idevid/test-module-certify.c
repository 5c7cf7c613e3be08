/* SPDX-License-Identifier: Apache-2.0 */
/* The DevID module's word to a site, on a software TPM and up to the check that
 * a registrar makes; and what it does not pass on from a keystore that is
 * wrong. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "evidence-fixture.h"
#include "fake-keystore.h"
#include "module-certify.h"
#include "module-fixture.h"

static const struct view nonce = { (const uint8_t *)EVIDENCE_FIXTURE_NONCE,
	sizeof(EVIDENCE_FIXTURE_NONCE) - 1 };

static struct wire_certify said, epoch;

static struct view view(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

static void create_ldevid(struct module *m)
{
	assert_rc(module_create(m, "ldevid-0", KEY_ALG_P256, false, NULL),
		DEVID_OK);
	assert_rc(module_enable(m, "ldevid-0", true, NULL), DEVID_OK);
}

static enum devid_err certify(
	struct module *m, const char *name, struct devid_error *err)
{
	return module_certify(m, name, nonce, &said, err);
}

static enum devid_err certify_epoch(struct module *m, struct devid_error *err)
{
	return module_certify_epoch(m, "iak", nonce, &epoch, err);
}

/* ---- on a TPM ---- */

static struct evidence_statement statement(const struct wire_certify *what)
{
	return (struct evidence_statement) { view(&what->attest),
		view(&what->signature), view(&what->public) };
}

/* A certificate for the TPM's IAK in place of the fixture's. */
static void certify_iak(struct evidence_fixture *e, struct fixture *f)
{
	struct wire_key iak = fixture_key(f, "iak");
	const uint8_t *p = iak.spki.data;

	EVP_PKEY_free(e->iak.key);
	e->iak.key = d2i_PUBKEY(NULL, &p, (long)iak.spki.len);
	assert_non_null(e->iak.key);
	evidence_fixture_certify(e, &e->ca);
}

/* covers: OWN-evidence-rules */
static void statements_of_a_tpm_pass_every_rule(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048 };
	static struct evidence_fixture e;
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct evidence_verdict v;
	struct wire_key key;

	fixture_create(f, KEY_ALG_P256);
	evidence_fixture_new(&e);
	for (size_t i = 0; i < N_OF(algs); i++) {
		assert_rc(module_create(f->m, "ldevid-0", algs[i], false, NULL),
			DEVID_OK);
		assert_rc(
			module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
		assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_OK);
		assert_rc(certify_epoch(f->m, NULL), DEVID_OK);
		certify_iak(&e, f);
		e.evidence.key = statement(&said);
		e.evidence.epoch = statement(&epoch);
		key = fixture_key(f, "ldevid-0");
		e.ask.spki = view(&key.spki);
		if (evidence_check(&e.ask, &v, &err) != DEVID_OK)
			fail_msg("%s", err.text);
		assert_int_equal(v.epoch, 1);
		assert_rc(module_delete(f->m, "ldevid-0", NULL), DEVID_OK);
	}
	evidence_fixture_free(&e);
}

/* An LDevID that was brought is told from one that was made. */
static void key_imported_does_not_pass(void **state)
{
	static struct evidence_fixture e;
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct evidence_verdict v;
	EVP_PKEY *private = certs_key("P-256");
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(private);
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	const struct wire_import what = { .pkcs8 = { der, (size_t)len } };
	struct wire_key key;

	assert_true(len > 0);
	fixture_create(f, KEY_ALG_P256);
	evidence_fixture_new(&e);
	assert_rc(
		module_import(f->m, "ldevid-0", &what, false, NULL), DEVID_OK);
	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_OK);
	certify_iak(&e, f);
	e.evidence.key = statement(&said);
	key = fixture_key(f, "ldevid-0");
	e.ask.spki = view(&key.spki);
	assert_rc(evidence_check(&e.ask, &v, &err), DEVID_ERR_NOT_GENUINE);
	assert_int_equal(v.failed, EVIDENCE_RULE_ATTRIBUTES);
	PKCS8_PRIV_KEY_INFO_free(info);
	OPENSSL_free(der);
	EVP_PKEY_free(private);
	evidence_fixture_free(&e);
}

static void keys_evicted_are_looked_for_again(void **state)
{
	struct fixture *f = *state;

	fixture_create(f, KEY_ALG_P256);
	create_ldevid(f->m);
	fixture_stop(f);
	fixture_start(f, true);
	assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 00000148 rc 0000028b");
	assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 00000184 rc 0000018b");
	assert_rc(certify_epoch(f->m, NULL), DEVID_OK);
	assert_true(f->uses > 0);
}

/* ---- who is asked for what ---- */

/* covers: OWN-evidence-keyd */
static void nonce_of_another_length_invalid(void **state)
{
	static const uint8_t bytes[WIRE_NONCE_MAX + 1] = { 1 };
	static const size_t bad[] = { 0, WIRE_NONCE_MIN - 1,
		WIRE_NONCE_MAX + 1 };
	struct fixture *f = *state;

	fixture_create(f, KEY_ALG_P256);
	create_ldevid(f->m);
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct view n = { bytes, bad[i] };

		assert_rc(module_certify(f->m, "ldevid-0", n, &said, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "nonce of");
		assert_rc(module_certify_epoch(f->m, "iak", n, &said, NULL),
			DEVID_ERR_INVALID);
	}
	assert_rc(module_certify(f->m, "ldevid-0",
			  (struct view) { bytes, WIRE_NONCE_MIN }, &said, NULL),
		DEVID_OK);
}

static void names_that_are_not_for_it_invalid(void **state)
{
	static const char *const makers[] = { "idevid", "iak", "iak-1" };
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	fixture_create(f, KEY_ALG_P256);
	for (size_t i = 0; i < N_OF(makers); i++)
		assert_rc(certify(f->m, makers[i], NULL), DEVID_ERR_INVALID);
	assert_rc(certify(f->m, "other", NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(module_certify_epoch(f->m, "idevid", nonce, &epoch, &err),
		DEVID_ERR_INVALID);
	assert_cause(&err, "the counter of erasures is certified by iak");
	assert_rc(certify_epoch(f->m, NULL), DEVID_ERR_NOT_FOUND);
}

static void disabled_key_or_iak_refuses(void **state)
{
	struct fixture *f = *state;

	fixture_create(f, KEY_ALG_P256);
	create_ldevid(f->m);
	assert_rc(module_enable(f->m, "ldevid-0", false, NULL), DEVID_OK);
	assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_ERR_KEY_DISABLED);
	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_enable(f->m, "iak", false, NULL), DEVID_OK);
	assert_rc(certify(f->m, "ldevid-0", NULL), DEVID_ERR_KEY_DISABLED);
	assert_rc(certify_epoch(f->m, NULL), DEVID_ERR_KEY_DISABLED);
}

static void no_iak_not_found(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	create_ldevid(f->m);
	assert_rc(certify(f->m, "ldevid-0", &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "iak");
	assert_rc(certify_epoch(f->m, NULL), DEVID_ERR_NOT_FOUND);
}

/* ---- a keystore that states what is not so ---- */

/* Which part; -1: none, 3: it answers to another nonce, 4: about another key,
 * 5: the same, with the public area of the right one. */
static int spoil;
static const struct keystore_ops *honest;

static struct view spoiled_nonce(struct view real)
{
	static const struct view other = { (const uint8_t *)"another one", 11 };

	return spoil == 3 ? other : real;
}

static void spoil_part(struct wire_certify *ret)
{
	struct key_blob *parts[] = { &ret->public, &ret->attest,
		&ret->signature };

	if (spoil >= 0 && spoil < 3)
		parts[spoil]->data[parts[spoil]->len - 1] ^= 1;
}

static enum devid_err spoiled_certify(struct keystore *ks, enum key_id id,
	struct view n, struct wire_certify *ret, struct devid_error *err)
{
	static struct wire_certify right;
	enum devid_err rc = honest->certify(
		ks, spoil >= 4 ? KEY_IDEVID : id, spoiled_nonce(n), ret, err);

	if (rc == DEVID_OK && spoil == 5) {
		rc = honest->certify(ks, id, n, &right, err);
		ret->public = right.public;
	}
	spoil_part(ret);
	return rc;
}

static enum devid_err spoiled_epoch(struct keystore *ks, struct view n,
	struct wire_certify *ret, struct devid_error *err)
{
	enum devid_err rc =
		honest->certify_epoch(ks, spoiled_nonce(n), ret, err);

	spoil_part(ret);
	return rc;
}

static void unexpected(const char *line)
{
	fail_msg("%s", line);
}

/* covers: OWN-evidence-verified */
static void statement_that_does_not_hold_is_kept_back(void **state)
{
	struct tempdir dir = tempdir_new();
	struct module_options options = { .state_dir = dir.path };
	struct keystore_ops ops;
	struct keystore *ks;
	struct module *m;

	(void)state;
	fake_keystore_new(&ks);
	honest = ks->ops;
	ops = *honest;
	ops.certify = spoiled_certify;
	ops.certify_epoch = spoiled_epoch;
	ks->ops = &ops;
	options.keystore = ks;
	assert_rc(module_new(&options, unexpected, &m, NULL), DEVID_OK);
	create_ldevid(m);
	for (spoil = -1; spoil <= 5; spoil++) {
		enum devid_err want = spoil < 0 ? DEVID_OK : DEVID_ERR_CRYPTO;

		assert_rc(certify(m, "ldevid-0", NULL), want);
		if (spoil < 4)
			assert_rc(certify_epoch(m, NULL), want);
	}
	module_free(m);
	ks->ops->free(ks);
	tempdir_remove(&dir);
}

#define CASE(t)                                                                \
	cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(statements_of_a_tpm_pass_every_rule),
		CASE(key_imported_does_not_pass),
		CASE(keys_evicted_are_looked_for_again),
		CASE(nonce_of_another_length_invalid),
		CASE(names_that_are_not_for_it_invalid),
		CASE(disabled_key_or_iak_refuses),
		CASE(no_iak_not_found),
		cmocka_unit_test(statement_that_does_not_hold_is_kept_back),
	};

	(void)setenv("TSS2_LOG", "all+none", 0);
	return cmocka_run_group_tests_name("module-certify", tests, NULL, NULL);
}
