/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsement keys and their certificates: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include "attest-fixture.h"
#include "certs.h"
#include "tpm-template.h"

/* covers: EK-B-templates */
static void p384_ek_persistent_activates(void **state)
{
	struct attest_fixture *f = *state;

	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	attest_create(f, KEY_ALG_P256);
	attest_proves_itself(f, EVP_PKEY_EC);
}

/* covers: EK-B-templates */
static void rsa_ek_evicted_derived_and_activates(void **state)
{
	struct attest_fixture *f = *state;

	swtpm_evict(&f->on.tpm, EK_RSA_HANDLE);
	attest_create(f, KEY_ALG_P256);
	attest_proves_itself(f, EVP_PKEY_RSA);
	attest_close(f);
	assert_int_equal(swtpm_count(&f->on.tpm, CC_CREATE_PRIMARY), 3);
}

/* covers: EK-B-templates */
static void p384_ek_evicted_derived_and_activates(void **state)
{
	struct attest_fixture *f = *state;

	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	swtpm_evict(&f->on.tpm, EK_P384_HANDLE);
	attest_create(f, KEY_ALG_P384);
	attest_proves_itself(f, EVP_PKEY_EC);
}

/* A primary key below the endorsement hierarchy, made persistent at @handle
 * if that is not 0; its public area. */
static TPMT_PUBLIC make_primary(
	struct attest_fixture *f, const TPM2B_PUBLIC *in, TPM2_HANDLE handle)
{
	struct tpm *conn = NULL;
	TPM2B_PUBLIC made;
	ESYS_TR key;

	assert_rc(tpm_open(f->on.tpm.tcti, &conn, NULL), DEVID_OK);
	key = swtpm_primary(conn, ESYS_TR_RH_ENDORSEMENT, in, &made);
	if (handle != 0)
		swtpm_persist(conn, key, handle);
	else
		assert_int_equal(Esys_FlushContext(conn->esys, key), 0);
	tpm_close(conn);
	return made.publicArea;
}

static void set_policy(TPM2B_PUBLIC *in, const struct certs_buf *policy)
{
	in->publicArea.authPolicy.size = (uint16_t)policy->len;
	memcpy(in->publicArea.authPolicy.buffer, policy->data, policy->len);
}

static EVP_PKEY *key_of(const TPMT_PUBLIC *area)
{
	EVP_PKEY *key = NULL;

	assert_rc(tpm_public_pkey(area, &key, NULL), DEVID_OK);
	return key;
}

