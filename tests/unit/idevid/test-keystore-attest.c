/* SPDX-License-Identifier: Apache-2.0 */
/* What the TPM keystore states and activates: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include <stdio.h>

#include "attest-fixture.h"
#include "certs.h"
#include "tpm-signature.h"

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };

static struct view view(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

/* ---- certify ---- */

/* covers: TCG-7.3.6-sessions TPM-18.2-certify */
static void every_alg_created_is_certified_by_its_iak(void **state)
{
	struct attest_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct key_blob spki, of_area;
		struct tpm_certify cert;

		attest_create(f, algs[i]);
		attest_now(f);
		assert_rc(
			f->on.ks->ops->load(f->on.ks, KEY_IDEVID, &spki, NULL),
			DEVID_OK);
		assert_rc(tpm_public_spki(&f->idevid.area, &of_area, NULL),
			DEVID_OK);
		assert_true(key_blob_equal(&spki, &of_area));
		assert_rc(
			tpm_certify_parse(view(&f->said.certify), &cert, NULL),
			DEVID_OK);
		assert_int_equal(cert.name_len, f->idevid.name_len);
		assert_memory_equal(cert.name, f->idevid.name, cert.name_len);
		assert_rc(tpm_signature_check(&f->iak.area, NULL,
				  view(&f->said.certify),
				  view(&f->said.certify_sig), NULL),
			DEVID_OK);
		/* A check that could not fail would pass this as well. */
		assert_rc(tpm_signature_check(&f->idevid.area, NULL,
				  view(&f->said.certify),
				  view(&f->said.certify_sig), NULL) == DEVID_OK,
			false);
		attest_nothing_left(f);
		attest_remove(f);
	}
}

/* covers: TCG-7.3.6-sessions TPM-12.5-activate */
static void every_alg_created_activates(void **state)
{
	struct attest_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		attest_create(f, algs[i]);
		attest_proves_itself(f, EVP_PKEY_RSA);
		attest_remove(f);
	}
}

static void no_key_created_not_found(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch = { .id_object_len = 2, .enc_secret_len = 2 };

	attest_open(f, false);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, &err),
		DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "idevid: no key at 0x81020000");
	devid_error_clear(&err);
	assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "iak: no key at 0x81020001");
}

/* The keystore knows the handles already when the keys go; as another process
 * would see to behind a resource manager. */
static void key_gone_from_known_handle_not_found(void **state)
{
	struct attest_fixture *f = *state;
	static const char *const faults[] = {
		"once 00000173 rc 0000018b", /* ReadPublic: IDevID */
		"once 00000148 rc 0000028b", /* Certify: IAK */
	};

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	attest_open(f, true);
	attest_now(f);
	for (size_t i = 0; i < N_OF(faults); i++) {
		struct devid_error err = { DEVID_OK, "" };

		swtpm_set_fault(&f->on.tpm, faults[i]);
		assert_rc(f->on.ks->ops->attest(f->on.ks, KEY_IDEVID,
				  attest_own_ek, &f->said, &err),
			DEVID_ERR_NOT_FOUND);
		assert_cause(&err, "gone from its handle");
		attest_now(f); /* looks for them again */
	}
	attest_nothing_left(f);
}

/* ---- credentials that are not for it ---- */

/* covers: TPM-12.5-activate */
static void credential_for_another_iak_mismatch(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch;

	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	ch = attest_credential(attest_ek(f), &f->idevid);
	assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_MISMATCH);
	assert_cause(&err, "another TPM or another IAK");
	attest_nothing_left(f);
	ch = attest_credential(attest_ek(f), &f->iak);
	assert_rc(attest_activate(f, &ch, NULL), DEVID_OK);
}

/* covers: TPM-12.5-activate */
static void credential_for_another_ek_mismatch(void **state)
{
	struct attest_fixture *f = *state;
	static const char *const types[] = { "RSA:2048", "P-256", "P-384" };

	attest_create(f, KEY_ALG_P256);
	for (size_t i = 0; i < 2 * N_OF(types); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct challenge ch;

		if (i == N_OF(types)) { /* and the same with an ECC EK */
			attest_close(f);
			swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
			attest_open(f, false);
		}
		attest_now(f);
		ch = attest_credential(
			certs_key(types[i % N_OF(types)]), &f->iak);
		assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_MISMATCH);
		assert_cause(&err, "another TPM or another IAK");
	}
	attest_nothing_left(f);
}

