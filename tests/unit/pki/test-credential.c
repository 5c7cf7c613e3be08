/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials made without a TPM, given out by one: swtpm with EKs of the TCG
 * templates, and a second implementation of ActivateCredential that shares
 * nothing with the first.
 */
#include "cmocka-all.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <tss2/tss2_esys.h>

#include "credential.h"
#include "csr-fixture.h"
#include "ek-key-fixture.h"
#include "swtpm.h"
#include "tpm-public.h"
#include "tpm-template.h"

/* PolicySecret(TPM_RH_ENDORSEMENT), TCG EK Credential Profile B.2. */
static const uint8_t policy_a[32] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3,
	0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7,
	0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69,
	0xaa };
/* PolicyOR of PolicyA and PolicyC, SHA-384 (B.6.5). */
static const uint8_t policy_b_sha384[48] = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a,
	0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41,
	0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4,
	0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f,
	0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 };

#define ATTRS_L 0x000300b2u /* fixedTPM ... restricted, decrypt; B.3 */
#define ATTRS_H 0x000300f2u /* the same and userWithAuth; B.4 */

static const uint8_t secret[CHALLENGE_SECRET_LEN] = "0123456789abcdef"
						    "0123456789abcde";

struct fixture {
	struct swtpm tpm;
	struct tpm *conn; /* owned */
};

static int setup(void **state)
{
	static struct fixture f;

	(void)setenv("TSS2_LOG", "all+none", 0);
	swtpm_new(&f.tpm);
	assert_rc(tpm_open(f.tpm.tcti, &f.conn, NULL), DEVID_OK);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tpm_close(f->conn);
	swtpm_free(&f->tpm);
	return 0;
}

/* ---- EK templates ---- */

static void set_policy(TPMT_PUBLIC *t, const uint8_t *policy, uint16_t len)
{
	t->authPolicy.size = len;
	memcpy(t->authPolicy.buffer, policy, len);
}

static TPMT_SYM_DEF_OBJECT aes(uint16_t bits)
{
	return (TPMT_SYM_DEF_OBJECT) { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = bits,
		.mode.aes = TPM2_ALG_CFB };
}

/* L-1: unique of 256 zeros. */
static TPMT_PUBLIC template_l1(void)
{
	TPMT_PUBLIC t = { .type = TPM2_ALG_RSA,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = ATTRS_L };

	set_policy(&t, policy_a, sizeof(policy_a));
	t.parameters.rsaDetail.symmetric = aes(128);
	t.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	t.parameters.rsaDetail.keyBits = 2048;
	t.unique.rsa.size = 256;
	return t;
}

static TPMT_PUBLIC template_ecc(bool p384)
{
	TPMT_PUBLIC t = { .type = TPM2_ALG_ECC };
	TPMS_ECC_PARMS *p = &t.parameters.eccDetail;

	t.nameAlg = p384 ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256;
	t.objectAttributes = p384 ? ATTRS_H : ATTRS_L;
	if (p384)
		set_policy(&t, policy_b_sha384, sizeof(policy_b_sha384));
	else
		set_policy(&t, policy_a, sizeof(policy_a));
	p->symmetric = aes(p384 ? 256 : 128);
	p->scheme.scheme = TPM2_ALG_NULL;
	p->curveID = p384 ? TPM2_ECC_NIST_P384 : TPM2_ECC_NIST_P256;
	p->kdf.scheme = TPM2_ALG_NULL;
	t.unique.ecc.x.size = t.unique.ecc.y.size = p384 ? 0 : 32;
	return t;
}

/* A primary in the endorsement hierarchy; its public area in *@ret. */
static ESYS_TR create(
	struct fixture *f, const TPMT_PUBLIC *template, TPM2B_PUBLIC *ret)
{
	const TPM2B_PUBLIC in = { 0, *template };

	return swtpm_primary(f->conn, ESYS_TR_RH_ENDORSEMENT, &in, ret);
}

