/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "build-fixture.h"

#include <assert.h>
#include <openssl/ec.h>
#include <stdlib.h>
#include <string.h>

X509 *build_fixture_x509(struct blob *der)
{
	const unsigned char *p = der->data;
	X509 *cert = d2i_X509(NULL, &p, (long)der->len);

	assert(cert && p == der->data + der->len);
	blob_done(der);
	return cert;
}

struct keystore_blob build_fixture_spki(EVP_PKEY *key)
{
	EVP_PKEY *made = key ? NULL : EVP_EC_gen("P-256");
	struct keystore_blob spki = { 0 };
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key ? key : made, &der);

	assert(len > 0 && (size_t)len <= sizeof(spki.data));
	memcpy(spki.data, der, (size_t)len);
	spki.len = (size_t)len;
	OPENSSL_free(der);
	EVP_PKEY_free(made);
	return spki;
}

void build_fixture_init(struct build_fixture *f, const char *alg)
{
	static const struct build_urls none, urls = {
		.crl = "http://ca.test/i.crl",
		.ocsp = "http://ca.test/ocsp",
		.issuer = "http://ca.test/i.cer",
	};
	struct build_ca what = { .org = "Acme",
		.cn = "Acme Root",
		.pathlen = -1,
		.not_before = FIXTURE_NOW };
	struct blob der;

	memset(f, 0, sizeof(*f));
	f->root_key = memory_signer_new("p384");
	f->ca_key = memory_signer_new(alg);
	what.key = f->root_key->public_key;
	assert(build_ca(NULL, f->root_key, &what, &der, NULL) == DEVID_OK);
	f->root = build_fixture_x509(&der);
	assert(build_issuer_new(f->root, f->root_key, &none, &f->root_issuer,
		       NULL) == DEVID_OK);
	what.cn = "Acme Issuing 1";
	what.key = f->ca_key->public_key;
	what.pathlen = 0;
	assert(build_ca(f->root_issuer, NULL, &what, &der, NULL) == DEVID_OK);
	f->ca = build_fixture_x509(&der);
	assert(build_issuer_new(f->ca, f->ca_key, &urls, &f->issuer, NULL) ==
		DEVID_OK);
	f->spki = build_fixture_spki(NULL);
	for (size_t i = 0; i < sizeof(f->ek_fingerprint); i++)
		f->ek_fingerprint[i] = (uint8_t)(0xe0 + i);
}

void build_fixture_done(struct build_fixture *f)
{
	build_issuer_free(f->issuer);
	build_issuer_free(f->root_issuer);
	X509_free(f->ca);
	X509_free(f->root);
	signer_free(f->ca_key);
	signer_free(f->root_key);
}

struct build_devid build_fixture_devid(
	struct build_fixture *f, const uint8_t cert_serial[SERIAL_LEN])
{
	return (struct build_devid) {
		.role = KEY_ROLE_IDEVID,
		.spki = &f->spki,
		.cert_serial = cert_serial,
		.not_before = FIXTURE_NOW,
		.serial = "ACCC8E000001",
		.model = "M1",
		.hw_serial = "STM :A1AD:0102",
		.ek_fingerprint = f->ek_fingerprint,
	};
}
