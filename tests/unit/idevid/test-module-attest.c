/* SPDX-License-Identifier: Apache-2.0 */
/* The DevID module's word to the CA, on a software TPM with EK certificates,
 * and what it does not pass on from a keystore that is wrong. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "credential.h"
#include "ek-key-fixture.h"
#include "fake-keystore.h"
#include "module-attest.h"
#include "module-fixture.h"
#include "tpm-public.h"
#include "tpm-template.h"

static const uint8_t secret[CHALLENGE_SECRET_LEN] =
	"0123456789abcdef0123456789abcde";

/* In place of an EK certificate: that of NV. */
static const struct view own_ek = { NULL, 0 };

/* The fixture on a TPM as its vendor ships it. */
static int setup(void **state)
{
	struct fixture *f;

	assert_int_equal(fixture_setup(state), 0);
	f = *state;
	fixture_stop(f);
	swtpm_free(&f->tpm);
	swtpm_new_manufactured(&f->tpm);
	fixture_start(f, false);
	return 0;
}

static struct wire_attest said;

static struct challenge make_credential(void)
{
	struct view area = { said.iak_pub.data, said.iak_pub.len };
	const uint8_t *p = said.ek_cert.data;
	X509 *cert = d2i_X509(NULL, &p, (long)said.ek_cert.len);
	EVP_PKEY *ek = X509_get_pubkey(cert);
	struct challenge ch = { .deadline = 0 };
	struct ek_key_room room;
	struct tpm_public iak;

	assert_rc(tpm_public_parse(area, &iak, NULL), DEVID_OK);
	assert_rc(credential_make(ek_key_of(ek, &room),
			  (struct view) { iak.name, iak.name_len }, secret, &ch,
			  NULL),
		DEVID_OK);
	EVP_PKEY_free(ek);
	X509_free(cert);
	return ch;
}

static enum devid_err activate(
	struct fixture *f, const struct challenge *ch, struct devid_error *err)
{
	struct wire_credential what = { ch->id_object, ch->id_object_len,
		ch->enc_secret, ch->enc_secret_len };
	struct wire_secret got = { 0 };
	enum devid_err rc = module_activate(f->m, "idevid", &what, &got, err);

	if (rc == DEVID_OK) {
		assert_int_equal(got.len, sizeof(secret));
		assert_memory_equal(got.data, secret, sizeof(secret));
	}
	return rc;
}

static void created_keys_attested_and_credential_opened(void **state)
{
	struct fixture *f = *state;
	struct challenge ch;

	fixture_create(f, KEY_ALG_P384);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
	ch = make_credential();
	assert_rc(activate(f, &ch, NULL), DEVID_OK);
	fixture_restart(f);
	assert_rc(activate(f, &ch, NULL), DEVID_OK);
}

static void no_key_not_found(void **state)
{
	struct fixture *f = *state;
	struct challenge ch = { .id_object_len = 1, .enc_secret_len = 1 };
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(module_attest(f->m, "idevid", own_ek, &said, &err),
		DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "idevid: no key at 0x81020000");
	assert_rc(activate(f, &ch, NULL), DEVID_ERR_NOT_FOUND);
}

static void no_ek_certificate_not_found(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	fixture_create(f, KEY_ALG_P256);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, &err),
		DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "no EK certificate in NV");
}

static void evicted_keys_derived_again_and_attested(void **state)
{
	struct fixture *f = *state;
	struct challenge ch;

	fixture_create(f, KEY_ALG_P256);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
	ch = make_credential();
	fixture_stop(f);
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
	swtpm_evict(&f->tpm, TPM_HANDLE_IAK);
	fixture_start(f, true);
	/* No certificate says which keys they were, so nothing is made. */
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL),
		DEVID_ERR_NOT_FOUND);
	fixture_create(f, KEY_ALG_P256);
	/* Gone under the keystore's hands, as its answer tells: back again. */
	swtpm_set_fault(&f->tpm, "once 00000147 rc 0000018b");
	assert_rc(activate(f, &ch, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 00000148 rc 0000018b");
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
}

static void disabled_key_refuses(void **state)
{
	static const char *const names[] = { "idevid", "iak" };
	struct fixture *f = *state;
	struct challenge ch;

	fixture_create(f, KEY_ALG_P256);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
	ch = make_credential();
	for (size_t i = 0; i < N_OF(names); i++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(module_enable(f->m, names[i], false, NULL), DEVID_OK);
		assert_rc(module_attest(f->m, "idevid", own_ek, &said, &err),
			DEVID_ERR_KEY_DISABLED);
		assert_cause(&err, names[i]);
		assert_rc(activate(f, &ch, NULL), DEVID_ERR_KEY_DISABLED);
		assert_rc(module_enable(f->m, names[i], true, NULL), DEVID_OK);
	}
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
}

/* ---- a keystore that states what is not so ---- */

static int spoil; /* which part */
static const struct keystore_ops *honest;

static enum devid_err spoiled_attest(struct keystore *ks, enum key_id id,
	struct view ek_cert, struct wire_attest *ret, struct devid_error *err)
{
	struct key_blob *parts[] = { &ret->idevid_pub, &ret->iak_pub,
		&ret->certify, &ret->certify_sig };
	enum devid_err rc = honest->attest(ks, id, ek_cert, ret, err);

	if (spoil >= 0)
		parts[spoil]->data[parts[spoil]->len - 1] ^= 1;
	return rc;
}

static void unexpected(const char *line)
{
	fail_msg("%s", line);
}

static void statement_that_does_not_hold_is_kept_back(void **state)
{
	static const char *const causes[] = {
		"idevid: the keystore's public area is not the key's",
		"iak: the keystore's public area is not the key's",
		"certification of the IDevID does not verify",
		"certification of the IDevID does not verify",
	};
	struct tempdir dir = tempdir_new();
	struct module_options options = { .state_dir = dir.path };
	struct keystore_ops ops;
	struct keystore *ks;
	struct module *m;

	(void)state;
	fake_keystore_new(&ks);
	honest = ks->ops;
	ops = *honest;
	ops.attest = spoiled_attest;
	ks->ops = &ops;
	options.keystore = ks;
	assert_rc(module_new(&options, unexpected, &m, NULL), DEVID_OK);
	spoil = -1;
	assert_rc(module_attest(m, "idevid", own_ek, &said, NULL), DEVID_OK);
	for (spoil = 0; spoil < (int)N_OF(causes); spoil++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(module_attest(m, "idevid", own_ek, &said, &err),
			DEVID_ERR_CRYPTO);
		assert_cause(&err, causes[spoil]);
	}
	module_free(m);
	honest->free(ks);
	tempdir_remove(&dir);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(created_keys_attested_and_credential_opened),
		CASE(no_key_not_found),
		cmocka_unit_test_setup_teardown(no_ek_certificate_not_found,
			fixture_setup, fixture_teardown),
		CASE(evicted_keys_derived_again_and_attested),
		CASE(disabled_key_refuses),
		cmocka_unit_test(statement_that_does_not_hold_is_kept_back),
	};

	return cmocka_run_group_tests_name("module-attest", tests, NULL, NULL);
}
