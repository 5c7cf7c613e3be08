/* SPDX-License-Identifier: Apache-2.0 */
/* The DevID module of 802.1AR on a software TPM. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs.h"
#include "files.h"
#include "module.h"
#include "swtpm.h"
#include "tpm-template.h"

struct fixture {
	struct swtpm tpm;
	struct tempdir state;
	struct keystore *ks; /* owned */
	struct module *m;    /* owned */
	struct certs_node ca;
	bool in_nv;
};

static char warnings[2000];

static void warn(const char *line)
{
	size_t n = strlen(warnings);

	(void)snprintf(warnings + n, sizeof(warnings) - n, "%s\n", line);
}

static void start(struct fixture *f, bool faulty)
{
	struct module_options options = { .state_dir = f->state.path,
		.store_certificates = f->in_nv };

	warnings[0] = '\0';
	assert_rc(keystore_tpm_new(
			  faulty ? f->tpm.faulty_tcti : f->tpm.tcti, &f->ks,
			  NULL),
		DEVID_OK);
	options.keystore = f->ks;
	assert_rc(module_new(&options, warn, &f->m, NULL), DEVID_OK);
}

static void stop(struct fixture *f)
{
	module_free(f->m);
	if (f->ks)
		f->ks->ops->free(f->ks);
	f->m = NULL;
	f->ks = NULL;
}

static void restart(struct fixture *f)
{
	stop(f);
	start(f, false);
}

static int setup(void **state)
{
	static struct fixture f;
	struct certs_spec spec = certs_ca_spec("Test CA");

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	f.in_nv = true;
	swtpm_new(&f.tpm);
	f.state = tempdir_new();
	f.ca = certs_sign(&spec, certs_key("P-256"), NULL);
	start(&f, false);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	swtpm_free(&f->tpm);
	tempdir_remove(&f->state);
	certs_done(&f->ca);
	return 0;
}

static void create(struct fixture *f, enum key_alg alg)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, alg, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

static struct wire_status *status(struct fixture *f)
{
	static struct wire_status st;

	module_status(f->m, &st);
	return &st;
}

static struct wire_key idevid(struct fixture *f)
{
	struct wire_status *st = status(f);

	assert_true(st->n_keys > 0);
	assert_string_equal(st->keys[0].name, "idevid");
	return st->keys[0];
}

/* A certificate for the public key @spki, grown by @more bytes. */
static struct certs_node certify(
	struct fixture *f, const struct keystore_blob *spki, size_t more)
{
	struct certs_spec spec = certs_idevid_spec();
	static char hex[2 * 3000 + 1];
	const uint8_t *p = spki->data;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)spki->len);

	assert_non_null(pub);
	if (more > 0) {
		memset(hex, '5', 2 * more);
		hex[2 * more] = '\0';
		certs_set_ext(&spec, "2a0304", "", hex);
	}
	return certs_sign(&spec, pub, &f->ca);
}

static enum devid_err install(
	struct fixture *f, const struct certs_node *leaf, bool with_ca)
{
	struct certs_buf der = leaf->der;

	if (with_ca)
		certs_append(&der, f->ca.der.data, f->ca.der.len);
	return module_install(f->m, "idevid", der.data, der.len, NULL);
}

/* A device with key and certificate. */
static struct certs_node provision(struct fixture *f, enum key_alg alg)
{
	struct wire_key key;
	struct certs_node leaf;

	create(f, alg);
	key = idevid(f);
	leaf = certify(f, &key.spki, 0);
	assert_rc(install(f, &leaf, true), DEVID_OK);
	return leaf;
}

#define CONTEXT "TLS 1.3, client CertificateVerify"

static struct module_sign tls13_request(enum key_alg alg)
{
	static uint8_t data[64 + sizeof(CONTEXT) + 32];
	struct module_sign what = { "idevid", SIG_ECDSA, HASH_SHA256, data,
		sizeof(data) };

