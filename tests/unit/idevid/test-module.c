/* SPDX-License-Identifier: Apache-2.0 */
/* The DevID module of 802.1AR on a software TPM: keys and certificates. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-keystore.h"
#include "files.h"
#include "module-fixture.h"

static void new_tpm_absent_starts_and_says_so(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_int_equal(fixture_status(f)->module, DEVID_ERR_TPM_ABSENT);
	assert_int_equal(fixture_status(f)->n_keys, 0);
	assert_non_null(strstr(fixture_status(f)->module_text, "absent"));
	assert_rc(
		fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_NOT_INITIALIZED);
}

/* covers: 802.1AR-7.2-enum-keys */
static void create_every_alg_makes_keys_and_references(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048, KEY_ALG_RSA3072 };
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct wire_key key;

		fixture_create(f, algs[i]);
		fixture_create(f, algs[i]); /* repeatable */
		key = fixture_idevid(f);
		assert_int_equal(key.alg, algs[i]);
		assert_true(key.present && key.enabled);
		assert_int_equal(key.tls13, WIRE_TLS13_YES);
		assert_false(key.certified);
		assert_string_equal(key.place, "0x81020000");
		assert_string_equal(
			fixture_status(f)->keys[1].place, "0x81020001");
		assert_int_equal(fixture_status(f)->n_keys, 2);
		assert_true(fixture_file_exists(f, "idevid.key"));
		assert_true(fixture_file_exists(f, "iak.key"));
		assert_rc(fixture_sign(f, algs[i], NULL), DEVID_OK);
		fixture_stop(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		fixture_start(f, false);
	}
}

static void not_expected(const char *line)
{
	fail_msg("%s", line);
}

/* Nothing above the keystore knows what a TPM calls the place. */
static void status_place_is_what_the_keystore_says(void **state)
{
	struct tempdir dir = tempdir_new();
	struct module_options options = { .state_dir = dir.path };
	struct wire_status st;
	struct module *m;

	(void)state;
	fake_keystore_new(&options.keystore);
	assert_rc(module_new(&options, not_expected, &m, NULL), DEVID_OK);
	module_status(m, &st);
	assert_int_equal(st.n_keys, 2);
	for (size_t i = 0; i < st.n_keys; i++)
		assert_string_equal(st.keys[i].place,
			options.keystore->ops->place(
				options.keystore, (enum key_id)i));
	assert_string_equal(st.keys[1].place, "pkcs11:token=fake;object=iak");
	module_free(m);
	options.keystore->ops->free(options.keystore);
	tempdir_remove(&dir);
}