/* Template H-1, TCG EK Credential Profile B.4.3: PolicyB with SHA-256. */
static EVP_PKEY *make_high_rsa_ek(struct attest_fixture *f, TPM2_HANDLE handle)
{
	TPM2B_PUBLIC in = { .publicArea = { .type = TPM2_ALG_RSA,
				    .nameAlg = TPM2_ALG_SHA256,
				    .objectAttributes = 0x000300f2 } };
	TPMS_RSA_PARMS *p = &in.publicArea.parameters.rsaDetail;
	struct certs_buf policy = certs_hex("ca3d0a99a2b93906f7a3342414efcfb3"
					    "a385d44cd1fd459089d19b5071c0b7a0");
	TPMT_PUBLIC area;

	set_policy(&in, &policy);
	p->symmetric = (TPMT_SYM_DEF_OBJECT) { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	p->scheme.scheme = TPM2_ALG_NULL;
	p->keyBits = 2048;
	area = make_primary(f, &in, handle);
	return key_of(&area);
}

/* Template H-2, B.4.4. */
static EVP_PKEY *make_high_p256_ek(struct attest_fixture *f, TPM2_HANDLE handle)
{
	TPM2B_PUBLIC in = { .publicArea = { .type = TPM2_ALG_ECC,
				    .nameAlg = TPM2_ALG_SHA256,
				    .objectAttributes = 0x000300f2 } };
	TPMS_ECC_PARMS *p = &in.publicArea.parameters.eccDetail;
	struct certs_buf policy = certs_hex("ca3d0a99a2b93906f7a3342414efcfb3"
					    "a385d44cd1fd459089d19b5071c0b7a0");
	TPMT_PUBLIC area;

	set_policy(&in, &policy);
	p->symmetric = (TPMT_SYM_DEF_OBJECT) { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	p->scheme.scheme = TPM2_ALG_NULL;
	p->curveID = TPM2_ECC_NIST_P256;
	p->kdf.scheme = TPM2_ALG_NULL;
	area = make_primary(f, &in, handle);
	return key_of(&area);
}

/* Template L-2, B.3.4. */
static EVP_PKEY *make_p256_ek(struct attest_fixture *f, TPM2_HANDLE handle)
{
	TPM2B_PUBLIC in = { .publicArea = { .type = TPM2_ALG_ECC,
				    .nameAlg = TPM2_ALG_SHA256,
				    .objectAttributes = 0x000300b2 } };
	TPMS_ECC_PARMS *p = &in.publicArea.parameters.eccDetail;
	struct certs_buf policy = certs_hex("837197674484b3f81a90cc8d46a5d724"
					    "fd52d76e06520b64f2a1da1b331469aa");
	TPMT_PUBLIC area;

	set_policy(&in, &policy);
	p->symmetric = (TPMT_SYM_DEF_OBJECT) { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	p->scheme.scheme = TPM2_ALG_NULL;
	p->curveID = TPM2_ECC_NIST_P256;
	p->kdf.scheme = TPM2_ALG_NULL;
	in.publicArea.unique.ecc.x.size = 32;
	in.publicArea.unique.ecc.y.size = 32;
	area = make_primary(f, &in, handle);
	return key_of(&area);
}

/* A certificate for @key (taken). */
static struct certs_buf certify(EVP_PKEY *key)
{
	struct certs_spec spec = certs_ca_spec("EK");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	struct certs_node cert = certs_sign(&spec, key, &ca);
	struct certs_buf der = cert.der;

	certs_done(&cert);
	certs_done(&ca);
	return der;
}

/* One for @key (taken) in the NV index, @pad octets behind it. */
static void write_ek_cert(struct attest_fixture *f, TPM2_HANDLE index,
	EVP_PKEY *key, int pad, size_t pad_len)
{
	struct certs_buf der = certify(key);

	memset(der.data + der.len, pad, pad_len);
	swtpm_nv_write(&f->on.tpm, index, der.data, der.len + pad_len);
}

/* covers: EK-B-templates */
static void p256_ek_derived_activates(void **state)
{
	struct attest_fixture *f = *state;
	EVP_PKEY *ek;

	write_ek_cert(f, EK_P256_INDEX, make_p256_ek(f, 0), 0, 0);
	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	attest_create(f, KEY_ALG_P256);
	/* P-384 is there as well: P-256 goes before it. */
	attest_proves_itself(f, EVP_PKEY_EC);
	ek = attest_ek(f);
	assert_int_equal(EVP_PKEY_get_bits(ek), 256);
	EVP_PKEY_free(ek);
}

static void padding_in_nv_is_no_part_of_the_certificate(void **state)
{
	struct attest_fixture *f = *state;
	static const int pads[] = { 0x00, 0xff };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	for (size_t i = 0; i < N_OF(pads); i++) {
		write_ek_cert(
			f, EK_P256_INDEX, make_p256_ek(f, 0), pads[i], 200);
		attest_open(f, false);
		attest_proves_itself(f, EVP_PKEY_EC); /* attest_ek() looks */
		attest_close(f);
	}
}

/* covers: EK-B-templates */
static void p256_ek_persistent_activates(void **state)
{
	struct attest_fixture *f = *state;

	write_ek_cert(f, EK_P256_INDEX, make_p256_ek(f, EK_P256_HANDLE), 0, 0);
	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	attest_create(f, KEY_ALG_P256);
	attest_proves_itself(f, EVP_PKEY_EC);
	attest_close(f);
	assert_int_equal(swtpm_count(&f->on.tpm, CC_CREATE_PRIMARY), 3);
}

static void another_key_at_the_ek_handle_is_passed_over(void **state)
{
	struct attest_fixture *f = *state;
	TPM2B_PUBLIC in;

	swtpm_evict(&f->on.tpm, EK_RSA_HANDLE);
	assert_true(
		template_get(KEY_ROLE_IAK, KEY_ALG_RSA2048, UNIQUE_EMPTY, &in));
	(void)make_primary(f, &in, EK_RSA_HANDLE);
	attest_create(f, KEY_ALG_P256);
	attest_proves_itself(f, EVP_PKEY_RSA);
}

/* Behind the certificates of the low range, whose templates are others.
 * covers: EK-B-templates */
static void high_range_ek_derived_and_persistent_activates(void **state)
{
	struct attest_fixture *f = *state;

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	swtpm_nv_remove(&f->on.tpm, EK_P384_INDEX);
	write_ek_cert(f, EK_HIGH_P256_INDEX, make_high_p256_ek(f, 0), 0, 0);
	attest_open(f, false);
	attest_proves_itself(f, EVP_PKEY_EC);
	attest_close(f);
	write_ek_cert(f, EK_HIGH_RSA_INDEX,
		make_high_rsa_ek(f, EK_HIGH_RSA_HANDLE), 0, 0);
	attest_open(f, false);
	attest_proves_itself(f, EVP_PKEY_RSA); /* RSA goes first */
}

static void rsa3072_ek_of_the_high_range_activates(void **state)
{
	struct attest_fixture *f = *state;
	EVP_PKEY *ek;

	attest_create(f, KEY_ALG_P256);
	attest_proves_itself(f, EVP_PKEY_RSA);
	ek = attest_ek(f);
	assert_int_equal(EVP_PKEY_get_bits(ek), 3072);
	EVP_PKEY_free(ek);
	attest_close(f);
	swtpm_evict(&f->on.tpm, EK_RSA3072_HANDLE);
	attest_open(f, false);
	attest_proves_itself(f, EVP_PKEY_RSA); /* derived */
}

static void only_ek_of_a_kind_that_no_ca_takes_told(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	write_ek_cert(f, EK_P521_INDEX, certs_key("P-521"), 0, 0);
	attest_open(f, false);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, &err),
		DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "the only EK certificate in NV, at 0x01c00018");
}

/* 10 01 00, the length with the second tag, 10 02. */
static void header_in_nv_is_no_part_of_the_certificate(void **state)
{
	struct attest_fixture *f = *state;
	struct certs_buf in = certs_hex("100100 0000 1002");
	struct certs_buf der = certify(make_p256_ek(f, 0));
	struct devid_error err = { DEVID_OK, "" };

	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	in.data[3] = (uint8_t)((der.len + 2) >> 8);
	in.data[4] = (uint8_t)(der.len + 2);
	certs_append(&in, der.data, der.len);
	certs_append(&in, "\xff\xff\xff\xff", 4);
	swtpm_nv_write(&f->on.tpm, EK_P256_INDEX, in.data, in.len);
	attest_create(f, KEY_ALG_P256);
	attest_proves_itself(f, EVP_PKEY_EC); /* attest_ek() looks */
	attest_close(f);
	in.data[4]++;
	swtpm_nv_remove(&f->on.tpm, EK_P384_INDEX);
	swtpm_nv_write(&f->on.tpm, EK_P256_INDEX, in.data, in.len);
	attest_open(f, false);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "the header before the certificate says");
}

