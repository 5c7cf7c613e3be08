/* SPDX-License-Identifier: Apache-2.0 */
/* The list of OIDs and AlgorithmIdentifiers, against OpenSSL's. */
#include "cmocka-all.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "oid.h"

static const char *const dotted[OID_COUNT] = {
	[OID_AT_COMMON_NAME] = "2.5.4.3",
	[OID_AT_SERIAL_NUMBER] = "2.5.4.5",
	[OID_AT_ORGANIZATION] = "2.5.4.10",
	[OID_CE_SUBJECT_DIRECTORY_ATTRIBUTES] = "2.5.29.9",
	[OID_CE_SUBJECT_KEY_ID] = "2.5.29.14",
	[OID_CE_KEY_USAGE] = "2.5.29.15",
	[OID_CE_SUBJECT_ALT_NAME] = "2.5.29.17",
	[OID_CE_BASIC_CONSTRAINTS] = "2.5.29.19",
	[OID_CE_CRL_NUMBER] = "2.5.29.20",
	[OID_CE_CRL_REASON] = "2.5.29.21",
	[OID_CE_DELTA_CRL] = "2.5.29.27",
	[OID_CE_CRL_DISTRIBUTION_POINTS] = "2.5.29.31",
	[OID_CE_CERTIFICATE_POLICIES] = "2.5.29.32",
	[OID_CE_AUTHORITY_KEY_ID] = "2.5.29.35",
	[OID_CE_EXT_KEY_USAGE] = "2.5.29.37",
	[OID_CE_FRESHEST_CRL] = "2.5.29.46",
	[OID_PE_AUTHORITY_INFO_ACCESS] = "1.3.6.1.5.5.7.1.1",
	[OID_KP_SERVER_AUTH] = "1.3.6.1.5.5.7.3.1",
	[OID_KP_OCSP_SIGNING] = "1.3.6.1.5.5.7.3.9",
	[OID_AD_OCSP] = "1.3.6.1.5.5.7.48.1",
	[OID_AD_CA_ISSUERS] = "1.3.6.1.5.5.7.48.2",
	[OID_OCSP_BASIC] = "1.3.6.1.5.5.7.48.1.1",
	[OID_OCSP_NONCE] = "1.3.6.1.5.5.7.48.1.2",
	[OID_OCSP_NO_CHECK] = "1.3.6.1.5.5.7.48.1.5",
	[OID_ON_PERMANENT_IDENTIFIER] = "1.3.6.1.5.5.7.8.3",
	[OID_ON_HW_MODULE_NAME] = "1.3.6.1.5.5.7.8.4",
	[OID_SHA1] = "1.3.14.3.2.26",
	[OID_SHA256] = "2.16.840.1.101.3.4.2.1",
	[OID_RSA_ENCRYPTION] = "1.2.840.113549.1.1.1",
	[OID_SHA256_WITH_RSA] = "1.2.840.113549.1.1.11",
	[OID_SHA384_WITH_RSA] = "1.2.840.113549.1.1.12",
	[OID_SHA512_WITH_RSA] = "1.2.840.113549.1.1.13",
	[OID_EC_PUBLIC_KEY] = "1.2.840.10045.2.1",
	[OID_ECDSA_SHA256] = "1.2.840.10045.4.3.2",
	[OID_ECDSA_SHA384] = "1.2.840.10045.4.3.3",
	[OID_ECDSA_SHA512] = "1.2.840.10045.4.3.4",
	[OID_P256] = "1.2.840.10045.3.1.7",
	[OID_P384] = "1.3.132.0.34",
	[OID_P521] = "1.3.132.0.35",
	[OID_TCG_TPM20] = "2.23.133.1.2",
	[OID_TCG_AT_TPM_MANUFACTURER] = "2.23.133.2.1",
	[OID_CE_ANY_EXT_KEY_USAGE] = "2.5.29.37.0",
	[OID_CE_POLICY_MAPPINGS] = "2.5.29.33",
	[OID_CE_POLICY_CONSTRAINTS] = "2.5.29.36",
	[OID_CE_INHIBIT_ANY_POLICY] = "2.5.29.54",
	[OID_KP_CLIENT_AUTH] = "1.3.6.1.5.5.7.3.2",
	[OID_TCG_KP_EK] = "2.23.133.8.1",
	[OID_TCG_ON_EK_PERM_ID_SHA256] = "2.23.133.12.1",
	[OID_TCG_CAP_RESIDENCY] = "2.23.133.11.1.1",
	[OID_TCG_CAP_FIXED] = "2.23.133.11.1.2",
	[OID_TCG_CAP_RESTRICTED] = "2.23.133.11.1.3",
	[OID_CMS_DATA] = "1.2.840.113549.1.7.1",
	[OID_CMS_SIGNED_DATA] = "1.2.840.113549.1.7.2",
	[OID_AT_CHALLENGE_PASSWORD] = "1.2.840.113549.1.9.7",
	[OID_AT_EXTENSION_REQUEST] = "1.2.840.113549.1.9.14",
	[OID_AA_ATTESTATION] = "1.2.840.113549.1.9.16.2.59",
	[OID_AA_REQUEST_TEMPLATE] = "1.2.840.113549.1.9.16.2.61",
	[OID_AA_EXTENSION_TEMPLATE] = "1.2.840.113549.1.9.16.2.62",
	[OID_TCG_ATTEST_TPM_CERTIFY] = "2.23.133.20.1",
	[OID_DEVID_ATTEST_EPOCH] =
		"2.25.207490108098920881515971949788370139609.1",
};