	memset(data, ' ', 64);
	memcpy(data + 64, CONTEXT, sizeof(CONTEXT));
	memset(data + 64 + sizeof(CONTEXT), 0x11, 32);
	if (alg == KEY_ALG_P384)
		what.hash = HASH_SHA384;
	if (alg == KEY_ALG_RSA2048)
		what.scheme = SIG_RSAPSS;
	return what;
}

/* As devid-keyd does it: purpose first, then the signature. */
static enum devid_err sign(
	struct fixture *f, enum key_alg alg, struct devid_error *err)
{
	struct module_sign what = tls13_request(alg);
	struct purpose_verdict verdict;
	uint8_t sig[KEYSTORE_SIG_MAX] = { 0 };
	uint8_t zero[KEYSTORE_SIG_MAX] = { 0 };
	size_t len = 0;
	enum devid_err rc;

	rc = module_sign_purpose(f->m, &what, &verdict, err);
	if (rc != DEVID_OK)
		return rc;
	assert_int_equal(verdict.purpose, PURPOSE_TLS_CLIENT);
	rc = module_sign(f->m, &what, sig, &len, err);
	if (rc == DEVID_OK) {
		assert_true(len > 0);
	} else {
		assert_int_equal(len, 0);
		assert_memory_equal(sig, zero, sizeof(sig));
	}
	return rc;
}

static bool file_exists(struct fixture *f, const char *name)
{
	return access(tempdir_file(&f->state, name), F_OK) == 0;
}

static void new_tpm_absent_starts_and_says_so(void **state)
{
	struct fixture *f = *state;

	stop(f);
	swtpm_stop(&f->tpm);
	start(f, false);
	assert_int_equal(status(f)->module, DEVID_ERR_TPM_ABSENT);
	assert_int_equal(status(f)->n_keys, 0);
	assert_non_null(strstr(status(f)->module_text, "absent"));
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_NOT_FOUND);
}

static void create_every_alg_makes_keys_and_references(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048 };
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct wire_key key;

		create(f, algs[i]);
		create(f, algs[i]); /* repeatable */
		key = idevid(f);
		assert_int_equal(key.alg, algs[i]);
		assert_true(key.present && key.enabled && key.tls13);
		assert_false(key.certified);
		assert_int_equal(key.handle, 0x81020000);
		assert_int_equal(status(f)->n_keys, 2);
		assert_true(file_exists(f, "idevid.key"));
		assert_true(file_exists(f, "iak.key"));
		assert_rc(sign(f, algs[i], NULL), DEVID_OK);
		stop(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		start(f, false);
	}
}