/* ---- a certificate that is not in NV ---- */

static enum devid_err attest_given(struct attest_fixture *f,
	const struct certs_buf *der, struct devid_error *err)
{
	return f->on.ks->ops->attest(f->on.ks, KEY_IDEVID,
		(struct view) { der->data, der->len }, &f->said, err);
}

static void given_certificate_proves_itself(
	struct attest_fixture *f, const struct certs_buf *der)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tpm_public iak;
	struct challenge ch;

	attest_open(f, false);
	if (attest_given(f, der, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_rc(tpm_public_parse((struct view) { f->said.iak_pub.data,
					   f->said.iak_pub.len },
			  &iak, NULL),
		DEVID_OK);
	ch = attest_credential(attest_ek(f), &iak);
	if (attest_activate(f, &ch, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	attest_nothing_left(f);
	attest_close(f);
}

/* The credential alone tells which EK it is for. */
static void given_certificate_of_each_kind_activates(void **state)
{
	struct attest_fixture *f = *state;
	EVP_PKEY *(*const make[])(struct attest_fixture *, TPM2_HANDLE) = {
		make_p256_ek, make_high_p256_ek, make_high_rsa_ek
	};
	const TPM2_HANDLE handles[] = { EK_P256_HANDLE, EK_HIGH_P256_HANDLE,
		EK_HIGH_RSA_HANDLE };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	for (size_t i = 0; i < N_OF(make); i++) {
		struct certs_buf der = certify(make[i](f, 0));

		given_certificate_proves_itself(f, &der);
		der = certify(make[i](f, handles[i]));
		given_certificate_proves_itself(f, &der);
	}
}

/* What NV has is of another kind, or of the same. */
static void given_certificate_goes_before_that_of_nv(void **state)
{
	struct attest_fixture *f = *state;
	struct certs_buf der = certify(make_high_rsa_ek(f, 0));

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	given_certificate_proves_itself(f, &der);
}

static void given_certificate_of_another_tpm_mismatch(void **state)
{
	struct attest_fixture *f = *state;
	static const char *const types[] = { "P-256", "P-384", "RSA:2048" };

	attest_create(f, KEY_ALG_P256);
	for (size_t i = 0; i < N_OF(types); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct certs_buf der = certify(certs_key(types[i]));

		assert_rc(attest_given(f, &der, &err), DEVID_ERR_MISMATCH);
		assert_cause(&err, "is of another TPM");
		attest_nothing_left(f);
	}
}

static void given_certificate_of_no_use_refused(void **state)
{
	struct attest_fixture *f = *state;
	static uint8_t large[KEY_CERT_MAX + 1];
	struct devid_error err = { DEVID_OK, "" };
	struct certs_buf none = certs_hex("3003020100");
	struct certs_buf other = certify(certs_key("P-521"));

	attest_create(f, KEY_ALG_P256);
	assert_rc(attest_given(f, &none, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "what was given holds no certificate");
	devid_error_clear(&err);
	assert_rc(attest_given(f, &other, &err), DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "of no RSA-2048, RSA-3072, P-256 or P-384 key");
	devid_error_clear(&err);
	assert_rc(
		f->on.ks->ops->attest(f->on.ks, KEY_IDEVID,
			(struct view) { large, sizeof(large) }, &f->said, &err),
		DEVID_ERR_TOO_LARGE);
}

static void no_ek_certificate_not_found(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch = { .id_object_len = 2, .enc_secret_len = 2 };

	attest_create(f, KEY_ALG_P256);
	assert_rc(f->on.ks->ops->attest(
			  f->on.ks, KEY_IDEVID, attest_own_ek, &f->said, &err),
		DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "no EK certificate in NV (looked at 0x01c00002");
	devid_error_clear(&err);
	/* A secret of a size that no EK has. */
	assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_MISMATCH);
	assert_cause(&err, "made for another TPM");
	attest_nothing_left(f);
}

static void ek_certificate_of_another_tpm_mismatch(void **state)
{
	struct attest_fixture *f = *state;
	static const struct {
		TPM2_HANDLE index;
		const char *type;
	} kinds[] = { { EK_P384_INDEX, "P-384" }, { EK_P256_INDEX, "P-256" },
		{ EK_RSA_INDEX, "RSA:2048" } };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	swtpm_nv_remove(&f->on.tpm, EK_RSA_INDEX);
	for (size_t i = 0; i < N_OF(kinds); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct challenge ch;

		write_ek_cert(
			f, kinds[i].index, certs_key(kinds[i].type), 0, 0);
		attest_open(f, false);
		attest_now(f);
		ch = attest_credential(attest_ek(f), &f->iak);
		assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_MISMATCH);
		assert_cause(&err, "another key than its EK certificate");
		attest_nothing_left(f);
		attest_close(f);
	}
}

/* What an index may hold: nothing yet, and DER of something else. */
static const struct {
	size_t len;
	uint8_t data[5];
} bad[] = {
	{ 4, { 0xff, 0xff, 0xff, 0xff } },
	{ 5, { 0x30, 3, 2, 1, 0 } },
};

static void no_certificate_in_the_index_syntax(void **state)
{
	struct attest_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct certs_buf given = certify(make_high_rsa_ek(f, 0));
	/* With a secret as long as a modulus of 2048 bits. */
	struct challenge ch = { .id_object_len = 2,
		.enc_secret = { 0x01, 0x00 },
		.enc_secret_len = 2 + 256 };

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	swtpm_nv_remove(&f->on.tpm, EK_P384_INDEX);
	for (size_t i = 0; i < N_OF(bad); i++) {
		devid_error_clear(&err);
		swtpm_nv_write(
			&f->on.tpm, EK_RSA_INDEX, bad[i].data, bad[i].len);
		attest_open(f, false);
		assert_rc(f->on.ks->ops->attest(f->on.ks, KEY_IDEVID,
				  attest_own_ek, &f->said, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "NV index 0x01c00002 holds no certificate");
		devid_error_clear(&err);
		assert_rc(attest_activate(f, &ch, &err), DEVID_ERR_MISMATCH);
		attest_close(f);
	}
	/* What a file has of the same key is as good as ever. */
	given_certificate_proves_itself(f, &given);
}

/* It may be that of an RSA key which no index has; another EK has one. */
static void no_certificate_in_one_index_the_next_is_taken(void **state)
{
	struct attest_fixture *f = *state;

	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	for (size_t i = 0; i < N_OF(bad); i++) {
		swtpm_nv_write(
			&f->on.tpm, EK_RSA_INDEX, bad[i].data, bad[i].len);
		attest_open(f, false);
		attest_proves_itself(f, EVP_PKEY_EC); /* attest_ek() looks */
		attest_close(f);
	}
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, attest_setup, attest_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(p384_ek_persistent_activates),
		CASE(rsa_ek_evicted_derived_and_activates),
		CASE(p384_ek_evicted_derived_and_activates),
		CASE(p256_ek_derived_activates),
		CASE(p256_ek_persistent_activates),
		CASE(padding_in_nv_is_no_part_of_the_certificate),
		CASE(another_key_at_the_ek_handle_is_passed_over),
		CASE(high_range_ek_derived_and_persistent_activates),
		cmocka_unit_test_setup_teardown(
			rsa3072_ek_of_the_high_range_activates,
			attest_setup_rsa3072, attest_teardown),
		cmocka_unit_test_setup_teardown(
			only_ek_of_a_kind_that_no_ca_takes_told,
			attest_setup_without_ek, attest_teardown),
		CASE(header_in_nv_is_no_part_of_the_certificate),
		cmocka_unit_test_setup_teardown(
			given_certificate_of_each_kind_activates,
			attest_setup_without_ek, attest_teardown),
		CASE(given_certificate_goes_before_that_of_nv),
		CASE(given_certificate_of_another_tpm_mismatch),
		CASE(given_certificate_of_no_use_refused),
		cmocka_unit_test_setup_teardown(no_ek_certificate_not_found,
			attest_setup_without_ek, attest_teardown),
		CASE(ek_certificate_of_another_tpm_mismatch),
		CASE(no_certificate_in_the_index_syntax),
		CASE(no_certificate_in_one_index_the_next_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