/* The EK's policy session: PolicySecret, and for H templates PolicyOR. */
static ESYS_TR ek_session(struct fixture *f, const TPMT_PUBLIC *ek)
{
	/* PolicyC of B.6.4, SHA-384: PolicyAuthorizeNV of index 01c07f02. */
	static const uint8_t policy_c[48] = { 0xd6, 0x03, 0x2c, 0xe6, 0x1f,
		0x2f, 0xb3, 0xc2, 0x40, 0xeb, 0x3c, 0xf6, 0xa3, 0x32, 0x37,
		0xef, 0x2b, 0x6a, 0x16, 0xf4, 0x29, 0x3c, 0x22, 0xb4, 0x55,
		0xe2, 0x61, 0xcf, 0xfd, 0x21, 0x7a, 0xd5, 0xb4, 0x94, 0x7c,
		0x2d, 0x73, 0xe6, 0x30, 0x05, 0xee, 0xd2, 0xdc, 0x2b, 0x35,
		0x93, 0xd1, 0x65 };
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	ESYS_CONTEXT *esys = f->conn->esys;
	ESYS_TR session = ESYS_TR_NONE;

	assert_int_equal(Esys_StartAuthSession(esys, ESYS_TR_NONE, ESYS_TR_NONE,
				 ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
				 TPM2_SE_POLICY, &none, ek->nameAlg, &session),
		TSS2_RC_SUCCESS);
	assert_int_equal(Esys_PolicySecret(esys, ESYS_TR_RH_ENDORSEMENT,
				 session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				 ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL),
		TSS2_RC_SUCCESS);
	if (ek->nameAlg == TPM2_ALG_SHA384) {
		TPML_DIGEST or = { .count = 2 };
		TPM2B_DIGEST *now = NULL;

		assert_int_equal(
			Esys_PolicyGetDigest(esys, session, ESYS_TR_NONE,
				ESYS_TR_NONE, ESYS_TR_NONE, &now),
			TSS2_RC_SUCCESS);
		or.digests[0] = *now;
		Esys_Free(now);
		or.digests[1].size = sizeof(policy_c);
		memcpy(or.digests[1].buffer, policy_c, sizeof(policy_c));
		assert_int_equal(Esys_PolicyOR(esys, session, ESYS_TR_NONE,
					 ESYS_TR_NONE, ESYS_TR_NONE, & or),
			TSS2_RC_SUCCESS);
	}
	return session;
}

/* An object whose ADMIN role its authValue has: no adminWithPolicy. */
static ESYS_TR create_object(struct fixture *f, TPM2B_PUBLIC *ret)
{
	TPM2B_PUBLIC template;

	assert_true(template_get(
		KEY_ROLE_IAK, KEY_ALG_P256, UNIQUE_EMPTY, &template));
	template.publicArea.objectAttributes &= ~TPMA_OBJECT_ADMINWITHPOLICY;
	return create(f, &template.publicArea, ret);
}

/* TPM2_ActivateCredential (part 3, 12.5). */
static TSS2_RC activate(struct fixture *f, ESYS_TR object, ESYS_TR ek,
	const TPMT_PUBLIC *ek_area, const struct challenge *challenge)
{
	TPM2B_ID_OBJECT blob = { 0 };
	TPM2B_ENCRYPTED_SECRET enc = { 0 };
	TPM2B_DIGEST *out = NULL;
	ESYS_TR session = ek_session(f, ek_area);
	TSS2_RC rc;

	blob.size = (uint16_t)(challenge->id_object_len - 2);
	memcpy(blob.credential, challenge->id_object + 2, blob.size);
	enc.size = (uint16_t)(challenge->enc_secret_len - 2);
	memcpy(enc.secret, challenge->enc_secret + 2, enc.size);
	rc = Esys_ActivateCredential(f->conn->esys, object, ek,
		ESYS_TR_PASSWORD, session, ESYS_TR_NONE, &blob, &enc, &out);
	if (rc == TSS2_RC_SUCCESS) {
		assert_int_equal(out->size, sizeof(secret));
		assert_memory_equal(out->buffer, secret, sizeof(secret));
	}
	assert_int_equal(
		Esys_FlushContext(f->conn->esys, session), TSS2_RC_SUCCESS);
	Esys_Free(out);
	return rc;
}

