/* SPDX-License-Identifier: Apache-2.0 */
/* The TPM keystore on a software TPM: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "keystore-fixture.h"
#include "keystore-tpm.h"
#include "swtpm.h"
#include "tpm-template.h"

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048, KEY_ALG_RSA3072 };

static void create(struct keystore_fixture *f, enum key_id id, enum key_alg alg)
{
	struct devid_error err = { DEVID_OK, "" };

	if (f->ks->ops->create(f->ks, id, alg, NULL, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

/* Asked of the TPM itself: the keystore empties full places, so that one
 * which goes on working shows nothing. */
static void nothing_left(struct keystore_fixture *f)
{
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	keystore_fixture_open(f, false);
}

static struct key_blob load(struct keystore_fixture *f, enum key_id id)
{
	struct key_blob spki = { 0 };

	assert_rc(f->ks->ops->load(f->ks, id, &spki, NULL), DEVID_OK);
	return spki;
}

static bool same(const struct key_blob *a, const struct key_blob *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Verifies with libcrypto alone. */
static bool verifies(const struct key_blob *spki, const struct key_sign *what,
	const struct key_sig *sig)
{
	const EVP_MD *md = what->hash == HASH_SHA256   ? EVP_sha256()
			   : what->hash == HASH_SHA384 ? EVP_sha384()
						       : EVP_sha512();
	const uint8_t *p = spki->data;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)spki->len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pub, NULL);
	bool ok = EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;

	if (ok && what->scheme != SIG_ECDSA)
		ok = EVP_PKEY_CTX_set_rsa_padding(
			     ctx, what->scheme == SIG_RSAPSS
					  ? RSA_PKCS1_PSS_PADDING
					  : RSA_PKCS1_PADDING) == 1;
	if (ok && what->scheme == SIG_RSAPSS)
		ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(
			     ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_PKEY_verify(ctx, sig->data, sig->len, what->digest,
			   what->digest_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return ok;
}

static enum devid_err sign_with(struct keystore_fixture *f,
	enum sig_scheme scheme, enum sig_hash hash, struct devid_error *err)
{
	uint8_t digest[64];
	struct key_sign what = { scheme, hash, digest, sig_hash_len(hash) };
	struct key_sig sig;
	enum devid_err rc;

	memset(digest, 0x77, sizeof(digest));
	rc = f->ks->ops->sign(f->ks, KEY_IDEVID, &what, &sig, err);
	if (rc == DEVID_OK) {
		struct key_blob spki = load(f, KEY_IDEVID);

		assert_true(verifies(&spki, &what, &sig));
	}
	return rc;
}

static enum devid_err sign_p256(
	struct keystore_fixture *f, struct devid_error *err)
{
	return sign_with(f, SIG_ECDSA, HASH_SHA256, err);
}

/* One signature of each suite that a key of @alg has. */
static void sign_every_suite(struct keystore_fixture *f, enum key_alg alg)
{
	for (int s = SIG_ECDSA; s <= SIG_RSAPSS; s++) {
		for (int h = HASH_SHA256; h <= HASH_SHA512; h++) {
			if (!key_alg_allows(alg, (unsigned)s, (unsigned)h))
				continue;
			assert_rc(sign_with(f, (enum sig_scheme)s,
					  (enum sig_hash)h, NULL),
				DEVID_OK);
		}
	}
}

/* covers: 802.1AR-8-suite-rsa2048 802.1AR-8-suite-p256 802.1AR-8-suite-p384
 * TPM-20.2-sign RFC3279-ecdsa RFC8017-pss OWN-algs */
static void every_alg_created_signs_as_its_suites_say(void **state)
{
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct key_blob spki;

		create(f, KEY_IDEVID, algs[i]);
		create(f, KEY_IAK, algs[i]);
		spki = load(f, KEY_IDEVID);
		assert_int_equal(key_alg_of_spki(spki.data, spki.len), algs[i]);
		sign_every_suite(f, algs[i]);
		keystore_fixture_close(f);
		swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
		swtpm_evict(&f->tpm, TPM_HANDLE_IAK);
		keystore_fixture_open(f, false);
	}
}

/* A TPM has no duty to make this size: libtpms does from 0.10 on.
 * covers: OWN-algs */