static void create_other_alg_exists(void **state)
{
	struct fixture *f = *state;

	create(f, KEY_ALG_P256);
	assert_rc(module_create(f->m, KEY_ALG_P384, NULL), DEVID_ERR_EXISTS);
	assert_rc(module_create(f->m, KEY_ALG_NONE, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_rc(module_create(f->m, (enum key_alg)99, NULL),
		DEVID_ERR_UNSUPPORTED);
}

static void install_stores_mirror_and_nv_for_next_start(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	const uint8_t *chain;
	size_t len = 0;
	struct stat st;

	assert_int_equal(
		stat(tempdir_file(&f->state, "idevid.pem"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	restart(f);
	assert_string_equal(warnings, "");
	assert_rc(module_chain(f->m, "idevid", &chain, &len, NULL), DEVID_OK);
	assert_int_equal(len, leaf.der.len + f->ca.der.len);
	assert_memory_equal(chain, leaf.der.data, leaf.der.len);
	assert_true(idevid(f).certified);
	certs_done(&leaf);
}

static void install_same_leaf_may_bring_other_chain(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	const uint8_t *chain;
	size_t len = 0;

	assert_rc(install(f, &leaf, false), DEVID_OK);
	assert_rc(module_chain(f->m, "idevid", &chain, &len, NULL), DEVID_OK);
	assert_int_equal(len, leaf.der.len);
	certs_done(&leaf);
}

static void install_another_leaf_exists_and_old_stays(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256), other;
	struct wire_key key = idevid(f);
	const uint8_t *chain;
	size_t len = 0;

	other = certify(f, &key.spki, 10);
	assert_rc(install(f, &other, true), DEVID_ERR_EXISTS);
	/* Not even when somebody removed the mirror. */
	assert_int_equal(
		unlink(tempdir_file(&f->state, "idevid.pem")), 0);
	restart(f);
	assert_rc(install(f, &other, true), DEVID_ERR_EXISTS);
	assert_rc(module_chain(f->m, "idevid", &chain, &len, NULL), DEVID_OK);
	assert_memory_equal(chain, leaf.der.data, leaf.der.len);
	certs_done(&leaf);
	certs_done(&other);
}

static void install_certificate_of_another_key_mismatch(void **state)
{
	struct fixture *f = *state;
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node leaf = certs_sign(&spec, certs_key("P-256"), &f->ca);

	create(f, KEY_ALG_P256);
	assert_rc(install(f, &leaf, true), DEVID_ERR_MISMATCH);
	assert_false(file_exists(f, "idevid.pem"));
	assert_false(idevid(f).certified);
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

	create(f, KEY_ALG_P256);
	key = idevid(f);
	leaf = certify(f, &key.spki, 0);
	der = leaf.der;
	certs_append(&der, other.der.data, other.der.len);
	assert_rc(module_install(f->m, "idevid", der.data, der.len, NULL),
		DEVID_ERR_MISMATCH);
	der = leaf.der;
	certs_append(&der, "x", 1);
	assert_rc(module_install(f->m, "idevid", der.data, der.len, NULL),
		DEVID_ERR_SYNTAX);
	for (size_t n = 0; n < leaf.der.len; n += 13)
		assert_int_not_equal(module_install(f->m, "idevid",
					     leaf.der.data, n, NULL),
			DEVID_OK);
	der = leaf.der;
	for (int i = 0; i < 4; i++) /* the CA is its own issuer */
		certs_append(&der, f->ca.der.data, f->ca.der.len);
	assert_rc(module_install(f->m, "idevid", der.data, der.len, NULL),
		DEVID_ERR_SYNTAX);
	assert_false(file_exists(f, "idevid.pem"));
	certs_done(&leaf);
	certs_done(&other);
}

static void install_too_large_for_nv_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf;
	struct wire_key key;

	create(f, KEY_ALG_P256);
	key = idevid(f);
	leaf = certify(f, &key.spki, 2000);
	assert_rc(install(f, &leaf, false), DEVID_ERR_TOO_LARGE);
	assert_false(file_exists(f, "idevid.pem"));
	assert_false(idevid(f).certified);
	stop(f);
	f->in_nv = false;
	start(f, false);
	assert_rc(install(f, &leaf, false), DEVID_OK);
	certs_done(&leaf);
}

static void install_without_key_or_of_unknown_name_not_found(void **state)
{
	struct fixture *f = *state;

	assert_rc(module_install(f->m, "idevid", f->ca.der.data,
			  f->ca.der.len, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(module_install(f->m, "ldevid", f->ca.der.data,
			  f->ca.der.len, NULL),
		DEVID_ERR_NOT_FOUND);
}

/* The write into NV breaks off: the mirror serves, and the same certificate
 * once more sets it right. */
static void install_interrupted_in_nv_healed_by_repeating(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf;
	struct keystore_blob der = { 0 };
	struct wire_key key;

	create(f, KEY_ALG_P256);
	key = idevid(f);
	leaf = certify(f, &key.spki, 300); /* two NV writes */
	stop(f);
	start(f, true);
	swtpm_set_fault(&f->tpm, "00000137 lost"); /* and the retry too */
	assert_rc(install(f, &leaf, true), DEVID_ERR_TPM_ABSENT);
	swtpm_set_fault(&f->tpm, NULL);
	restart(f);
	assert_non_null(strstr(warnings, "holds no certificate"));
	assert_rc(f->ks->ops->cert_read(f->ks, KEY_ROLE_IDEVID, &der, NULL),
		DEVID_ERR_SYNTAX);
	assert_true(idevid(f).certified);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_rc(install(f, &leaf, true), DEVID_OK);
	assert_rc(f->ks->ops->cert_read(f->ks, KEY_ROLE_IDEVID, &der, NULL),
		DEVID_OK);
	assert_int_equal(der.len, leaf.der.len);
	restart(f);
	assert_string_equal(warnings, "");
	certs_done(&leaf);
}

static void mirror_deleted_restored_from_nv(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	uint8_t whole[WIRE_CHAIN_MAX];
	const uint8_t *chain;
	size_t whole_len = 0, len = 0;

	assert_rc(module_chain(f->m, "idevid", &chain, &whole_len, NULL),
		DEVID_OK);
	memcpy(whole, chain, whole_len);
	assert_true(whole_len > leaf.der.len); /* an intermediate as well */
	assert_int_equal(unlink(tempdir_file(&f->state, "idevid.pem")), 0);
	assert_int_equal(unlink(tempdir_file(&f->state, "idevid.key")), 0);
	restart(f);
	assert_true(file_exists(f, "idevid.pem"));
	assert_true(file_exists(f, "idevid.key"));
	assert_rc(module_chain(f->m, "idevid", &chain, &len, NULL), DEVID_OK);
	assert_int_equal(len, whole_len);
	assert_memory_equal(chain, whole, len);
	certs_done(&leaf);
}

/* What cannot be read may be better than what the keystore has. */
static void mirror_unreadable_left_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	struct stat before, after;

	assert_int_equal(chmod(tempdir_file(&f->state, "idevid.pem"), 0664), 0);
	assert_int_equal(stat(tempdir_file(&f->state, "idevid.pem"), &before), 0);
	restart(f);
	assert_non_null(strstr(warnings, "group or others can write"));
	assert_true(idevid(f).certified);
	assert_int_equal(stat(tempdir_file(&f->state, "idevid.pem"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* not replaced */
	assert_int_equal(chmod(tempdir_file(&f->state, "idevid.pem"), 0644), 0);
	restart(f);
	assert_string_equal(warnings, "");
	certs_done(&leaf);
}

static void mirror_spoiled_not_used_nv_is(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	tempdir_write(&f->state, "idevid.pem", "rubbish", 7, 0644);
	restart(f);
	assert_non_null(strstr(warnings, "no certificate in it"));
	assert_true(idevid(f).certified);
	tempdir_write(&f->state, "idevid.pem", "rubbish", 7, 0666);
	restart(f);
	assert_non_null(strstr(warnings, "group or others can write"));
	assert_true(idevid(f).certified);
	certs_done(&leaf);
}

/* Somebody put another certificate, of another key, in place of the mirror. */
static void mirror_of_another_key_loses_against_nv(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node other = certs_sign(&spec, certs_key("P-384"), &f->ca);
	const struct certs_node *nodes[] = { &other };
	char *pem = certs_pem(nodes, 1);
	struct wire_key before = idevid(f), after;

	tempdir_write(&f->state, "idevid.pem", pem, strlen(pem), 0644);
	restart(f);
	after = idevid(f);
	assert_true(after.present && after.certified);
	assert_int_equal(after.spki.len, before.spki.len);
	assert_memory_equal(
		after.spki.data, before.spki.data, before.spki.len);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	free(pem);
	certs_done(&leaf);
	certs_done(&other);
}

static void handle_evicted_derived_again_with_equal_key(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	struct wire_key before = idevid(f), after;

	stop(f);
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
	start(f, false);
	assert_non_null(strstr(warnings, "derived again"));
	after = idevid(f);
	assert_true(after.present);
	assert_memory_equal(
		after.spki.data, before.spki.data, before.spki.len);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* The same while the service runs: the TPM restarts without the handle. */
static void handle_evicted_while_running_derived_at_next_use(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_non_null(strstr(warnings, "derived again"));
	certs_done(&leaf);
}

/* The state folder of one device on the TPM of another. */
static void other_tpm_mismatch_and_never_used(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	struct devid_error err = { DEVID_OK, "" };
	struct wire_key before = idevid(f), after;
	uint8_t *ref1, *ref2;
	size_t len1, len2, signs;
	const char *path = tempdir_file(&f->state, "idevid.key");
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	assert_rc(files_read(copy, 4096, &ref1, &len1, NULL), DEVID_OK);
	for (int with_keys = 0; with_keys < 2; with_keys++) {
		stop(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		if (with_keys) { /* that has an IDevID of its own */
			struct tempdir mine = f->state;

			f->state = tempdir_new();
			start(f, false);
			create(f, KEY_ALG_P256);
			stop(f);
			tempdir_remove(&f->state);
			f->state = mine;
		}
		signs = swtpm_count(&f->tpm, CC_SIGN);
		start(f, false);
		assert_non_null(strstr(warnings, "not usable"));
		devid_error_clear(&err);
		assert_rc(sign(f, KEY_ALG_P256, &err), DEVID_ERR_MISMATCH);
		assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), signs);
		after = idevid(f);
		assert_false(after.present);
		assert_memory_equal(
			after.spki.data, before.spki.data, before.spki.len);
		assert_rc(module_create(f->m, KEY_ALG_P256, NULL),
			DEVID_ERR_MISMATCH);
		assert_rc(files_read(copy, 4096, &ref2, &len2, NULL),
			DEVID_OK);
		assert_int_equal(len1, len2);
		assert_memory_equal(ref1, ref2, len1);
		free(ref2);
	}
	free(ref1);
	certs_done(&leaf);
}

static void tpm_gone_absent_and_back_without_restart(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	swtpm_stop(&f->tpm);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_ABSENT);
	swtpm_start(&f->tpm);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* Started before its TPM: the key is found when the TPM comes. */
static void tpm_late_found_at_first_use(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	stop(f);
	swtpm_stop(&f->tpm);
	start(f, false);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_ABSENT);
	swtpm_start(&f->tpm);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

static void tpm_in_lockout_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	stop(f);
	swtpm_lock_out(&f->tpm);
	start(f, false);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_LOCKOUT);
	assert_int_equal(status(f)->module, DEVID_ERR_TPM_LOCKOUT);
	certs_done(&leaf);
}

static void tpm_in_failure_mode_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	stop(f);
	start(f, true);
	swtpm_set_fault(&f->tpm, "* rc 00000101");
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_FAILURE);
	assert_int_equal(status(f)->module, DEVID_ERR_TPM_FAILURE);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* Each bit of a faulty signature may give away the key. */
static void wrong_signature_never_given_out(void **state)
{
	static const char *const faults[] = { "0000015d flip 22",
		"0000015d flip 60", "0000015d flip 15",
		"0000015d cut 40" };
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	stop(f);
	start(f, true);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(faults); i++) {
		swtpm_set_fault(&f->tpm, faults[i]);
		assert_int_not_equal(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	}
	swtpm_set_fault(&f->tpm, faults[0]);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_CRYPTO);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* A TPM whose PSS signatures TLS 1.3 would not take. */
static void rsa_probe_failed_says_no_tls13(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_RSA2048);

	assert_true(idevid(f).tls13);
	stop(f);
	swtpm_set_fault(&f->tpm, "0000015d flip 100");
	start(f, true);
	assert_non_null(strstr(warnings, "not usable with TLS 1.3"));
	assert_false(idevid(f).tls13);
	swtpm_set_fault(&f->tpm, NULL);
	certs_done(&leaf);
}

/* A TPM that lists the key and does not find it when it is to sign. */
static void key_gone_for_ever_ends_in_an_error(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	stop(f);
	start(f, true);
	swtpm_set_fault(&f->tpm, "0000015d rc 0000018b");
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_NOT_FOUND);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

static void sign_costs_one_tpm2_sign_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	stop(f);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	start(f, false); /* the first signature after a reset as well */
	for (int i = 0; i < 5; i++) {
		size_t all = swtpm_count(&f->tpm, 0);
		size_t signs = swtpm_count(&f->tpm, CC_SIGN);

		assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
		assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), signs + 1);
		assert_int_equal(swtpm_count(&f->tpm, 0), all + 1);
	}
	certs_done(&leaf);
}

