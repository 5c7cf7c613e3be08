/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says of the TPM that its key is in. */
#include "ca-fixture.h"

#include <openssl/pem.h>
#include <stdio.h>

#include "hex.h"

/* The value of the extension @nid of @cert, as long as that is there. */
static struct view extension_of(X509 *cert, int nid)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);
	const ASN1_OCTET_STRING *value;

	assert_true(at >= 0);
	value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	return (struct view) { ASN1_STRING_get0_data(value),
		(size_t)ASN1_STRING_length(value) };
}

/* PermanentIdentifier (RFC 4043 2): SHA-256 of the EK certificate as hex, and
 * who assigns so, 2.23.133.12.1; in both certificates of a device.
 * covers: RFC4043-permanent-identifier TCG-8-certificate */
static void issue_permanent_id_is_hash_of_ek_certificate(void **state)
{
	static const uint8_t assigner[] = { 0x06, 0x05, 0x67, 0x81, 0x05, 0x0c,
		0x01 };
	struct ca_fixture *f = *state;
	const struct certs_buf *ek = &f->device.ek_cert.der;
	uint8_t hash[32], want[2 + 64 + sizeof(assigner)] = { 0x0c, 64 };
	char hex[65];
	BIO *bio;

	ca_fixture_certify(f, &f->device);
	assert_int_equal(
		EVP_Digest(ek->data, ek->len, hash, NULL, EVP_sha256(), NULL),
		1);
	hex_encode(hash, sizeof(hash), hex);
	memcpy(want + 2, hex, 64);
	memcpy(want + 2 + 64, assigner, sizeof(assigner));
	bio = BIO_new_mem_buf(f->output, -1);
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		struct view san;

		assert_non_null(cert);
		san = extension_of(cert, NID_subject_alt_name);
		assert_non_null(memmem(san.data, san.len, want, sizeof(want)));
		X509_free(cert);
	}
	BIO_free(bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			issue_permanent_id_is_hash_of_ek_certificate,
			ca_fixture_new, ca_fixture_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
