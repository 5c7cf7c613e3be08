/* SPDX-License-Identifier: Apache-2.0 */
/* What the TPM keystore states of the owner's keys and of the counter, and how
 * many commands that takes: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "owner-fixture.h"
#include "tpm-counter.h"
#include "tpm-public.h"
#include "tpm-signature.h"

#define CC_CERTIFY    0x00000148u
#define CC_NV_CERTIFY 0x00000184u
#define LDEVID        owner_id("ldevid-0")

static const uint8_t nonce_bytes[WIRE_NONCE_MAX] =
	"a nonce of a site, 32 bytes long";
static const struct view nonce = { nonce_bytes, sizeof(nonce_bytes) };

static struct wire_certify said;

static struct view view(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

/* With the maker's pair. */
static int setup(void **state)
{
	struct keystore_fixture *f;

	if (keystore_fixture_setup(state) != 0)
		return -1;
	f = *state;
	for (int id = 0; id < N_MAKER_ROLES; id++)
		assert_rc(f->ks->ops->create(f->ks, (enum key_id)id,
				  KEY_ALG_P256, NULL, NULL),
			DEVID_OK);
	return 0;
}

static void signed_by_the_iak(struct keystore_fixture *f)
{
	struct key_blob spki = { 0 };
	const uint8_t *p = spki.data;
	EVP_PKEY *iak;

	assert_rc(f->ks->ops->load(f->ks, KEY_IAK, &spki, NULL), DEVID_OK);
	iak = d2i_PUBKEY(NULL, &p, (long)spki.len);
	assert_non_null(iak);
	assert_rc(tpm_signature_check_pkey(
			  iak, view(&said.attest), view(&said.signature), NULL),
		DEVID_OK);
	said.attest.data[said.attest.len - 1] ^= 1;
	assert_rc(tpm_signature_check_pkey(
			  iak, view(&said.attest), view(&said.signature), NULL),
		DEVID_ERR_MISMATCH);
	said.attest.data[said.attest.len - 1] ^= 1;
	EVP_PKEY_free(iak);
}

static enum devid_err certify(
	struct keystore_fixture *f, enum key_id id, struct devid_error *err)
{
	return f->ks->ops->certify(f->ks, id, nonce, &said, err);
}

static enum devid_err certify_epoch(
	struct keystore_fixture *f, struct devid_error *err)
{
	return f->ks->ops->certify_epoch(f->ks, nonce, &said, err);
}

/* ---- keys ---- */

/* What the TPM says of the key, and of itself. */
static void is_certified(struct keystore_fixture *f, enum key_id id,
	TPMA_OBJECT attributes, TPMA_OBJECT want)
{
	struct devid_error err = { DEVID_OK, "" };
	struct key_blob spki = { 0 }, has = { 0 };
	struct tpm_certify got;
	struct tpm_public pub;

	if (certify(f, id, &err) != DEVID_OK)
		fail_msg("certify: %s", err.text);
	assert_rc(f->ks->ops->load(f->ks, id, &spki, NULL), DEVID_OK);
	assert_rc(tpm_public_parse(view(&said.public), &pub, NULL), DEVID_OK);
	assert_rc(tpm_public_spki(&pub.area, &has, NULL), DEVID_OK);
	assert_true(key_blob_equal(&spki, &has));
	assert_int_equal(pub.area.objectAttributes & attributes, want);
	assert_rc(tpm_certify_parse(view(&said.attest), &got, NULL), DEVID_OK);
	assert_int_equal(got.name_len, pub.name_len);
	assert_memory_equal(got.name, pub.name, pub.name_len);
	assert_int_equal(got.extra_len, nonce.len);
	assert_memory_equal(got.extra, nonce.data, nonce.len);
	signed_by_the_iak(f);
}

/* covers: TPM-18.2-certify */
static void every_alg_made_is_certified_by_the_iak(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048 };
	const TPMA_OBJECT fixed = TPMA_OBJECT_FIXEDTPM |
				  TPMA_OBJECT_FIXEDPARENT |
				  TPMA_OBJECT_SENSITIVEDATAORIGIN;
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		(void)owner_make(f, LDEVID, algs[i]);
		is_certified(f, LDEVID, fixed, fixed);
		keystore_fixture_close(f);
		assert_int_equal(swtpm_leftovers(&f->tpm), 0);
		keystore_fixture_open(f, false);
	}
}

/* The statement is true, and says that it was elsewhere. */
static void key_imported_is_certified_as_such(void **state)
{
	struct keystore_fixture *f = *state;
	EVP_PKEY *private = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	(void)owner_take_in(f, LDEVID, private);
	EVP_PKEY_free(private);
	is_certified(f, LDEVID,
		TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_SENSITIVEDATAORIGIN, 0);
}

/* covers: OWN-evidence-commands */
static void key_persistent_certified_with_one_command(void **state)
{
	struct keystore_fixture *f = *state;
	size_t all;

	(void)owner_make(f, LDEVID, KEY_ALG_P256);
	assert_rc(owner_persist(f, LDEVID, true, NULL), DEVID_OK);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK); /* looks for the IAK */
	all = swtpm_count(&f->tpm, 0);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), all + 1);
}