static void sign_refused_costs_no_command(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	struct module_sign what = tls13_request(KEY_ALG_P256);
	struct purpose_verdict verdict;
	size_t all = swtpm_count(&f->tpm, 0);

	what.data_len--;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_PURPOSE);
	what.data_len++;
	what.key = "iak";
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_PURPOSE);
	what.key = "ldevid";
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_NOT_FOUND);
	what.key = "idevid";
	what.hash = HASH_SHA384;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_UNSUPPORTED);
	what.hash = HASH_SHA256;
	what.scheme = SIG_RSAPSS;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_UNSUPPORTED);
	what.scheme = 0xff;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_int_equal(swtpm_count(&f->tpm, 0), all);
	certs_done(&leaf);
}

static void disabled_key_refuses_across_restart(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	assert_rc(module_enable(f->m, "idevid", false, NULL), DEVID_OK);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_DISABLED);
	restart(f);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_ERR_DISABLED);
	assert_false(idevid(f).enabled);
	assert_rc(module_enable(f->m, "idevid", true, NULL), DEVID_OK);
	assert_rc(module_enable(f->m, "idevid", true, NULL), DEVID_OK);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	restart(f);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_rc(module_enable(f->m, "ldevid", true, NULL),
		DEVID_ERR_NOT_FOUND);
	certs_done(&leaf);
}

