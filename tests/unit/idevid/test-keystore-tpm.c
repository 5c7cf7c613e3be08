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

#include "keystore-tpm.h"
#include "swtpm.h"
#include "tpm-template.h"

struct fixture {
	struct swtpm tpm;
	struct keystore *ks; /* owned */
};

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };

static void open_keystore(struct fixture *f, bool faulty)
{
	assert_rc(keystore_tpm_new(faulty ? f->tpm.faulty_tcti : f->tpm.tcti,
			  &f->ks, NULL),
		DEVID_OK);
}

static void close_keystore(struct fixture *f)
{
	if (f->ks)
		f->ks->ops->free(f->ks);
	f->ks = NULL;
}

static int setup(void **state)
{
	static struct fixture f;

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	swtpm_new(&f.tpm);
	open_keystore(&f, false);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_keystore(f);
	swtpm_free(&f->tpm);
	return 0;
}

static void create(struct fixture *f, enum key_role role, enum key_alg alg)
{
	struct devid_error err = { DEVID_OK, "" };

	if (f->ks->ops->create(f->ks, role, alg, NULL, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

/* Asked of the TPM itself: the keystore empties full places, so that one
 * which goes on working shows nothing. */
static void nothing_left(struct fixture *f)
{
	close_keystore(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	open_keystore(f, false);
}

static struct key_blob load(struct fixture *f, enum key_role role)
{
	struct key_blob spki = { 0 };

	assert_rc(f->ks->ops->load(f->ks, role, &spki, NULL), DEVID_OK);
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

static enum devid_err sign_with(struct fixture *f, enum sig_scheme scheme,
	enum sig_hash hash, struct devid_error *err)
{
	uint8_t digest[64];
	struct key_sign what = { scheme, hash, digest, sig_hash_len(hash) };
	struct key_sig sig;
	enum devid_err rc;

	memset(digest, 0x77, sizeof(digest));
	rc = f->ks->ops->sign(f->ks, KEY_ROLE_IDEVID, &what, &sig, err);
	if (rc == DEVID_OK) {
		struct key_blob spki = load(f, KEY_ROLE_IDEVID);

		assert_true(verifies(&spki, &what, &sig));
	}
	return rc;
}

static enum devid_err sign_p256(struct fixture *f, struct devid_error *err)
{
	return sign_with(f, SIG_ECDSA, HASH_SHA256, err);
}

/* One signature of each suite that a key of @alg has. */
static void sign_every_suite(struct fixture *f, enum key_alg alg)
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

static void every_alg_created_signs_as_its_suites_say(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct key_blob spki;

		create(f, KEY_ROLE_IDEVID, algs[i]);
		create(f, KEY_ROLE_IAK, algs[i]);
		spki = load(f, KEY_ROLE_IDEVID);
		assert_int_equal(key_alg_of_spki(spki.data, spki.len), algs[i]);
		sign_every_suite(f, algs[i]);
		close_keystore(f);
		swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
		swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IAK));
		open_keystore(f, false);
	}
}

static void idevid_and_iak_are_different_keys(void **state)
{
	struct fixture *f = *state;
	struct key_blob a, b;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	create(f, KEY_ROLE_IAK, KEY_ALG_P256);
	a = load(f, KEY_ROLE_IDEVID);
	b = load(f, KEY_ROLE_IAK);
	assert_false(same(&a, &b));
}

static void load_nothing_there_not_found(void **state)
{
	struct fixture *f = *state;
	struct key_blob spki;

	assert_rc(f->ks->ops->load(f->ks, KEY_ROLE_IDEVID, &spki, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(sign_p256(f, NULL), DEVID_ERR_NOT_FOUND);
}

static void create_place_taken_exists(void **state)
{
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	assert_rc(f->ks->ops->create(
			  f->ks, KEY_ROLE_IDEVID, KEY_ALG_P384, NULL, NULL),
		DEVID_ERR_EXISTS);
}

static void create_unknown_alg_unsupported(void **state)
{
	struct fixture *f = *state;

	assert_rc(f->ks->ops->create(
			  f->ks, KEY_ROLE_IDEVID, KEY_ALG_NONE, NULL, NULL),
		DEVID_ERR_UNSUPPORTED);
}

static void p256_created_survives_power_cut(void **state)
{
	struct fixture *f = *state;
	struct key_blob before, after;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	before = load(f, KEY_ROLE_IDEVID);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	after = load(f, KEY_ROLE_IDEVID); /* same keystore object */
	assert_true(same(&before, &after));
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

static void every_alg_evicted_derived_again_equal(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct key_blob before, after;

		create(f, KEY_ROLE_IDEVID, algs[i]);
		before = load(f, KEY_ROLE_IDEVID);
		close_keystore(f);
		swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
		open_keystore(f, false);
		assert_rc(f->ks->ops->create(f->ks, KEY_ROLE_IDEVID, algs[i],
				  &before, NULL),
			DEVID_OK);
		after = load(f, KEY_ROLE_IDEVID);
		assert_true(same(&before, &after));
		close_keystore(f);
		swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
		open_keystore(f, false);
	}
}

/* Puts the key of another provisioner's variant at the handle. */
static struct key_blob make_variant(
	struct fixture *f, enum key_alg alg, enum template_unique unique)
{
	TPM2_HANDLE handle = template_handle(KEY_ROLE_IDEVID);
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	ESYS_TR key = ESYS_TR_NONE, persistent = ESYS_TR_NONE;
	struct key_blob spki;
	struct tpm *conn = NULL;
	TPM2B_PUBLIC pub;

	assert_true(template_get(KEY_ROLE_IDEVID, alg, unique, &pub));
	close_keystore(f);
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	assert_int_equal(Esys_CreatePrimary(conn->esys, ESYS_TR_RH_ENDORSEMENT,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, &pub, &outside, &pcrs, &key, NULL,
				 NULL, NULL, NULL),
		0);
	assert_int_equal(Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER, key,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 handle, &persistent),
		0);
	assert_int_equal(Esys_FlushContext(conn->esys, key), 0);
	tpm_close(conn);
	open_keystore(f, false);
	spki = load(f, KEY_ROLE_IDEVID);
	close_keystore(f);
	swtpm_evict(&f->tpm, handle);
	open_keystore(f, false);
	return spki;
}

static void every_unique_variant_found_by_its_public_key(void **state)
{
	struct fixture *f = *state;

	for (int u = 0; u < N_TEMPLATE_UNIQUES; u++) {
		struct key_blob want =
			make_variant(f, KEY_ALG_P256, (enum template_unique)u);
		struct key_blob got;

		assert_rc(f->ks->ops->create(f->ks, KEY_ROLE_IDEVID,
				  KEY_ALG_P256, &want, NULL),
			DEVID_OK);
		got = load(f, KEY_ROLE_IDEVID);
		assert_true(same(&want, &got));
		close_keystore(f);
		swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
		open_keystore(f, false);
	}
}

static void rsa_padded_variant_found(void **state)
{
	struct fixture *f = *state;
	struct key_blob want = make_variant(f, KEY_ALG_RSA2048, UNIQUE_PADDED);

	assert_rc(f->ks->ops->create(
			  f->ks, KEY_ROLE_IDEVID, KEY_ALG_RSA2048, &want, NULL),
		DEVID_OK);
}

static void p256_of_another_tpm_mismatch_nothing_persistent(void **state)
{
	struct fixture *f = *state;
	struct key_blob spki, theirs;
	struct fixture other;

	memset(&other, 0, sizeof(other));
	swtpm_new(&other.tpm);
	open_keystore(&other, false);
	create(&other, KEY_ROLE_IDEVID, KEY_ALG_P256);
	theirs = load(&other, KEY_ROLE_IDEVID);
	close_keystore(&other);
	swtpm_free(&other.tpm);
	assert_rc(f->ks->ops->create(
			  f->ks, KEY_ROLE_IDEVID, KEY_ALG_P256, &theirs, NULL),
		DEVID_ERR_MISMATCH);
	assert_rc(f->ks->ops->load(f->ks, KEY_ROLE_IDEVID, &spki, NULL),
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
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(faults); i++) {
		close_keystore(f);
		swtpm_set_fault(&f->tpm, faults[i]);
		open_keystore(f, true);
		assert_rc(f->ks->ops->create(f->ks, KEY_ROLE_IDEVID,
				  KEY_ALG_P256, NULL, NULL),
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
	struct fixture *f = *state;
	char path[PATH_MAX];
	int saved = dup(STDERR_FILENO), fd;

	(void)snprintf(
		path, sizeof(path), "%s", tempdir_file(&f->tpm.dir, "told"));
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	close_keystore(f);
	swtpm_set_fault(&f->tpm, "00000165 rc 0000012f"); /* FlushContext */
	open_keystore(f, true);
	(void)dup2(fd, STDERR_FILENO);
	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	create(f, KEY_ROLE_IAK, KEY_ALG_P256);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(fd);
	assert_int_equal(count_in_file(path, "tpm: flush: "), 1);
	(void)load(f, KEY_ROLE_IDEVID);
	(void)load(f, KEY_ROLE_IAK);
	swtpm_set_fault(&f->tpm, NULL);
	close_keystore(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 2);
}

static void object_of_no_template_unsupported(void **state)
{
	struct fixture *f = *state;
	struct key_blob spki;
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	ESYS_TR key = ESYS_TR_NONE, persistent = ESYS_TR_NONE;
	struct tpm *conn = NULL;
	TPM2B_PUBLIC pub;

	assert_true(template_get(
		KEY_ROLE_IDEVID, KEY_ALG_P256, UNIQUE_X_AND_Y, &pub));
	pub.publicArea.objectAttributes |= TPMA_OBJECT_NODA;
	close_keystore(f);
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	assert_int_equal(Esys_CreatePrimary(conn->esys, ESYS_TR_RH_ENDORSEMENT,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, &pub, &outside, &pcrs, &key, NULL,
				 NULL, NULL, NULL),
		0);
	assert_int_equal(Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER, key,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 template_handle(KEY_ROLE_IDEVID), &persistent),
		0);
	tpm_close(conn);
	open_keystore(f, false);
	assert_rc(f->ks->ops->load(f->ks, KEY_ROLE_IDEVID, &spki, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_rc(sign_p256(f, NULL), DEVID_ERR_UNSUPPORTED);
}

/* A DER SEQUENCE of @len bytes in all, filled with @fill. */
static struct key_blob make_cert(size_t len, uint8_t fill)
{
	struct key_blob b = { .len = len };

	memset(b.data, fill, len);
	b.data[0] = 0x30;
	b.data[1] = 0x82;
	b.data[2] = (uint8_t)((len - 4) >> 8);
	b.data[3] = (uint8_t)(len - 4);
	return b;
}

static struct key_blob make_blob(const void *data, size_t len)
{
	struct key_blob b = { .len = len };

	memcpy(b.data, data, len);
	return b;
}

static enum devid_err write_cert(struct fixture *f, const struct key_blob *der)
{
	return f->ks->ops->cert_write(f->ks, KEY_ROLE_IDEVID, der, NULL);
}

static enum devid_err read_cert(struct fixture *f, struct key_blob *ret)
{
	return f->ks->ops->cert_read(f->ks, KEY_ROLE_IDEVID, ret, NULL);
}

static void cert_every_size_written_and_read_back(void **state)
{
	static const size_t sizes[] = { 300, 512, 513, 1024, 1025,
		KEY_CERT_MAX };
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(sizes); i++) {
		struct key_blob in = make_cert(sizes[i], 0x5a), out;

		assert_rc(write_cert(f, &in), DEVID_OK);
		assert_rc(read_cert(f, &out), DEVID_OK);
		assert_true(same(&in, &out));
		/* A new TPM for the next one: this index is locked for good. */
		close_keystore(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		open_keystore(f, false);
	}
}

static void cert_absent_not_found(void **state)
{
	struct key_blob out;

	assert_rc(read_cert(*state, &out), DEVID_ERR_NOT_FOUND);
}

static void cert_same_again_is_no_error(void **state)
{
	struct key_blob in = make_cert(700, 0x5a);
	struct fixture *f = *state;
	size_t writes;

	assert_rc(write_cert(f, &in), DEVID_OK);
	writes = swtpm_count(&f->tpm, CC_NV_WRITE);
	assert_rc(write_cert(f, &in), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, CC_NV_WRITE), writes);
}

static void cert_another_over_locked_exists_and_old_stays(void **state)
{
	struct key_blob in = make_cert(700, 0x5a), out;
	struct key_blob other = make_cert(700, 0x5b);
	struct fixture *f = *state;

	assert_rc(write_cert(f, &in), DEVID_OK);
	assert_rc(write_cert(f, &other), DEVID_ERR_EXISTS);
	other = make_cert(300, 0x5a);
	assert_rc(write_cert(f, &other), DEVID_ERR_EXISTS);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(write_cert(f, &other), DEVID_ERR_EXISTS);
	assert_rc(read_cert(f, &out), DEVID_OK);
	assert_true(same(&in, &out));
}

static void cert_too_large_or_empty_refused(void **state)
{
	struct key_blob in = make_cert(700, 0);

	in.len = 0;
	assert_rc(write_cert(*state, &in), DEVID_ERR_TOO_LARGE);
	in.len = KEY_CERT_MAX + 1;
	assert_rc(write_cert(*state, &in), DEVID_ERR_TOO_LARGE);
}

/* The connection breaks at each command of the write in turn; what is then
 * there is nothing or all, never a mixture, and writing again heals it. */
static void cert_write_interrupted_anywhere_healed(void **state)
{
	static const char *const faults[] = {
		"once 0000012a hangup", /* NV_DefineSpace */
		"once 0000012a lost",
		"once 00000137 lost",   /* NV_Write, the first one */
		"once 00000138 hangup", /* NV_WriteLock */
		"once 00000138 lost",
	};
	struct key_blob in = make_cert(1300, 0x5a), out;
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(faults); i++) {
		struct keystore *ks;
		enum devid_err rc;

		close_keystore(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		open_keystore(f, true);
		swtpm_set_fault(&f->tpm, faults[i]);
		ks = f->ks; /* its first connection, so it is not retried */
		rc = write_cert(f, &in);
		assert_ptr_equal(ks, f->ks);
		assert_rc(rc, DEVID_ERR_TPM_ABSENT);
		rc = read_cert(f, &out);
		if (rc == DEVID_OK)
			assert_true(same(&in, &out));
		else
			assert_true(rc == DEVID_ERR_NOT_FOUND ||
				    rc == DEVID_ERR_SYNTAX);
		assert_rc(write_cert(f, &in), DEVID_OK);
		assert_rc(read_cert(f, &out), DEVID_OK);
		assert_true(same(&in, &out));
		in.data[20]++; /* now it is locked */
		assert_rc(write_cert(f, &in), DEVID_ERR_EXISTS);
		in.data[20]--;
	}
}

/* What others have at the index of the certificate. */
static void cert_over_foreign_data_exists_and_they_stay(void **state)
{
	static const char note[] = "a note of the board's maker";
	const struct {
		TPM2_HANDLE index;
		struct key_blob data;
	} foreign[] = {
		{ 0x01c90200, make_cert(700, 0x5b) }, /* whole, not locked */
		{ 0x01c90200, make_blob(note, sizeof(note)) },
		{ 0x01c90201, make_blob(note, sizeof(note)) },
	};
	struct key_blob in = make_cert(700, 0x5a);
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(foreign); i++) {
		struct devid_error err = { DEVID_OK, "" };
		const struct key_blob *data = &foreign[i].data;
		bool leaf = foreign[i].index == 0x01c90200;
		const struct keystore_ops *ops = f->ks->ops;

		close_keystore(f);
		swtpm_nv_write(
			&f->tpm, foreign[i].index, data->data, data->len);
		open_keystore(f, false);
		assert_rc((leaf ? ops->cert_write : ops->issuers_write)(
				  f->ks, KEY_ROLE_IDEVID, &in, &err),
			DEVID_ERR_EXISTS);
		assert_cause(&err, leaf ? "0x01c90200 holds" : "0x01c90201");
		close_keystore(f);
		swtpm_nv_equals(
			&f->tpm, foreign[i].index, data->data, data->len);
		swtpm_nv_remove(&f->tpm, foreign[i].index);
		open_keystore(f, false);
	}
	assert_rc(write_cert(f, &in), DEVID_OK);
}

static void issuers_replaced_by_others(void **state)
{
	struct key_blob one = make_cert(700, 0x5a), two = make_cert(900, 0x5b);
	struct fixture *f = *state;
	struct key_blob out;

	assert_rc(f->ks->ops->issuers_write(f->ks, KEY_ROLE_IAK, &one, NULL),
		DEVID_OK);
	assert_rc(f->ks->ops->issuers_write(f->ks, KEY_ROLE_IAK, &two, NULL),
		DEVID_OK);
	assert_rc(f->ks->ops->issuers_read(f->ks, KEY_ROLE_IAK, &out, NULL),
		DEVID_OK);
	assert_true(same(&two, &out));
}

static void cert_writable_while_platform_is_open(void **state)
{
	struct fixture *f = *state;
	size_t room = 0;

	assert_rc(f->ks->ops->cert_writable(f->ks, NULL), DEVID_OK);
	assert_rc(f->ks->ops->cert_room(f->ks, &room, NULL), DEVID_OK);
	assert_int_equal(room, 2048); /* as swtpm says */
}

static void cert_platform_closed_denied_with_reason(void **state)
{
	struct key_blob in = make_cert(700, 0x5a);
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	close_keystore(f);
	swtpm_close_platform(&f->tpm);
	open_keystore(f, false);
	assert_rc(f->ks->ops->cert_write(f->ks, KEY_ROLE_IDEVID, &in, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "platform hierarchy is closed");
	devid_error_clear(&err);
	assert_rc(f->ks->ops->cert_writable(f->ks, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "certificate_in_nv");
}

static void tpm_gone_absent_and_back_without_new_keystore(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
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
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

static void tcti_of_no_kind_absent(void **state)
{
	struct keystore *ks;

	(void)state;
	assert_rc(keystore_tpm_new("no-such-tcti:x", &ks, NULL), DEVID_OK);
	assert_rc(ks->ops->health(ks, NULL, NULL), DEVID_ERR_TPM_ABSENT);
	ks->ops->free(ks);
}

static void lockout_told_and_other_than_absent(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	close_keystore(f);
	swtpm_lock_out(&f->tpm);
	open_keystore(f, false);
	assert_rc(f->ks->ops->health(f->ks, NULL, &err), DEVID_ERR_TPM_LOCKOUT);
	assert_cause(&err, "lockout");
	assert_rc(sign_p256(f, NULL), DEVID_ERR_TPM_LOCKOUT);
}

static void failure_mode_told_by_sign_and_health(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	close_keystore(f);
	open_keystore(f, true);
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
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	close_keystore(f);
	open_keystore(f, true);
	swtpm_set_fault(&f->tpm, "0000015d rc 000001d5");
	assert_rc(sign_p256(f, NULL), DEVID_ERR_TPM);
}

static void response_cut_short_fails_then_works(void **state)
{
	static const char *const cuts[] = { "once 0000015d cut 0",
		"once 0000015d cut 5", "once 0000015d cut 10" };
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	for (size_t i = 0; i < N_OF(cuts); i++) {
		close_keystore(f);
		open_keystore(f, true);
		swtpm_set_fault(&f->tpm, cuts[i]);
		assert_int_not_equal(sign_p256(f, NULL), DEVID_OK);
		assert_rc(sign_p256(f, NULL), DEVID_OK);
	}
}

static void key_gone_while_connected_not_found_then_loaded(void **state)
{
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	close_keystore(f);
	open_keystore(f, true);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 0000015d rc 0000018b");
	assert_rc(sign_p256(f, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(sign_p256(f, NULL), DEVID_OK);
}

static void sign_costs_one_command(void **state)
{
	struct fixture *f = *state;

	create(f, KEY_ROLE_IDEVID, KEY_ALG_P256);
	assert_rc(sign_p256(f, NULL), DEVID_OK); /* loads the key */
	for (int i = 0; i < 5; i++) {
		size_t all = swtpm_count(&f->tpm, 0);
		size_t signs = swtpm_count(&f->tpm, CC_SIGN);

		assert_rc(sign_p256(f, NULL), DEVID_OK);
		assert_int_equal(swtpm_count(&f->tpm, 0), all + 1);
		assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), signs + 1);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_alg_created_signs_as_its_suites_say),
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
		CASE(cert_every_size_written_and_read_back),
		CASE(cert_absent_not_found),
		CASE(cert_same_again_is_no_error),
		CASE(cert_another_over_locked_exists_and_old_stays),
		CASE(cert_too_large_or_empty_refused),
		CASE(cert_write_interrupted_anywhere_healed),
		CASE(cert_over_foreign_data_exists_and_they_stay),
		CASE(issuers_replaced_by_others),
		CASE(cert_writable_while_platform_is_open),
		CASE(cert_platform_closed_denied_with_reason),
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