/* covers: 802.1AR-7.2-idevid-key-kept 802.1AR-7.2-err-key-exists */
static void create_other_alg_exists(void **state)
{
	struct fixture *f = *state;

	fixture_create(f, KEY_ALG_P256);
	assert_rc(module_create(f->m, "idevid", KEY_ALG_P384, false, NULL),
		DEVID_ERR_KEY_EXISTS);
	assert_rc(module_create(f->m, "idevid", KEY_ALG_NONE, false, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_rc(module_create(f->m, "idevid", (enum key_alg)98, false, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_rc(module_create(f->m, "idevid", (enum key_alg)99, false, NULL),
		DEVID_ERR_UNSUPPORTED);
}

/* covers: 802.1AR-7.2-init 802.1AR-7.2-enum-certs 802.1AR-7.2-enum-chain */
static void install_stores_mirror_and_nv_for_next_start(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	const uint8_t *chain;
	size_t len = 0;
	struct stat st;

	assert_int_equal(stat(tempdir_file(&f->state, "idevid.pem"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
	assert_int_equal(len, leaf.der.len + f->ca.der.len);
	assert_memory_equal(chain, leaf.der.data, leaf.der.len);
	assert_true(fixture_idevid(f).certified);
	certs_done(&leaf);
}

/* By no operation an IDevID loses its chain.
 * covers: 802.1AR-7.2-idevid-chain-kept */
static void install_same_leaf_alone_keeps_the_chain(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	const uint8_t *chain;
	size_t len = 0;

	for (int start = 0; start < 2; start++) {
		assert_rc(fixture_install(f, &leaf, false), DEVID_OK);
		assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
		assert_int_equal(len, leaf.der.len + f->ca.der.len);
		fixture_restart(f);
	}
	certs_done(&leaf);
}

/* covers: 802.1AR-7.2-idevid-chain-kept
 * 802.1AR-7.2-err-idevid-chain-deletion */
static void install_shorter_chain_is_a_deletion(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct view above = { f->ca.der.data, f->ca.der.len };
	struct certs_buf longer = leaf.der;
	const uint8_t *chain;
	size_t len = 0;

	for (int i = 0; i < 2; i++) /* the CA is its own issuer */
		certs_append(&longer, f->ca.der.data, f->ca.der.len);
	assert_rc(
		module_install(f->m, "idevid",
			(struct view) { longer.data, longer.len }, false, NULL),
		DEVID_OK);
	assert_rc(fixture_install(f, &leaf, true),
		DEVID_ERR_IDEVID_CHAIN_DELETION);
	assert_rc(module_install_above(f->m, "idevid", above, NULL),
		DEVID_ERR_IDEVID_CHAIN_DELETION);
	fixture_restart(f);
	assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
	assert_int_equal(len, longer.len);
	certs_done(&leaf);
}

/* Another certificate of the same CA, as when a CA is certified anew: neither
 * in place of the first nor with the leaf, and more above it is none.
 *
 * covers: 802.1AR-7.2-idevid-chain-kept
 * 802.1AR-7.2-err-idevid-chain-deletion */
static void install_other_certificates_above_is_a_deletion(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256), ca;
	struct certs_spec spec = certs_ca_spec("Test CA");
	struct certs_buf other = leaf.der;
	struct devid_error err = { DEVID_OK, "" };
	const uint8_t *chain;
	struct view above;
	size_t len = 0;

	spec.serial = "01020304";
	ca = certs_sign(&spec, f->ca.key, NULL);
	above = (struct view) { ca.der.data, ca.der.len };
	certs_append(&other, ca.der.data, ca.der.len);
	for (int i = 0; i < 2; i++) {
		assert_rc(module_install_above(f->m, "idevid", above, &err),
			DEVID_ERR_IDEVID_CHAIN_DELETION);
		assert_non_null(strstr(err.text, "deleted or replaced"));
		assert_rc(module_install(f->m, "idevid",
				  (struct view) { other.data, other.len }, true,
				  NULL),
			DEVID_ERR_IDEVID_CHAIN_DELETION);
		assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
		assert_int_equal(len, leaf.der.len + f->ca.der.len);
		assert_memory_equal(
			chain + leaf.der.len, f->ca.der.data, f->ca.der.len);
		fixture_restart(f);
	}
	certs_done(&leaf);
}

/* covers: 802.1AR-7.2-idevid-cert-kept 802.1AR-7.2-err-cert-exists */
static void install_another_leaf_exists_and_old_stays(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256), other;
	struct wire_key key = fixture_idevid(f);
	const uint8_t *chain;
	size_t len = 0;

	other = fixture_certify(f, &key.spki, 10);
	assert_rc(fixture_install(f, &other, true), DEVID_ERR_CERT_EXISTS);
	/* Not even when somebody removed the mirror. */
	assert_int_equal(unlink(tempdir_file(&f->state, "idevid.pem")), 0);
	fixture_restart(f);
	assert_rc(fixture_install(f, &other, true), DEVID_ERR_CERT_EXISTS);
	assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
	assert_memory_equal(chain, leaf.der.data, leaf.der.len);
	certs_done(&leaf);
	certs_done(&other);
}

/* covers: 802.1AR-7.2-idevid-cert-kept */
static void install_certificate_of_another_key_mismatch(void **state)
{
	struct fixture *f = *state;
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node leaf = certs_sign(&spec, certs_key("P-256"), &f->ca);
	struct key_blob der;

	fixture_create(f, KEY_ALG_P256);
	assert_rc(fixture_install(f, &leaf, true), DEVID_ERR_MISMATCH);
	/* There it would be locked for good. */
	assert_rc(f->ks->ops->cert_read(f->ks, KEY_IDEVID, &der, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_false(fixture_file_exists(f, "idevid.pem"));
	assert_false(fixture_idevid(f).certified);
	certs_done(&leaf);
}

static void install_broken_chain_refused(void **state)
{
	struct fixture *f = *state;
	struct certs_spec ca = certs_ca_spec("Test CA"); /* same name */
	struct certs_node other = certs_sign(&ca, certs_key("P-256"), NULL);
	struct certs_node leaf;
	struct certs_buf der;
	struct wire_key key;

	fixture_create(f, KEY_ALG_P256);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 0);
	der = leaf.der;
	certs_append(&der, other.der.data, other.der.len);
	assert_rc(module_install(f->m, "idevid",
			  (struct view) { der.data, der.len }, false, NULL),
		DEVID_ERR_MISMATCH);
	der = leaf.der;
	certs_append(&der, "x", 1);
	assert_rc(module_install(f->m, "idevid",
			  (struct view) { der.data, der.len }, false, NULL),
		DEVID_ERR_SYNTAX);
	for (size_t n = 0; n < leaf.der.len; n += 13)
		assert_int_not_equal(module_install(f->m, "idevid",
					     (struct view) { leaf.der.data, n },
					     false, NULL),
			DEVID_OK);
	der = leaf.der;
	for (int i = 0; i < 4; i++) /* the CA is its own issuer */
		certs_append(&der, f->ca.der.data, f->ca.der.len);
	assert_rc(module_install(f->m, "idevid",
			  (struct view) { der.data, der.len }, false, NULL),
		DEVID_ERR_SYNTAX);
	assert_false(fixture_file_exists(f, "idevid.pem"));
	certs_done(&leaf);
	certs_done(&other);
}

static void install_too_large_for_nv_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf;
	struct wire_key key;

	fixture_create(f, KEY_ALG_P256);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 2000);
	assert_rc(fixture_install(f, &leaf, false), DEVID_ERR_TOO_LARGE);
	assert_false(fixture_file_exists(f, "idevid.pem"));
	assert_false(fixture_idevid(f).certified);
	fixture_stop(f);
	f->in_nv = false;
	fixture_start(f, false);
	assert_rc(fixture_install(f, &leaf, false), DEVID_OK);
	certs_done(&leaf);
}

/* A CA below @issuer, whose certificate has about @more bytes than it must. */
static struct certs_node big_ca(
	const char *cn, const struct certs_node *issuer, size_t more)
{
	struct certs_spec spec = certs_ca_spec(cn);
	static char hex[2 * 2000 + 1];

	memset(hex, '0', 2 * more);
	hex[2 * more] = '\0';
	certs_set_ext(&spec, "2a0304", "", hex);
	return certs_sign(&spec, certs_key("P-256"), issuer);
}

/* NV has what fits, from the leaf on; the disk has all; status says so, also
 * after a start. */
static void install_chain_larger_than_nv_is_kept_in_part(void **state)
{
	struct certs_node cross = big_ca("New root", NULL, 1900), leaf;
	struct fixture *f = *state;
	const uint8_t *chain;
	struct certs_buf der;
	struct wire_key key;
	size_t len = 0;

	certs_done(&f->ca);
	f->ca = big_ca("Issuing", &cross, 400);
	fixture_create(f, KEY_ALG_P256);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 0);
	der = leaf.der;
	certs_append(&der, f->ca.der.data, f->ca.der.len);
	certs_append(&der, cross.der.data, cross.der.len);
	assert_rc(module_install(f->m, "idevid",
			  (struct view) { der.data, der.len }, false, NULL),
		DEVID_OK);
	for (int start = 0; start < 2; start++) {
		key = fixture_idevid(f);
		assert_int_equal(key.n_certs, 3);
		assert_int_equal(key.n_stored, 2);
		assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
		assert_int_equal(len, der.len);
		assert_memory_equal(chain, der.data, der.len);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
	certs_done(&leaf);
	certs_done(&cross);
}

/* Others have the place of the intermediates: the leaf is stored, theirs
 * stays. */
static void install_beside_foreign_data_keeps_them(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf;
	struct wire_key key;

	fixture_stop(f);
	swtpm_nv_write(&f->tpm, 0x01c90201, "a note", 6);
	fixture_start(f, false);
	leaf = fixture_provision(f, KEY_ALG_P256);
	assert_non_null(strstr(fixture_warnings, "0x01c90201 holds 6 bytes"));
	key = fixture_idevid(f);
	assert_int_equal(key.n_certs, 2);
	assert_int_equal(key.n_stored, 1);
	fixture_stop(f);
	swtpm_nv_equals(&f->tpm, 0x01c90201, "a note", 6);
	fixture_start(f, false);
	certs_done(&leaf);
}

/* What the last step needs is asked for at the first. */
static void create_where_platform_is_closed_denied_without_keys(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_close_platform(&f->tpm);
	fixture_start(f, false);
	assert_rc(module_create(f->m, "idevid", KEY_ALG_P256, false, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "certificate_in_nv");
	assert_false(fixture_file_exists(f, "idevid.key"));
	fixture_stop(f);
	f->in_nv = false;
	fixture_start(f, false);
	fixture_create(f, KEY_ALG_P256);
}

/* In the field it is closed: a repeated first step is no error. */
static void create_again_where_platform_is_closed(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	swtpm_close_platform(&f->tpm);
	fixture_start(f, false);
	assert_rc(module_create(f->m, "idevid", KEY_ALG_P256, false, NULL),
		DEVID_OK);
	certs_done(&leaf);
}

/* covers: 802.1AR-7.2-err-key-not-found */
static void install_without_key_or_of_unknown_name_not_found(void **state)
{
	struct fixture *f = *state;

	assert_rc(module_install(f->m, "idevid",
			  (struct view) { f->ca.der.data, f->ca.der.len },
			  false, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(module_install(f->m, "ldevid",
			  (struct view) { f->ca.der.data, f->ca.der.len },
			  false, NULL),
		DEVID_ERR_NOT_FOUND);
}

/* The write into NV breaks off: nothing is in use, and the same certificate
 * once more sets it right. */
static void install_interrupted_in_nv_healed_by_repeating(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf;
	struct key_blob der = { 0 };
	struct wire_key key;

	fixture_create(f, KEY_ALG_P256);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 300); /* two NV writes */
	fixture_stop(f);
	fixture_start(f, true);
	swtpm_set_fault(&f->tpm, "00000137 lost"); /* and the retry too */
	assert_rc(fixture_install(f, &leaf, true), DEVID_ERR_TPM_ABSENT);
	swtpm_set_fault(&f->tpm, NULL);
	fixture_restart(f);
	assert_non_null(strstr(fixture_warnings, "holds no certificate"));
	assert_rc(f->ks->ops->cert_read(f->ks, KEY_IDEVID, &der, NULL),
		DEVID_ERR_SYNTAX);
	assert_false(fixture_idevid(f).certified);
	assert_false(fixture_file_exists(f, "idevid.pem"));
	assert_rc(fixture_install(f, &leaf, true), DEVID_OK);
	assert_true(fixture_idevid(f).certified);
	assert_rc(
		f->ks->ops->cert_read(f->ks, KEY_IDEVID, &der, NULL), DEVID_OK);
	assert_int_equal(der.len, leaf.der.len);
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	certs_done(&leaf);
}

static void mirror_deleted_restored_from_nv(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	uint8_t whole[WIRE_CHAIN_MAX];
	const uint8_t *chain;
	size_t whole_len = 0, len = 0;

	assert_rc(fixture_chain(f, "idevid", &chain, &whole_len), DEVID_OK);
	memcpy(whole, chain, whole_len);
	assert_true(whole_len > leaf.der.len); /* an intermediate as well */
	assert_int_equal(unlink(tempdir_file(&f->state, "idevid.pem")), 0);
	assert_int_equal(unlink(tempdir_file(&f->state, "idevid.key")), 0);
	fixture_restart(f);
	assert_true(fixture_file_exists(f, "idevid.pem"));
	assert_true(fixture_file_exists(f, "idevid.key"));
	assert_rc(fixture_chain(f, "idevid", &chain, &len), DEVID_OK);
	assert_int_equal(len, whole_len);
	assert_memory_equal(chain, whole, len);
	certs_done(&leaf);
}

/* What cannot be read may be better than what the keystore has. */
static void mirror_unreadable_left_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct stat before, after;

	assert_int_equal(chmod(tempdir_file(&f->state, "idevid.pem"), 0664), 0);
	assert_int_equal(
		stat(tempdir_file(&f->state, "idevid.pem"), &before), 0);
	fixture_restart(f);
	assert_non_null(strstr(fixture_warnings, "group or others can write"));
	assert_true(fixture_idevid(f).certified);
	assert_int_equal(
		stat(tempdir_file(&f->state, "idevid.pem"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* not replaced */
	assert_int_equal(chmod(tempdir_file(&f->state, "idevid.pem"), 0644), 0);
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	certs_done(&leaf);
}

static void mirror_spoiled_not_used_nv_is(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	tempdir_write(&f->state, "idevid.pem", "rubbish", 7, 0644);
	fixture_restart(f);
	assert_non_null(strstr(
		fixture_warnings, "no certificate in PEM: the file is text"));
	assert_true(fixture_idevid(f).certified);
	tempdir_write(&f->state, "idevid.pem", "rubbish", 7, 0666);
	fixture_restart(f);
	assert_non_null(strstr(fixture_warnings, "group or others can write"));
	assert_true(fixture_idevid(f).certified);
	certs_done(&leaf);
}

/* Somebody put another certificate, of another key, in place of the mirror. */
static void mirror_of_another_key_loses_against_nv(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node other = certs_sign(&spec, certs_key("P-384"), &f->ca);
	const struct certs_node *nodes[] = { &other };
	char *pem = certs_pem(nodes, 1);
	struct wire_key before = fixture_idevid(f), after;

	tempdir_write(&f->state, "idevid.pem", pem, strlen(pem), 0644);
	fixture_restart(f);
	after = fixture_idevid(f);
	assert_true(after.present && after.certified);
	assert_int_equal(after.spki.len, before.spki.len);
	assert_memory_equal(after.spki.data, before.spki.data, before.spki.len);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	free(pem);
	certs_done(&leaf);
	certs_done(&other);
}

/* covers: 802.1AR-7.2-key-enable 802.1AR-7.2-state-kept
 * 802.1AR-7.2-sign-key-disabled 802.1AR-7.2-err-key-disabled */
static void disabled_key_refuses_across_restart(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	assert_rc(module_enable(f->m, "idevid", false, NULL), DEVID_OK);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_KEY_DISABLED);
	fixture_restart(f);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_KEY_DISABLED);
	assert_false(fixture_idevid(f).enabled);
	assert_rc(module_enable(f->m, "idevid", true, NULL), DEVID_OK);
	assert_rc(module_enable(f->m, "idevid", true, NULL), DEVID_OK);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	fixture_restart(f);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_rc(
		module_enable(f->m, "ldevid", true, NULL), DEVID_ERR_NOT_FOUND);
	certs_done(&leaf);
}

/* covers: 802.1AR-7.2-idevid-key-kept 802.1AR-7.2-err-idevid-key-deletion */
static void delete_always_refused(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	assert_rc(module_delete(f->m, "idevid", NULL),
		DEVID_ERR_IDEVID_KEY_DELETION);
	assert_rc(module_delete(f->m, "iak", NULL),
		DEVID_ERR_IDEVID_KEY_DELETION);
	assert_rc(module_delete(f->m, "ldevid", NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(new_tpm_absent_starts_and_says_so),
		CASE(create_every_alg_makes_keys_and_references),
		CASE(status_place_is_what_the_keystore_says),
		CASE(create_other_alg_exists),
		CASE(install_stores_mirror_and_nv_for_next_start),
		CASE(install_same_leaf_alone_keeps_the_chain),
		CASE(install_shorter_chain_is_a_deletion),
		CASE(install_other_certificates_above_is_a_deletion),
		CASE(install_another_leaf_exists_and_old_stays),
		CASE(install_certificate_of_another_key_mismatch),
		CASE(install_broken_chain_refused),
		CASE(install_too_large_for_nv_changes_nothing),
		CASE(install_chain_larger_than_nv_is_kept_in_part),
		CASE(install_beside_foreign_data_keeps_them),
		CASE(create_where_platform_is_closed_denied_without_keys),
		CASE(create_again_where_platform_is_closed),
		CASE(install_without_key_or_of_unknown_name_not_found),
		CASE(install_interrupted_in_nv_healed_by_repeating),
		CASE(mirror_deleted_restored_from_nv),
		CASE(mirror_unreadable_left_as_it_is),
		CASE(mirror_spoiled_not_used_nv_is),
		CASE(mirror_of_another_key_loses_against_nv),
		CASE(disabled_key_refuses_across_restart),
		CASE(delete_always_refused),
	};

	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