static void credential_changed_anywhere_refused(void **state)
{
	struct attest_fixture *f = *state;
	struct challenge good;

	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	good = attest_credential(attest_ek(f), &f->iak);
	for (size_t i = 0; i < good.id_object_len; i += 7) {
		struct challenge ch = good;

		ch.id_object[i] ^= 1;
		assert_rc(attest_activate(f, &ch, NULL) == DEVID_OK, false);
	}
	for (size_t i = 0; i < good.enc_secret_len; i += 31) {
		struct challenge ch = good;

		ch.enc_secret[i] ^= 1;
		assert_rc(attest_activate(f, &ch, NULL) == DEVID_OK, false);
	}
	assert_rc(attest_activate(f, &good, NULL), DEVID_OK);
	attest_nothing_left(f);
}

static void credential_of_another_length_syntax(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge good, ch;

	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	good = attest_credential(attest_ek(f), &f->iak);
	for (int i = 0; i < 4; i++) {
		size_t *len = i % 2 ? &ch.id_object_len : &ch.enc_secret_len;

		ch = good;
		*len += i < 2 ? 1 : (size_t)-1;
		devid_error_clear(&err);
		assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "no TPM2B_ID_OBJECT and");
	}
	attest_nothing_left(f);
}

/* ---- a TPM that refuses or breaks ---- */

static void endorsement_hierarchy_closed_denied(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	swtpm_close_endorsement(&f->on.tpm);
	attest_open(f, false);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "endorsement hierarchy has an authorization value");
	attest_nothing_left(f);
}

/* Every command that there is on the way, refused once. */
static void command_refused_error_and_nothing_left(void **state)
{
	struct attest_fixture *f = *state;
	static const struct {
		const char *code;
		bool attest, activate; /* which of them sends it */
	} commands[] = {
		{ "0000017a", true, true },  /* GetCapability */
		{ "00000169", true, true },  /* NV_ReadPublic */
		{ "0000014e", true, true },  /* NV_Read */
		{ "00000173", true, true },  /* ReadPublic */
		{ "00000176", true, true },  /* StartAuthSession */
		{ "00000151", true, true },  /* PolicySecret */
		{ "0000016c", true, true },  /* PolicyCommandCode */
		{ "00000171", true, true },  /* PolicyOR */
		{ "00000148", true, false }, /* Certify */
		{ "00000131", false, true }, /* CreatePrimary */
		{ "00000147", false, true }, /* ActivateCredential */
	};
	struct challenge ch;

	swtpm_evict(&f->on.tpm, EK_RSA_HANDLE);
	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	ch = attest_credential(attest_ek(f), &f->iak);
	attest_close(f);
	for (size_t i = 0; i < N_OF(commands); i++) {
		char line[64];

		(void)snprintf(
			line, sizeof(line), "%s rc 0000012f", commands[i].code);
		swtpm_set_fault(&f->on.tpm, line);
		attest_open(f, true);
		assert_rc(f->on.ks->ops->attest(f->on.ks, KEY_IDEVID,
				  attest_own_ek, &f->said, NULL),
			commands[i].attest ? DEVID_ERR_TPM : DEVID_OK);
		assert_rc(attest_activate(f, &ch, NULL),
			commands[i].activate ? DEVID_ERR_TPM : DEVID_OK);
		attest_close(f);
		assert_int_equal(swtpm_leftovers(&f->on.tpm), 0);
	}
	swtpm_set_fault(&f->on.tpm, NULL);
	attest_open(f, false);
	attest_proves_itself(f, EVP_PKEY_RSA);
}

static void failure_mode_is_told_from_a_wrong_credential(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch;

	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	ch = attest_credential(attest_ek(f), &f->iak);
	attest_close(f);
	attest_open(f, true);
	assert_rc(attest_activate(f, &ch, NULL), DEVID_OK);
	swtpm_set_fault(&f->on.tpm, "00000147 rc 00000101");
	assert_rc(attest_activate(f, &ch, NULL), DEVID_ERR_MISMATCH);
	swtpm_set_fault(&f->on.tpm, "* rc 00000101");
	assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_TPM_FAILURE);
	swtpm_set_fault(&f->on.tpm, NULL);
	attest_nothing_left(f);
}

/* Without a resource manager what a broken connection had stays: two sessions
 * and the EK, of three places each. */
/* The keystore anew, with the ECC EK, which has to be derived. */
static struct challenge go_on_with_ecc(struct attest_fixture *f)
{
	attest_close(f);
	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	swtpm_evict(&f->on.tpm, EK_P384_HANDLE);
	attest_open(f, true);
	attest_now(f);
	return attest_credential(attest_ek(f), &f->iak);
}