static void list_every_oid_is_its_dotted_form(void **state)
{
	(void)state;
	for (int i = 0; i < OID_COUNT; i++) {
		struct view whole = oid_der((enum oid)i);
		unsigned char *want = NULL;
		ASN1_OBJECT *obj;
		int len;

		assert_non_null(dotted[i]);
		obj = OBJ_txt2obj(dotted[i], 1);
		assert_non_null(obj);
		len = i2d_ASN1_OBJECT(obj, &want);
		assert_int_equal(whole.len, len);
		assert_memory_equal(whole.data, want, whole.len);
		assert_true(oid_is(oid_content((enum oid)i), (enum oid)i));
		OPENSSL_free(want);
		ASN1_OBJECT_free(obj);
	}
}

static void list_no_oid_is_another(void **state)
{
	(void)state;
	for (int i = 0; i < OID_COUNT; i++) {
		for (int j = 0; j < i; j++)
			assert_false(
				oid_is(oid_content((enum oid)i), (enum oid)j));
	}
}

static void algorithms_plain_as_openssl_writes_them(void **state)
{
	static const struct {
		enum oid_algorithm algorithm;
		int nid, parameters;
	} cases[] = {
		{ ALGORITHM_ECDSA_SHA256, NID_ecdsa_with_SHA256, V_ASN1_UNDEF },
		{ ALGORITHM_ECDSA_SHA384, NID_ecdsa_with_SHA384, V_ASN1_UNDEF },
		{ ALGORITHM_ECDSA_SHA512, NID_ecdsa_with_SHA512, V_ASN1_UNDEF },
		{ ALGORITHM_RSA_SHA256, NID_sha256WithRSAEncryption,
			V_ASN1_NULL },
		{ ALGORITHM_RSA_SHA384, NID_sha384WithRSAEncryption,
			V_ASN1_NULL },
		{ ALGORITHM_RSA_SHA512, NID_sha512WithRSAEncryption,
			V_ASN1_NULL },
		{ ALGORITHM_SHA1, NID_sha1, V_ASN1_NULL },
		{ ALGORITHM_SHA256, NID_sha256, V_ASN1_NULL },
		{ ALGORITHM_KEY_RSA, NID_rsaEncryption, V_ASN1_NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view v = oid_algorithm(cases[i].algorithm);
		X509_ALGOR *alg = X509_ALGOR_new();
		unsigned char *want = NULL;

		assert_int_equal(X509_ALGOR_set0(alg, OBJ_nid2obj(cases[i].nid),
					 cases[i].parameters, NULL),
			1);
		assert_int_equal(i2d_X509_ALGOR(alg, &want), v.len);
		assert_memory_equal(v.data, want, v.len);
		OPENSSL_free(want);
		X509_ALGOR_free(alg);
	}
}

/* RFC 4055 3.1: hash and mask with one hash, a salt of its length. */
static void check_pss(struct view v, int hash, long salt)
{
	const unsigned char *p = v.data;
	X509_ALGOR *alg = d2i_X509_ALGOR(NULL, &p, (long)v.len);
	RSA_PSS_PARAMS *pss;
	X509_ALGOR *mask;

	assert_non_null(alg);
	assert_ptr_equal(p, v.data + v.len);
	assert_int_equal(OBJ_obj2nid(alg->algorithm), NID_rsassaPss);
	pss = ASN1_TYPE_unpack_sequence(
		ASN1_ITEM_rptr(RSA_PSS_PARAMS), alg->parameter);
	assert_non_null(pss);
	assert_int_equal(OBJ_obj2nid(pss->hashAlgorithm->algorithm), hash);
	assert_int_equal(
		OBJ_obj2nid(pss->maskGenAlgorithm->algorithm), NID_mgf1);
	mask = ASN1_TYPE_unpack_sequence(
		ASN1_ITEM_rptr(X509_ALGOR), pss->maskGenAlgorithm->parameter);
	assert_non_null(mask);
	assert_int_equal(OBJ_obj2nid(mask->algorithm), hash);
	assert_int_equal(ASN1_INTEGER_get(pss->saltLength), salt);
	assert_null(pss->trailerField);
	X509_ALGOR_free(mask);
	RSA_PSS_PARAMS_free(pss);
	X509_ALGOR_free(alg);
}

/* RFC 5480 2.1.1: a key on a named curve. */
static void check_curve(struct view v, int curve)
{
	const unsigned char *p = v.data;
	X509_ALGOR *alg = d2i_X509_ALGOR(NULL, &p, (long)v.len);

	assert_non_null(alg);
	assert_ptr_equal(p, v.data + v.len);
	assert_int_equal(OBJ_obj2nid(alg->algorithm), NID_X9_62_id_ecPublicKey);
	assert_int_equal(alg->parameter->type, V_ASN1_OBJECT);
	assert_int_equal(OBJ_obj2nid(alg->parameter->value.object), curve);
	X509_ALGOR_free(alg);
}

static void algorithms_ec_keys_say_their_curve(void **state)
{
	(void)state;
	check_curve(oid_algorithm(ALGORITHM_KEY_P256), NID_X9_62_prime256v1);
	check_curve(oid_algorithm(ALGORITHM_KEY_P384), NID_secp384r1);
}

static void algorithms_pss_say_hash_mask_and_salt(void **state)
{
	(void)state;
	check_pss(oid_algorithm(ALGORITHM_PSS_SHA256), NID_sha256, 32);
	check_pss(oid_algorithm(ALGORITHM_PSS_SHA384), NID_sha384, 48);
	check_pss(oid_algorithm(ALGORITHM_PSS_SHA512), NID_sha512, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_every_oid_is_its_dotted_form),
		cmocka_unit_test(list_no_oid_is_another),
		cmocka_unit_test(algorithms_plain_as_openssl_writes_them),
		cmocka_unit_test(algorithms_ec_keys_say_their_curve),
		cmocka_unit_test(algorithms_pss_say_hash_mask_and_salt),
	};

	return cmocka_run_group_tests_name("oid", tests, NULL, NULL);
}