static void rsa4096_is_made_or_the_tpm_is_said_to_make_none(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc = f->ks->ops->create(
		f->ks, KEY_IDEVID, KEY_ALG_RSA4096, NULL, &err);

	if (rc == DEVID_OK) {
		struct key_blob spki = load(f, KEY_IDEVID);

		assert_int_equal(
			key_alg_of_spki(spki.data, spki.len), KEY_ALG_RSA4096);
		sign_every_suite(f, KEY_ALG_RSA4096);
		return;
	}
	print_message("this swtpm makes no RSA-4096 key\n");
	assert_rc(rc, DEVID_ERR_UNSUPPORTED);
	assert_string_equal(err.text, "tpm: this TPM makes no RSA-4096 key");
	/* and it goes on as before */
	create(f, KEY_IDEVID, KEY_ALG_P256);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
	nothing_left(f);
}

static void idevid_and_iak_are_different_keys(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob a, b;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	create(f, KEY_IAK, KEY_ALG_P256);
	a = load(f, KEY_IDEVID);
	b = load(f, KEY_IAK);
	assert_false(same(&a, &b));
}

static void load_nothing_there_not_found(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob spki;

	assert_rc(f->ks->ops->load(f->ks, KEY_IDEVID, &spki, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(sign_p256(f, NULL), DEVID_ERR_NOT_FOUND);
}

static void create_place_taken_exists(void **state)
{
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	assert_rc(
		f->ks->ops->create(f->ks, KEY_IDEVID, KEY_ALG_P384, NULL, NULL),
		DEVID_ERR_EXISTS);
}

static void create_unknown_alg_unsupported(void **state)
{
	struct keystore_fixture *f = *state;

	assert_rc(
		f->ks->ops->create(f->ks, KEY_IDEVID, KEY_ALG_NONE, NULL, NULL),
		DEVID_ERR_UNSUPPORTED);
}

static void p256_created_survives_power_cut(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob before, after;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	before = load(f, KEY_IDEVID);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	after = load(f, KEY_IDEVID); /* same keystore object */
	assert_true(same(&before, &after));
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

/* covers: TCG-rederived */
static void every_alg_evicted_derived_again_equal(void **state)
{
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct key_blob before, after;

		create(f, KEY_IDEVID, algs[i]);
		before = load(f, KEY_IDEVID);
		keystore_fixture_close(f);
		swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
		keystore_fixture_open(f, false);
		assert_rc(f->ks->ops->create(
				  f->ks, KEY_IDEVID, algs[i], &before, NULL),
			DEVID_OK);
		after = load(f, KEY_IDEVID);
		assert_true(same(&before, &after));
		keystore_fixture_close(f);
		swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
		keystore_fixture_open(f, false);
	}
}

/* The key of another provisioner's variant, which is gone again. */
static struct key_blob make_variant(struct keystore_fixture *f,
	enum key_alg alg, enum template_unique unique)
{
	struct key_blob spki;

	keystore_fixture_close(f);
	(void)swtpm_provision(&f->tpm, KEY_IDEVID, alg, unique);
	keystore_fixture_open(f, false);
	spki = load(f, KEY_IDEVID);
	keystore_fixture_close(f);
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
	keystore_fixture_open(f, false);
	return spki;
}

/* covers: TCG-7.3-unique TCG-rederived */
static void every_unique_variant_found_by_its_public_key(void **state)
{
	struct keystore_fixture *f = *state;

	for (int u = 0; u < N_TEMPLATE_UNIQUES; u++) {
		struct key_blob want =
			make_variant(f, KEY_ALG_P256, (enum template_unique)u);
		struct key_blob got;

		assert_rc(f->ks->ops->create(
				  f->ks, KEY_IDEVID, KEY_ALG_P256, &want, NULL),
			DEVID_OK);
		got = load(f, KEY_IDEVID);
		assert_true(same(&want, &got));
		keystore_fixture_close(f);
		swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
		keystore_fixture_open(f, false);
	}
}

static void rsa_padded_variant_found(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob want = make_variant(f, KEY_ALG_RSA2048, UNIQUE_PADDED);

	assert_rc(f->ks->ops->create(
			  f->ks, KEY_IDEVID, KEY_ALG_RSA2048, &want, NULL),
		DEVID_OK);
}

/* covers: TCG-rederived */
static void p256_of_another_tpm_mismatch_nothing_persistent(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob spki, theirs;
	struct keystore_fixture other;

	memset(&other, 0, sizeof(other));
	swtpm_new(&other.tpm);
	keystore_fixture_open(&other, false);
	create(&other, KEY_IDEVID, KEY_ALG_P256);
	theirs = load(&other, KEY_IDEVID);
	keystore_fixture_close(&other);
	swtpm_free(&other.tpm);
	assert_rc(f->ks->ops->create(
			  f->ks, KEY_IDEVID, KEY_ALG_P256, &theirs, NULL),
		DEVID_ERR_MISMATCH);
	assert_rc(f->ks->ops->load(f->ks, KEY_IDEVID, &spki, NULL),
		DEVID_ERR_NOT_FOUND);
	nothing_left(f);
}

static void create_refused_anywhere_nothing_left(void **state)
{
	static const char *const faults[] = {
		"0000017a rc 0000012f", /* GetCapability */
		"00000131 rc 0000012f", /* CreatePrimary */
		"00000120 rc 0000012f", /* EvictControl */
	};
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(faults); i++) {
		keystore_fixture_close(f);
		swtpm_set_fault(&f->tpm, faults[i]);
		keystore_fixture_open(f, true);
		assert_rc(f->ks->ops->create(
				  f->ks, KEY_IDEVID, KEY_ALG_P256, NULL, NULL),
			DEVID_ERR_TPM);
		nothing_left(f);
	}
}

/* How often @word is in what was logged since stderr went to @path. */
static size_t count_in_file(const char *path, const char *word)
{
	FILE *log = fopen(path, "r");
	char line[1024];
	size_t n = 0;

	assert_non_null(log);
	while (fgets(line, sizeof(line), log))
		n += strstr(line, word) != NULL;
	(void)fclose(log);
	return n;
}

/* What cannot be flushed fails nothing, is told once, and is what the cases
 * above would see if it were theirs. */
static void create_flush_refused_key_made_and_told_once(void **state)
{
	struct keystore_fixture *f = *state;
	char path[PATH_MAX];
	int saved = dup(STDERR_FILENO), fd;

	(void)snprintf(
		path, sizeof(path), "%s", tempdir_file(&f->tpm.dir, "told"));
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	keystore_fixture_close(f);
	swtpm_set_fault(&f->tpm, "00000165 rc 0000012f"); /* FlushContext */
	keystore_fixture_open(f, true);
	(void)dup2(fd, STDERR_FILENO);
	create(f, KEY_IDEVID, KEY_ALG_P256);
	create(f, KEY_IAK, KEY_ALG_P256);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(fd);
	assert_int_equal(count_in_file(path, "tpm: flush: "), 1);
	(void)load(f, KEY_IDEVID);
	(void)load(f, KEY_IAK);
	swtpm_set_fault(&f->tpm, NULL);
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 2);
}