/* covers: OWN-evidence-commands */
static void key_loaded_certified_with_five_commands(void **state)
{
	static const uint32_t codes[] = { 0x176, 0x149, CC_LOAD, CC_CERTIFY,
		0x165 };
	struct keystore_fixture *f = *state;
	size_t before[N_OF(codes)], all;

	(void)owner_make(f, LDEVID, KEY_ALG_P256);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	all = swtpm_count(&f->tpm, 0);
	for (size_t i = 0; i < N_OF(codes); i++)
		before[i] = swtpm_count(&f->tpm, codes[i]);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), all + N_OF(codes));
	for (size_t i = 0; i < N_OF(codes); i++)
		assert_int_equal(swtpm_count(&f->tpm, codes[i]), before[i] + 1);
}

static void no_key_made_not_found(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(certify(f, LDEVID, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "ldevid-0: no key");
}

static void iak_gone_not_found_and_looked_for_again(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, LDEVID, KEY_ALG_P256);
	struct devid_error err = { DEVID_OK, "" };

	owner_reopen(f, true);
	owner_give(f, LDEVID, &sealed);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	/* Both times: what is known of the key is looked for again. */
	swtpm_set_fault(&f->tpm, "00000148 rc 0000028b");
	assert_rc(certify(f, LDEVID, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "certify a key: the key is gone from its handle");
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
}

static void key_of_before_an_erasure_not_certified(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, LDEVID, KEY_ALG_P256);

	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	owner_give(f, LDEVID, &sealed);
	assert_rc(certify(f, LDEVID, NULL), DEVID_ERR_ERASED);
}

/* ---- the counter ---- */

static uint64_t counter_now(struct keystore_fixture *f)
{
	uint8_t name[TPM_COUNTER_NAME_LEN], extra[32];
	struct devid_error err = { DEVID_OK, "" };
	struct tpm_counter_said got;
	TPMS_NV_PUBLIC area;

	if (certify_epoch(f, &err) != DEVID_OK)
		fail_msg("epoch: %s", err.text);
	assert_rc(tpm_counter_read_area(view(&said.public), &area, NULL),
		DEVID_OK);
	assert_true(tpm_counter_is_ours(&area));
	assert_int_equal(area.nvIndex, OWNER_EPOCH);
	assert_true(tpm_counter_name(area.nvIndex, name));
	assert_true(tpm_counter_extra(nonce, extra));
	assert_rc(tpm_counter_parse(view(&said.attest), &got, NULL), DEVID_OK);
	assert_int_equal(got.name_len, sizeof(name));
	assert_memory_equal(got.name, name, sizeof(name));
	assert_int_equal(got.extra_len, sizeof(extra));
	assert_memory_equal(got.extra, extra, sizeof(extra));
	signed_by_the_iak(f);
	return got.value;
}

/* covers: TPM-31.16-nv-certify */
static void counter_made_is_certified_before_and_after_an_erasure(void **state)
{
	struct keystore_fixture *f = *state;
	uint64_t value = 0;
	uint32_t resets = 0;

	(void)owner_make(f, LDEVID, KEY_ALG_P256);
	assert_rc(f->ks->ops->epoch(f->ks, &value, &resets, NULL), DEVID_OK);
	assert_int_equal(counter_now(f), value);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_int_equal(counter_now(f), value + 1);
}

/* As it is after an LDevID was certified.
 * covers: OWN-evidence-commands */
static void counter_open_certified_with_one_command(void **state)
{
	struct keystore_fixture *f = *state;
	size_t all;

	(void)owner_make(f, LDEVID, KEY_ALG_P256);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	all = swtpm_count(&f->tpm, 0);
	assert_rc(certify_epoch(f, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), all + 1);
	assert_int_equal(swtpm_count(&f->tpm, CC_NV_CERTIFY), 1);
}

/* So that nothing is left half done when power goes.
 * covers: OWN-use-no-nv */
static void statements_write_no_nv(void **state)
{
	/* EvictControl, NV_DefineSpace, NV_UndefineSpace, NV_Write,
	 * NV_Increment, NV_WriteLock, Shutdown, Clear */
	static const uint32_t writes[] = { 0x120, CC_NV_DEFINE, 0x122, 0x137,
		CC_NV_INCREMENT, 0x138, 0x145, 0x126 };
	struct keystore_fixture *f = *state;
	size_t before[N_OF(writes)];

	(void)owner_make(f, LDEVID, KEY_ALG_P256);
	for (size_t i = 0; i < N_OF(writes); i++)
		before[i] = swtpm_count(&f->tpm, writes[i]);
	assert_true(before[1] > 0);
	assert_rc(certify(f, LDEVID, NULL), DEVID_OK);
	assert_rc(certify_epoch(f, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(writes); i++)
		assert_int_equal(swtpm_count(&f->tpm, writes[i]), before[i]);
}

static void counter_never_made_not_found(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(certify_epoch(f, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "no counter of erasures at 0x01804944");
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, setup, keystore_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_alg_made_is_certified_by_the_iak),
		CASE(key_imported_is_certified_as_such),
		CASE(key_persistent_certified_with_one_command),
		CASE(key_loaded_certified_with_five_commands),
		CASE(no_key_made_not_found),
		CASE(iak_gone_not_found_and_looked_for_again),
		CASE(key_of_before_an_erasure_not_certified),
		CASE(counter_made_is_certified_before_and_after_an_erasure),
		CASE(counter_open_certified_with_one_command),
		CASE(statements_write_no_nv),
		CASE(counter_never_made_not_found),
	};

	return cmocka_run_group_tests_name(
		"keystore-certify", tests, NULL, NULL);
}
