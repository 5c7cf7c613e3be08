/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "publish-fixture.h"

#include <assert.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char *pem_of(X509 *first, X509 *second)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem;
	long len;

	assert(PEM_write_bio_X509(bio, first) == 1);
	assert(PEM_write_bio_X509(bio, second) == 1);
	len = BIO_get_mem_data(bio, &data);
	pem = strndup(data, (size_t)len);
	BIO_free(bio);
	assert(pem);
	return pem;
}

void publish_fixture_open(
	struct publish_fixture *f, const char *instance, struct ca *ret)
{
	static const struct build_urls urls = { .crl = "http://ca.test/i.crl" };

	memset(ret, 0, sizeof(*ret));
	ret->conf = &f->conf;
	ret->cert = X509_dup(f->build.ca);
	ret->signer = f->build.ca_key; /* the fixture's */
	assert(build_issuer_new(ret->cert, ret->signer, &urls, &ret->issuer,
		       NULL) == DEVID_OK);
	assert(X509_NAME_digest(X509_get_subject_name(ret->cert), EVP_sha256(),
		       ret->issuer_hash, NULL) == 1);
	ret->chain_pem = pem_of(f->build.ca, f->build.root);
	assert(register_open(f->conf.reg, instance, &ret->reg, NULL) ==
		DEVID_OK);
}

void publish_fixture_close(struct ca *ca)
{
	ca->signer = NULL;
	ca_done(ca);
}

void publish_fixture_init(struct publish_fixture *f, const char *uri)
{
	memset(f, 0, sizeof(*f));
	build_fixture_init(&f->build, "p256");
	f->dir = tempdir_new();
	f->conf.name = strdup("unit");
	f->conf.publish = strdup(tempdir_file(&f->dir, "www"));
	assert(mkdir(f->conf.publish, 0755) == 0);
	if (uri)
		f->conf.reg = strdup(uri);
	else
		assert(asprintf(&f->conf.reg, "sqlite:%s",
			       tempdir_file(&f->dir, "register.db")) > 0);
	f->conf.delta_url = strdup("http://ca.test/i-delta.crl");
	f->conf.crl_hours = 168;
	f->conf.delta_hours = 24;
	f->conf.ocsp_hours = 72;
	publish_fixture_open(f, "one", &f->ca);
}

void publish_fixture_done(struct publish_fixture *f)
{
	publish_fixture_close(&f->ca);
	ca_conf_done(&f->conf);
	tempdir_remove(&f->dir);
	build_fixture_done(&f->build);
}

static void add_cert(struct publish_fixture *f, int64_t device,
	const char *serial, enum key_role role, uint8_t number[SERIAL_LEN])
{
	struct build_devid what = build_fixture_devid(&f->build, number);
	struct register_cert row = { .device = device,
		.role = role,
		.serial_len = SERIAL_LEN,
		.created = FIXTURE_NOW };
	struct blob der;

	what.role = role;
	what.serial = serial;
	assert(build_serial(number, NULL) == DEVID_OK);
	assert(build_devid(f->ca.issuer, &what, &der, NULL) == DEVID_OK);
	row.der = der.data;
	row.der_len = der.len;
	memcpy(row.issuer, f->ca.issuer_hash, 32);
	memcpy(row.serial, number, SERIAL_LEN);
	memcpy(row.key_fingerprint, number, SERIAL_LEN); /* any, all differ */
	assert(register_cert_add(f->ca.reg, &row, NULL) == DEVID_OK);
	blob_done(&der);
}

void publish_fixture_device(struct publish_fixture *f, const char *serial,
	uint8_t ret[N_KEY_ROLES][SERIAL_LEN])
{
	struct register_device device = { .created = FIXTURE_NOW,
		.model = "M1",
		.tpm_vendor = "id:49424d00",
		.tpm_model = "swtpm",
		.tpm_firmware = "id:20230101",
		.station = "line-1" };

	(void)snprintf(device.serial, sizeof(device.serial), "%s", serial);
	assert(EVP_Digest(serial, strlen(serial), device.ek_fingerprint, NULL,
		       EVP_sha256(), NULL) == 1);
	assert(register_begin(f->ca.reg, NULL) == DEVID_OK);
	assert(register_device_add(f->ca.reg, &device, NULL) == DEVID_OK);
	for (int i = 0; i < N_KEY_ROLES; i++)
		add_cert(f, device.id, serial, (enum key_role)i, ret[i]);
	assert(register_commit(f->ca.reg, NULL) == DEVID_OK);
}

void publish_fixture_revoke(struct publish_fixture *f,
	const uint8_t serial[SERIAL_LEN], int64_t when, int reason)
{
	const struct der_view number = { serial, SERIAL_LEN };
	struct register_cert cert;

	assert(register_begin(f->ca.reg, NULL) == DEVID_OK);
	assert(register_cert_by_serial(f->ca.reg, f->ca.issuer_hash, number,
		       &cert, NULL) == DEVID_OK);
	assert(register_cert_revoke(f->ca.reg, cert.id, when, reason, NULL) ==
		DEVID_OK);
	assert(register_commit(f->ca.reg, NULL) == DEVID_OK);
}

void publish_fixture_delegate(struct publish_fixture *f, int64_t not_after)
{
	struct signer *key = memory_signer_new("p256");
	struct build_ca what = { .cn = "OCSP 1",
		.ocsp_signer = true,
		.key = key->public_key,
		.not_before = FIXTURE_NOW,
		.not_after = not_after };
	struct blob der;

	assert(build_ca(f->ca.issuer, NULL, &what, &der, NULL) == DEVID_OK);
	f->ca.ocsp_signer = key; /* ca_done() frees both */
	f->ca.ocsp_cert = build_fixture_x509(&der);
}