static void connection_lost_in_the_middle_heals(void **state)
{
	struct attest_fixture *f = *state;
	static const char *const faults[] = {
		"once 00000147 lost",   /* ActivateCredential */
		"once 00000147 hangup", /* before it */
		"once 00000171 lost",   /* PolicyOR; not for RSA */
		"once 00000131 lost",   /* CreatePrimary */
		"once 00000148 lost",   /* Certify */
	};
	struct challenge ch;

	swtpm_evict(&f->on.tpm, EK_RSA_HANDLE);
	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	ch = attest_credential(attest_ek(f), &f->iak);
	attest_close(f);
	attest_open(f, true);
	for (size_t i = 0; i < 2 * N_OF(faults); i++) {
		if (i == N_OF(faults)) /* and the same with an ECC EK */
			ch = go_on_with_ecc(f);
		attest_now(f); /* connected */
		swtpm_set_fault(&f->on.tpm, faults[i % N_OF(faults)]);
		assert_rc(attest_activate(f, &ch, NULL), DEVID_OK);
		attest_now(f);
	}
	swtpm_set_fault(&f->on.tpm, NULL);
	assert_rc(attest_activate(f, &ch, NULL), DEVID_OK);
}

/* As of a process that was ended in the middle. */
static void leftovers_of_others_make_room(void **state)
{
	struct attest_fixture *f = *state;
	TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	struct tpm *conn = NULL;
	struct challenge ch;
	ESYS_TR session;

	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	ch = attest_credential(attest_ek(f), &f->iak);
	attest_close(f);
	assert_rc(tpm_open(f->on.tpm.tcti, &conn, NULL), DEVID_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			Esys_StartAuthSession(conn->esys, ESYS_TR_NONE,
				ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none,
				TPM2_ALG_SHA256, &session),
			0);
	tpm_close(conn);
	assert_true(swtpm_leftovers(&f->on.tpm) >= 3);
	attest_open(f, false);
	assert_rc(attest_activate(f, &ch, NULL), DEVID_OK);
	attest_nothing_left(f);
}

/* A TPM that has no room for other reasons: told, not tried for ever. */
static void no_room_at_all_is_an_error(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	swtpm_set_fault(&f->on.tpm, "00000176 rc 00000903");
	attest_open(f, true);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, &err),
		DEVID_ERR_TPM);
	assert_cause(&err, "start policy session");
}

/* Also the IAK of a pair: nothing is done for a key that nobody named. */
static void key_that_is_no_idevid_invalid(void **state)
{
	static const char *const names[] = { "iak", "iak-1", "ldevid-0",
		"tls-7" };
	struct attest_fixture *f = *state;
	struct wire_credential none = { NULL, 0, NULL, 0 };
	static struct wire_attest said;
	struct wire_secret secret;
	struct keystore *ks;
	size_t before = swtpm_count(&f->on.tpm, 0);

	attest_open(f, false);
	ks = f->on.ks;
	for (size_t i = 0; i < N_OF(names); i++) {
		enum key_id id = KEY_NONE;
		struct devid_error err = { DEVID_OK, "" };

		assert_true(key_id_by_name(names[i], &id));
		assert_rc(ks->ops->attest(ks, id, (struct view) { NULL, 0 },
				  &said, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "no IDevID of a pair with an IAK");
		assert_rc(ks->ops->activate(ks, id, &none, &secret, NULL),
			DEVID_ERR_INVALID);
	}
	assert_int_equal(swtpm_count(&f->on.tpm, 0), before);
}

static void connection_lost_before_is_made_again(void **state)
{
	struct attest_fixture *f = *state;
	struct challenge ch;

	attest_create(f, KEY_ALG_P256);
	attest_now(f);
	ch = attest_credential(attest_ek(f), &f->iak);
	swtpm_stop(&f->on.tpm);
	swtpm_start(&f->on.tpm);
	attest_now(f);
	assert_rc(attest_activate(f, &ch, NULL), DEVID_OK);
	swtpm_stop(&f->on.tpm);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, NULL),
		DEVID_ERR_TPM_ABSENT);
	assert_rc(attest_activate(f, &ch, NULL), DEVID_ERR_TPM_ABSENT);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, attest_setup, attest_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(every_alg_created_is_certified_by_its_iak),
		CASE(every_alg_created_activates),
		CASE(no_key_created_not_found),
		CASE(key_gone_from_known_handle_not_found),
		CASE(credential_for_another_iak_mismatch),
		CASE(credential_for_another_ek_mismatch),
		CASE(credential_changed_anywhere_refused),
		CASE(credential_of_another_length_syntax),
		CASE(endorsement_hierarchy_closed_denied),
		CASE(command_refused_error_and_nothing_left),
		CASE(failure_mode_is_told_from_a_wrong_credential),
		CASE(connection_lost_in_the_middle_heals),
		CASE(leftovers_of_others_make_room),
		CASE(no_room_at_all_is_an_error),
		CASE(key_that_is_no_idevid_invalid),
		CASE(connection_lost_before_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
