/* SPDX-License-Identifier: Apache-2.0 */
/* The probe of an RSA key, on a keystore that answers as it is told: with
 * salts of any length, with rubbish, or not at all. */
#include "cmocka-all.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

#include "fake-keystore.h"
#include "module-sign.h"
#include "module.h"
#include "roca-key.h"
#include "rsa-keys.h"
#include "tempdir.h"

static struct world {
	struct keystore *ks; /* owned */
	struct module *m;    /* owned, or NULL */
	struct tempdir dir;
	EVP_PKEY *key; /* owned */
	struct keystore_ops ops;
	int salt_len;
	int n_spoiled;        /* answers from now on that are none */
	enum devid_err state; /* of the keystore */
	int n_signs, n_uses;
	char warnings[1000];
} w;

static enum devid_err load(struct keystore *ks, enum key_id id,
	struct key_blob *ret_spki, struct devid_error *err)
{
	unsigned char *p = ret_spki->data;

	(void)ks;
	if (id != KEY_IDEVID)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "none");
	ret_spki->len = (size_t)i2d_PUBKEY(w.key, &p);
	return DEVID_OK;
}

static enum devid_err health(struct keystore *ks, struct wire_tries *ret_tries,
	struct devid_error *err)
{
	(void)ks;
	*ret_tries = (struct wire_tries) { 0, 0 };
	return w.state == DEVID_OK ? DEVID_OK : devid_fail(err, w.state, "ill");
}

static enum devid_err sign(struct keystore *ks, enum key_id id,
	const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(w.key, NULL);
	bool pss = what->scheme == SIG_RSAPSS;

	(void)ks;
	(void)id;
	w.n_signs++;
	ret->len = sizeof(ret->data);
	assert_true(
		EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx,
			pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		(!pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, w.salt_len) ==
				 1) &&
		EVP_PKEY_sign(ctx, ret->data, &ret->len, what->digest,
			what->digest_len) == 1);
	EVP_PKEY_CTX_free(ctx);
	if (w.state != DEVID_OK)
		return devid_fail(err, w.state, "ill");
	if (w.n_spoiled > 0) {
		w.n_spoiled--;
		ret->data[100] ^= 1;
	}
	return DEVID_OK;
}

static void warn(const char *line)
{
	size_t n = strlen(w.warnings);

	(void)snprintf(w.warnings + n, sizeof(w.warnings) - n, "%s\n", line);
}

static void note_use(void *arg)
{
	(void)arg;
	w.n_uses++;
}

/* Starts the module and says how many signatures that took. */
static int start(void)
{
	const struct module_options options = {
		.keystore = w.ks, .state_dir = w.dir.path, .used = note_use
	};
	int before = w.n_signs;

	module_free(w.m);
	w.warnings[0] = '\0';
	assert_rc(module_new(&options, warn, &w.m, NULL), DEVID_OK);
	return w.n_signs - before;
}

static bool is_marked(void)
{
	return access(tempdir_file(&w.dir, "idevid.probed"), F_OK) == 0;
}

static enum wire_tls13 tls13(void)
{
	struct wire_status st;

	module_status(w.m, &st);
	assert_string_equal(st.keys[0].name, "idevid");
	return st.keys[0].tls13;
}

static int setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.key = rsa_keys_next(2048);
	w.dir = tempdir_new();
	w.salt_len = RSA_PSS_SALTLEN_DIGEST;
	fake_keystore_new(&w.ks);
	w.ops = *w.ks->ops;
	w.ops.load = load;
	w.ops.health = health;
	w.ops.sign = sign;
	w.ks->ops = &w.ops;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	module_free(w.m);
	w.ks->ops->free(w.ks);
	EVP_PKEY_free(w.key);
	tempdir_remove(&w.dir);
	return 0;
}

static enum devid_err sign_tls12(void)
{
	uint8_t data[100] = { 0 };
	const struct module_sign what = { "idevid", SIG_RSASSA, HASH_SHA256,
		data, sizeof(data) };
	struct key_sig sig;

	return module_sign(w.m, &what, &sig, NULL);
}

/* covers: RFC8017-pss */
static void salt_as_long_as_hash_is_remembered(void **state)
{
	(void)state;
	assert_int_equal(start(), 1);
	assert_int_equal(tls13(), WIRE_TLS13_YES);
	assert_int_equal(start(), 0);
	assert_int_equal(tls13(), WIRE_TLS13_YES);
	assert_string_equal(w.warnings, "");
}

/* covers: RFC8017-pss */
static void salt_of_another_length_is_remembered_and_told(void **state)
{
	(void)state;
	w.salt_len = RSA_PSS_SALTLEN_MAX;
	assert_int_equal(start(), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls13(), WIRE_TLS13_NO);
		assert_string_equal(w.warnings,
			"idevid: not usable with TLS 1.3: its RSA-PSS salt is "
			"not as long as the hash\n");
		assert_int_equal(start(), 0);
	}
}