static void delete_always_refused(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);

	assert_rc(module_delete(f->m, "idevid", NULL), DEVID_ERR_DENIED);
	assert_rc(module_delete(f->m, "iak", NULL), DEVID_ERR_DENIED);
	assert_rc(module_delete(f->m, "ldevid", NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* Asking is no way to keep the TPM busy. */
static void status_asks_the_tpm_once_a_second_at_most(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = provision(f, KEY_ALG_P256);
	struct timespec from, to;
	size_t before, asked;

	before = swtpm_count(&f->tpm, CC_GET_TEST_RESULT);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 500; i++)
		(void)status(f);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	asked = swtpm_count(&f->tpm, CC_GET_TEST_RESULT) - before;
	assert_true(asked <= (size_t)(to.tv_sec - from.tv_sec) + 1);
	certs_done(&leaf);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(new_tpm_absent_starts_and_says_so),
		CASE(create_every_alg_makes_keys_and_references),
		CASE(create_other_alg_exists),
		CASE(install_stores_mirror_and_nv_for_next_start),
		CASE(install_same_leaf_may_bring_other_chain),
		CASE(install_another_leaf_exists_and_old_stays),
		CASE(install_certificate_of_another_key_mismatch),
		CASE(install_broken_chain_refused),
		CASE(install_too_large_for_nv_changes_nothing),
		CASE(install_without_key_or_of_unknown_name_not_found),
		CASE(install_interrupted_in_nv_healed_by_repeating),
		CASE(mirror_deleted_restored_from_nv),
		CASE(mirror_unreadable_left_as_it_is),
		CASE(mirror_spoiled_not_used_nv_is),
		CASE(mirror_of_another_key_loses_against_nv),
		CASE(handle_evicted_derived_again_with_equal_key),
		CASE(handle_evicted_while_running_derived_at_next_use),
		CASE(other_tpm_mismatch_and_never_used),
		CASE(tpm_gone_absent_and_back_without_restart),
		CASE(tpm_late_found_at_first_use),
		CASE(tpm_in_lockout_told),
		CASE(tpm_in_failure_mode_told),
		CASE(wrong_signature_never_given_out),
		CASE(rsa_probe_failed_says_no_tls13),
		CASE(key_gone_for_ever_ends_in_an_error),
		CASE(sign_costs_one_tpm2_sign_and_nothing_else),
		CASE(sign_refused_costs_no_command),
		CASE(disabled_key_refuses_across_restart),
		CASE(delete_always_refused),
		CASE(status_asks_the_tpm_once_a_second_at_most),
	};

	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