static void flush(struct fixture *f, ESYS_TR object)
{
	assert_int_equal(
		Esys_FlushContext(f->conn->esys, object), TSS2_RC_SUCCESS);
}

/* The secret comes out of the TPM for the object's Name and for no other. */
static void run(struct fixture *f, const TPMT_PUBLIC *template)
{
	struct challenge challenge = { .deadline = 0 };
	TPM2B_PUBLIC ek_pub, obj_pub;
	ESYS_TR ek = create(f, template, &ek_pub);
	ESYS_TR object = create_object(f, &obj_pub);
	EVP_PKEY *ek_key = NULL;
	struct ek_key_room room;
	uint8_t name[TPM_NAME_MAX];
	size_t name_len = csr_fixture_name(&obj_pub.publicArea, name);

	assert_rc(tpm_public_pkey(&ek_pub.publicArea, &ek_key, NULL), DEVID_OK);
	assert_rc(credential_make(ek_key_of(ek_key, &room),
			  (struct view) { name, name_len }, secret, &challenge,
			  NULL),
		DEVID_OK);
	assert_int_equal(
		activate(f, object, ek, &ek_pub.publicArea, &challenge),
		TSS2_RC_SUCCESS);
	name[10] ^= 1;
	assert_rc(credential_make(ek_key_of(ek_key, &room),
			  (struct view) { name, name_len }, secret, &challenge,
			  NULL),
		DEVID_OK);
	assert_true(tpm_rc_is(
		activate(f, object, ek, &ek_pub.publicArea, &challenge),
		TPM2_RC_INTEGRITY));
	EVP_PKEY_free(ek_key);
	flush(f, ek);
	flush(f, object);
}

/* covers: TCG-7f-credential TPM-24-credential */
static void make_rsa2048_ek_activated_by_tpm(void **state)
{
	TPMT_PUBLIC t = template_l1();

	run(*state, &t);
}

/* covers: TCG-7f-credential TPM-24-credential */
static void make_p256_ek_activated_by_tpm(void **state)
{
	TPMT_PUBLIC t = template_ecc(false);

	run(*state, &t);
}

/* covers: TCG-7f-credential TPM-24-credential */
static void make_p384_ek_activated_by_tpm(void **state)
{
	TPMT_PUBLIC t = template_ecc(true);

	run(*state, &t);
}

/* ---- without a TPM ---- */

static const uint8_t name_bytes[34] = { 0x00, 0x0b, 1, 2, 3 };
static const struct view a_name = { name_bytes, sizeof(name_bytes) };

/* The secret is for one EK, one Name and one blob.
 * covers: TCG-7f-credential TPM-24-credential */
static void make_every_ek_activated_by_it_alone(void **state)
{
	static const char *const types[] = { "RSA:2048", "RSA:3072", "P-256",
		"P-384" };
	const struct view name = a_name;
	struct view other_name = { secret, sizeof(secret) };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		struct challenge challenge = { .deadline = 77 };
		EVP_PKEY *ek = certs_key(types[i]);
		EVP_PKEY *other = certs_key(types[i]);
		uint8_t out[CHALLENGE_SECRET_LEN];
		struct ek_key_room room;

		assert_rc(credential_make(ek_key_of(ek, &room), name, secret,
				  &challenge, NULL),
			DEVID_OK);
		assert_int_equal(challenge.deadline, 77);
		assert_true(csr_fixture_activate(ek, name, &challenge, out));
		assert_memory_equal(out, secret, sizeof(secret));
		assert_false(
			csr_fixture_activate(other, name, &challenge, out));
		assert_false(
			csr_fixture_activate(ek, other_name, &challenge, out));
		challenge.id_object[challenge.id_object_len - 1] ^= 1;
		assert_false(csr_fixture_activate(ek, name, &challenge, out));
		EVP_PKEY_free(ek);
		EVP_PKEY_free(other);
	}
}