static void object_of_no_template_unsupported(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob spki;
	struct tpm *conn = NULL;
	TPM2B_PUBLIC pub;

	assert_true(template_get(
		KEY_ROLE_IDEVID, KEY_ALG_P256, UNIQUE_X_AND_Y, &pub));
	pub.publicArea.objectAttributes |= TPMA_OBJECT_NODA;
	keystore_fixture_close(f);
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	swtpm_persist(conn,
		swtpm_primary(conn, ESYS_TR_RH_ENDORSEMENT, &pub, NULL),
		TPM_HANDLE_IDEVID);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	assert_rc(f->ks->ops->load(f->ks, KEY_IDEVID, &spki, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_rc(sign_p256(f, NULL), DEVID_ERR_UNSUPPORTED);
}
static void tpm_gone_absent_and_back_without_new_keystore(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	for (int i = 0; i < 3; i++) {
		swtpm_stop(&f->tpm);
		assert_rc(sign_p256(f, &err), DEVID_ERR_TPM_ABSENT);
		assert_cause(&err, "absent");
		assert_rc(f->ks->ops->health(f->ks, NULL, NULL),
			DEVID_ERR_TPM_ABSENT);
		swtpm_start(&f->tpm);
		assert_rc(sign_p256(f, NULL), DEVID_OK);
		assert_rc(f->ks->ops->health(f->ks, NULL, NULL), DEVID_OK);
		devid_error_clear(&err);
	}
}

/* The TPM restarted between two signatures: the second one is made. */
static void tpm_restarted_next_signature_made(void **state)
{
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

static void tcti_of_no_kind_absent(void **state)
{
	struct keystore *ks;

	(void)state;
	assert_rc(
		keystore_tpm_new("no-such-tcti:x", NULL, &ks, NULL), DEVID_OK);
	assert_rc(ks->ops->health(ks, NULL, NULL), DEVID_ERR_TPM_ABSENT);
	ks->ops->free(ks);
}

static void lockout_told_and_other_than_absent(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	keystore_fixture_close(f);
	swtpm_lock_out(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(f->ks->ops->health(f->ks, NULL, &err), DEVID_ERR_TPM_LOCKOUT);
	assert_cause(&err, "lockout");
	assert_rc(sign_p256(f, NULL), DEVID_ERR_TPM_LOCKOUT);
}

static void failure_mode_told_by_sign_and_health(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	keystore_fixture_close(f);
	keystore_fixture_open(f, true);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "* rc 00000101");
	assert_rc(sign_p256(f, &err), DEVID_ERR_TPM_FAILURE);
	assert_cause(&err, "failure mode");
	assert_rc(f->ks->ops->health(f->ks, NULL, NULL), DEVID_ERR_TPM_FAILURE);
	/* In failure mode GetCapability leaves the property out, and
	 * GetTestResult answers: part 3, 30.2 and 10.4. */
	swtpm_set_fault(&f->tpm,
		"0000017a reply 80010000001300000000000000000600000000\n"
		"0000017c reply 80010000001000000000000000000101");
	assert_rc(f->ks->ops->health(f->ks, NULL, NULL), DEVID_ERR_TPM_FAILURE);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(f->ks->ops->health(f->ks, NULL, NULL), DEVID_OK);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

static void other_tpm_error_has_its_own_class(void **state)
{
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	keystore_fixture_close(f);
	keystore_fixture_open(f, true);
	swtpm_set_fault(&f->tpm, "0000015d rc 000001d5");
	assert_rc(sign_p256(f, NULL), DEVID_ERR_TPM);
}

static void response_cut_short_fails_then_works(void **state)
{
	static const char *const cuts[] = { "once 0000015d cut 0",
		"once 0000015d cut 5", "once 0000015d cut 10" };
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	for (size_t i = 0; i < N_OF(cuts); i++) {
		keystore_fixture_close(f);
		keystore_fixture_open(f, true);
		swtpm_set_fault(&f->tpm, cuts[i]);
		assert_int_not_equal(sign_p256(f, NULL), DEVID_OK);
		assert_rc(sign_p256(f, NULL), DEVID_OK);
	}
}

static void key_gone_while_connected_not_found_then_loaded(void **state)
{
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	keystore_fixture_close(f);
	keystore_fixture_open(f, true);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 0000015d rc 0000018b");
	assert_rc(sign_p256(f, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

static void sign_costs_one_command(void **state)
{
	struct keystore_fixture *f = *state;

	create(f, KEY_IDEVID, KEY_ALG_P256);
	assert_rc(sign_p256(f, NULL), DEVID_OK); /* loads the key */
	for (int i = 0; i < 5; i++) {
		size_t all = swtpm_count(&f->tpm, 0);
		size_t signs = swtpm_count(&f->tpm, CC_SIGN);

		assert_rc(sign_p256(f, NULL), DEVID_OK);
		assert_int_equal(swtpm_count(&f->tpm, 0), all + 1);
		assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), signs + 1);
	}
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, keystore_fixture_setup, keystore_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_alg_created_signs_as_its_suites_say),
		CASE(rsa4096_is_made_or_the_tpm_is_said_to_make_none),
		CASE(idevid_and_iak_are_different_keys),
		CASE(load_nothing_there_not_found),
		CASE(create_place_taken_exists),
		CASE(create_unknown_alg_unsupported),
		CASE(p256_created_survives_power_cut),
		CASE(every_alg_evicted_derived_again_equal),
		CASE(every_unique_variant_found_by_its_public_key),
		CASE(rsa_padded_variant_found),
		CASE(p256_of_another_tpm_mismatch_nothing_persistent),
		CASE(create_refused_anywhere_nothing_left),
		CASE(create_flush_refused_key_made_and_told_once),
		CASE(object_of_no_template_unsupported),
		CASE(tpm_gone_absent_and_back_without_new_keystore),
		CASE(tpm_restarted_next_signature_made),
		CASE(tcti_of_no_kind_absent),
		CASE(lockout_told_and_other_than_absent),
		CASE(failure_mode_told_by_sign_and_health),
		CASE(other_tpm_error_has_its_own_class),
		CASE(response_cut_short_fails_then_works),
		CASE(key_gone_while_connected_not_found_then_loaded),
		CASE(sign_costs_one_command),
	};

	return cmocka_run_group_tests_name("keystore-tpm", tests, NULL, NULL);
}