/* covers: OWN-algs */
static void every_size_of_rsa_is_probed_and_signs(void **state)
{
	static const unsigned bits[] = { 3072, 4096 };

	(void)state;
	for (size_t i = 0; i < N_OF(bits); i++) {
		EVP_PKEY_free(w.key);
		w.key = rsa_keys_next(bits[i]);
		w.salt_len = RSA_PSS_SALTLEN_DIGEST;
		assert_int_equal(start(), 1);
		assert_true(tls13() == WIRE_TLS13_YES);
		assert_string_equal(w.warnings, "");
		assert_rc(sign_tls12(), DEVID_OK);
		w.salt_len = RSA_PSS_SALTLEN_MAX;
		(void)unlink(tempdir_file(&w.dir, "idevid.probed"));
		assert_int_equal(start(), 1);
		assert_int_equal(tls13(), WIRE_TLS13_NO);
	}
}

/* covers: OWN-roca */
static void key_of_the_roca_form_is_not_used(void **state)
{
	struct wire_status st;

	(void)state;
	EVP_PKEY_free(w.key);
	w.key = roca_key(2048);
	assert_int_equal(start(), 0);
	module_status(w.m, &st);
	assert_int_equal(st.keys[0].present, 0);
	assert_non_null(strstr(st.keys[0].why,
		"idevid: its RSA modulus has the ROCA form (CVE-2017-15361)"));
	assert_int_not_equal(sign_tls12(), DEVID_OK);
}

/* On its way from the TPM, say. */
static void answer_spoiled_once_asked_again(void **state)
{
	(void)state;
	w.n_spoiled = 1;
	assert_int_equal(start(), 2);
	assert_int_equal(tls13(), WIRE_TLS13_YES);
	assert_string_equal(w.warnings, "");
}

static void answers_spoiled_remember_nothing(void **state)
{
	(void)state;
	w.n_spoiled = 1000;
	assert_int_equal(start(), 3);
	assert_int_equal(tls13(), WIRE_TLS13_UNKNOWN);
	assert_false(is_marked());
	assert_string_equal(w.warnings,
		"idevid: not known to be usable with TLS 1.3 yet: idevid: the "
		"keystore's signature does not verify\n");
	w.n_spoiled = 0;
	/* Asking does not make it sign. */
	assert_int_equal(tls13(), WIRE_TLS13_UNKNOWN);
	assert_int_equal(w.n_signs, 3);
	assert_int_equal(start(), 1);
	assert_int_equal(tls13(), WIRE_TLS13_YES);
}

static void no_answer_asked_again_when_the_keystore_is_well(void **state)
{
	static const enum devid_err states[] = { DEVID_ERR_TPM_LOCKOUT,
		DEVID_ERR_TPM_ABSENT, DEVID_ERR_TPM_FAILURE };

	(void)state;
	for (size_t i = 0; i < N_OF(states); i++) {
		(void)unlink(tempdir_file(&w.dir, "idevid.probed"));
		w.state = states[i];
		assert_int_equal(start(), 1);
		assert_false(is_marked());
		assert_non_null(strstr(w.warnings, "not known to be usable"));
		w.state = DEVID_OK;
		assert_int_equal(tls13(), WIRE_TLS13_YES);
		assert_true(is_marked());
		assert_int_equal(start(), 0);
	}
}

/* Nobody asks for the status. */
static void no_answer_asked_again_after_a_good_signature(void **state)
{
	(void)state;
	w.state = DEVID_ERR_TPM_LOCKOUT;
	assert_int_equal(start(), 1);
	assert_rc(sign_tls12(), DEVID_ERR_TPM_LOCKOUT);
	assert_int_equal(w.n_signs, 2);
	w.state = DEVID_OK;
	assert_rc(sign_tls12(), DEVID_OK);
	assert_int_equal(w.n_signs, 4);
	assert_true(is_marked());
	assert_rc(sign_tls12(), DEVID_OK);
	assert_int_equal(w.n_signs, 5);
}

/* What the keystore did not do is no use of the key. */
static void use_told_when_the_keystore_signed(void **state)
{
	(void)state;
	w.state = DEVID_ERR_TPM_ABSENT;
	(void)start();
	assert_rc(sign_tls12(), DEVID_ERR_TPM_ABSENT);
	assert_int_equal(w.n_uses, 0);
	w.state = DEVID_OK;
	assert_rc(sign_tls12(), DEVID_OK);
	assert_int_equal(w.n_uses, 2); /* and the probe */
	w.n_spoiled = 1;
	assert_rc(sign_tls12(), DEVID_ERR_CRYPTO);
	assert_int_equal(w.n_uses, 3);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(salt_as_long_as_hash_is_remembered),
		CASE(salt_of_another_length_is_remembered_and_told),
		CASE(every_size_of_rsa_is_probed_and_signs),
		CASE(key_of_the_roca_form_is_not_used),
		CASE(answer_spoiled_once_asked_again),
		CASE(answers_spoiled_remember_nothing),
		CASE(no_answer_asked_again_when_the_keystore_is_well),
		CASE(no_answer_asked_again_after_a_good_signature),
		CASE(use_told_when_the_keystore_signed),
	};

	return cmocka_run_group_tests_name("module-probe", tests, NULL, NULL);
}
