/* SPDX-License-Identifier: Apache-2.0 */
#include "attest-fixture.h"

#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "credential.h"
#include "ek-key-fixture.h"
#include "tpm-template.h"

static const uint8_t secret[CHALLENGE_SECRET_LEN] =
	"0123456789abcdef0123456789abcde";

void attest_open(struct attest_fixture *f, bool faulty)
{
	assert_rc(keystore_tpm_new(faulty ? f->tpm.faulty_tcti : f->tpm.tcti,
			  &f->ks, NULL),
		DEVID_OK);
}

/* Ends the connection; whatever is left then stays for ever. */
void attest_close(struct attest_fixture *f)
{
	if (f->ks)
		f->ks->ops->free(f->ks);
	f->ks = NULL;
}

int attest_setup(void **state)
{
	static struct attest_fixture f;

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	swtpm_new_manufactured(&f.tpm);
	*state = &f;
	return 0;
}

int attest_setup_without_ek(void **state)
{
	static struct attest_fixture f;

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	swtpm_new(&f.tpm);
	*state = &f;
	return 0;
}

int attest_teardown(void **state)
{
	struct attest_fixture *f = *state;

	attest_close(f);
	swtpm_free(&f->tpm);
	return 0;
}

void attest_create(struct attest_fixture *f, enum key_alg alg)
{
	attest_open(f, false);
	for (int role = 0; role < N_KEY_ROLES; role++)
		assert_rc(f->ks->ops->create(
				  f->ks, (enum key_role)role, alg, NULL, NULL),
			DEVID_OK);
}

void attest_remove(struct attest_fixture *f)
{
	attest_close(f);
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IAK));
}

static struct der_view view(const struct keystore_blob *blob)
{
	return (struct der_view) { blob->data, blob->len };
}

void attest_now(struct attest_fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };

	if (f->ks->ops->attest(f->ks, &f->said, &err) != DEVID_OK)
		fail_msg("attest: %s", err.text);
	assert_rc(tpm_public_parse(view(&f->said.idevid_pub), &f->idevid, NULL),
		DEVID_OK);
	assert_rc(tpm_public_parse(view(&f->said.iak_pub), &f->iak, NULL),
		DEVID_OK);
}

void attest_nothing_left(struct attest_fixture *f)
{
	attest_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	attest_open(f, false);
}

EVP_PKEY *attest_ek(const struct attest_fixture *f)
{
	const uint8_t *p = f->said.ek_cert.data;
	X509 *cert = d2i_X509(NULL, &p, (long)f->said.ek_cert.len);
	EVP_PKEY *key;

	assert_non_null(cert);
	assert_ptr_equal(p, f->said.ek_cert.data + f->said.ek_cert.len);
	key = X509_get_pubkey(cert);
	X509_free(cert);
	assert_non_null(key);
	return key;
}

/* A credential for @ek (taken) and the object @name. */
struct challenge attest_credential(
	EVP_PKEY *ek, const struct tpm_public *object)
{
	struct challenge ch = { .deadline = 0 };
	struct ek_key_room room;

	assert_rc(credential_make(ek_key_of(ek, &room),
			  (struct der_view) { object->name, object->name_len },
			  secret, &ch, NULL),
		DEVID_OK);
	EVP_PKEY_free(ek);
	return ch;
}

enum devid_err attest_activate(struct attest_fixture *f,
	const struct challenge *ch, struct devid_error *err)
{
	struct keystore_credential what = { ch->id_object, ch->id_object_len,
		ch->enc_secret, ch->enc_secret_len };
	struct keystore_secret got = { 0 }, zero = { 0 };
	enum devid_err rc = f->ks->ops->activate(f->ks, &what, &got, err);

	if (rc == DEVID_OK) {
		assert_int_equal(got.len, sizeof(secret));
		assert_memory_equal(got.data, secret, sizeof(secret));
	} else {
		assert_memory_equal(&got, &zero, sizeof(got));
	}
	return rc;
}

/* The whole way, for whichever EK the certificate says. */
void attest_proves_itself(struct attest_fixture *f, int ek_type)
{
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch;
	EVP_PKEY *ek;

	attest_now(f);
	ek = attest_ek(f);
	assert_int_equal(EVP_PKEY_get_base_id(ek), ek_type);
	ch = attest_credential(ek, &f->iak);
	if (attest_activate(f, &ch, &err) != DEVID_OK)
		fail_msg("activate: %s", err.text);
	attest_nothing_left(f);
}