/* An EK that was read from a compressed point is the same EK. */
static void make_compressed_ek_activated(void **state)
{
	const struct view name = a_name;
	struct challenge challenge = { .deadline = 0 };
	EVP_PKEY *ek = certs_key("P-384"), *read = EVP_PKEY_new();
	uint8_t point[97], out[CHALLENGE_SECRET_LEN];
	struct ek_key_room room;
	size_t len = 0;

	(void)state;
	assert_int_equal(EVP_PKEY_get_octet_string_param(
				 ek, "pub", point, sizeof(point), &len),
		1);
	assert_int_equal(len, sizeof(point));
	point[0] = point[96] & 1 ? 0x03 : 0x02;
	assert_int_equal(EVP_PKEY_copy_parameters(read, ek), 1);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(read, point, 49), 1);
	assert_rc(credential_make(ek_key_of(read, &room), name, secret,
			  &challenge, NULL),
		DEVID_OK);
	assert_true(csr_fixture_activate(ek, name, &challenge, out));
	assert_memory_equal(out, secret, sizeof(secret));
	EVP_PKEY_free(ek);
	EVP_PKEY_free(read);
}

/* The seed is fresh: nothing in two challenges is the same. */
static void make_twice_differs(void **state)
{
	EVP_PKEY *ek = certs_key("P-256");
	struct challenge a = { .deadline = 0 }, b = { .deadline = 0 };
	struct ek_key_room room;
	const struct ek_key *key = ek_key_of(ek, &room);

	(void)state;
	assert_rc(credential_make(key, a_name, secret, &a, NULL), DEVID_OK);
	assert_rc(credential_make(key, a_name, secret, &b, NULL), DEVID_OK);
	assert_int_equal(a.id_object_len, b.id_object_len);
	assert_memory_not_equal(a.id_object + 4, b.id_object + 4, 32);
	assert_memory_not_equal(a.id_object + 36, b.id_object + 36, 34);
	assert_memory_not_equal(a.enc_secret + 4, b.enc_secret + 4, 32);
	EVP_PKEY_free(ek);
}

static void make_other_ek_refused(void **state)
{
	static const char *const types[] = { "RSA:1024", "RSA:4096", "P-521",
		"P-224", "ED25519", "X25519" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		EVP_PKEY *ek = certs_key(types[i]);
		struct challenge challenge = { .id_object_len = 0 };
		struct devid_error err = { DEVID_OK, "" };
		struct ek_key_room room;

		assert_rc(credential_make(ek_key_of(ek, &room), a_name, secret,
				  &challenge, &err),
			DEVID_ERR_UNSUPPORTED);
		assert_cause(&err, "EK");
		assert_int_equal(challenge.id_object_len, 0);
		EVP_PKEY_free(ek);
	}
}

static void make_without_key_refused(void **state)
{
	const struct ek_key none = { NULL, { NULL, 0 } };
	struct challenge challenge = { .id_object_len = 0 };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(credential_make(&none, a_name, secret, &challenge, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "EK");
}

static void make_name_of_bad_size_refused(void **state)
{
	static const uint8_t name[TPM_NAME_MAX + 1];
	static const size_t sizes[] = { 0, TPM_NAME_MAX + 1 };
	EVP_PKEY *ek = certs_key("P-256");

	(void)state;
	for (size_t i = 0; i < N_OF(sizes); i++) {
		struct challenge challenge = { .id_object_len = 0 };
		struct devid_error err = { DEVID_OK, "" };
		struct ek_key_room room;

		assert_rc(credential_make(ek_key_of(ek, &room),
				  (struct view) { name, sizes[i] }, secret,
				  &challenge, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "Name");
	}
	EVP_PKEY_free(ek);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make_rsa2048_ek_activated_by_tpm),
		cmocka_unit_test(make_p256_ek_activated_by_tpm),
		cmocka_unit_test(make_p384_ek_activated_by_tpm),
		cmocka_unit_test(make_every_ek_activated_by_it_alone),
		cmocka_unit_test(make_compressed_ek_activated),
		cmocka_unit_test(make_twice_differs),
		cmocka_unit_test(make_other_ek_refused),
		cmocka_unit_test(make_without_key_refused),
		cmocka_unit_test(make_name_of_bad_size_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
