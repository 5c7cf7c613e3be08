/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca-seed CONFIG FOLDER SERIAL...: puts devices with software keys into a
 * CA's register, certified by the key in its token, so that tests of what
 * comes after issuing need no TPMs. FOLDER gets SERIAL-idevid.pem and
 * SERIAL-iak.pem. Nothing of the proof is asked: never installed.
 */
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca.h"
#include "build-cert.h"
#include "ca-conf.h"
#include "ca-open.h"
#include "register-cert.h"
#include "register-device.h"

static void check(enum devid_err rc, const struct devid_error *err)
{
	if (rc == DEVID_OK)
		return;
	(void)fprintf(stderr, "ca-seed: %s\n", devid_error_text(err));
	exit(1);
}

static void require(int good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "ca-seed: %s\n", what);
	exit(1);
}

static void make_key(struct key_blob *ret)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	unsigned char *p = ret->data;
	int len = i2d_PUBKEY(key, &p);

	require(len > 0, "no key");
	ret->len = (size_t)len;
	EVP_PKEY_free(key);
}

static void write_cert(const char *folder, const struct build_devid *what,
	const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	X509 *cert = d2i_X509(NULL, &p, (long)len);
	char path[512];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s-%s.pem", folder, what->serial,
		key_role_name(what->role));
	out = fopen(path, "w");
	require(out && PEM_write_X509(out, cert) == 1 && fclose(out) == 0,
		path);
	X509_free(cert);
}

static void certify(struct ca *ca, const struct register_device *device,
	enum key_role role, const char *folder)
{
	struct register_cert row = { .device = device->id,
		.role = role,
		.alg = KEY_ALG_P256,
		.serial_len = SERIAL_LEN,
		.created = device->created };
	struct devid_error err = { DEVID_OK, "" };
	struct key_blob spki;
	struct build_devid what = { .role = role,
		.spki = &spki,
		.cert_serial = row.serial,
		.not_before = (time_t)device->created - 60,
		.serial = device->serial,
		.model = device->model,
		.hw_serial = "IBM :00:00",
		.ek_fingerprint = device->ek_cert_fingerprint };
	struct blob der;

	make_key(&spki);
	check(build_serial(row.serial, &err), &err);
	check(build_devid(ca->issuer, &what, &der, &err), &err);
	row.der = der.data;
	row.der_len = der.len;
	memcpy(row.issuer, ca->issuer_hash, 32);
	require(EVP_Digest(spki.data, spki.len, row.key_fingerprint, NULL,
			EVP_sha256(), NULL) == 1,
		"no SHA-256");
	check(register_cert_add(ca->reg, &row, &err), &err);
	write_cert(folder, &what, der.data, der.len);
	blob_done(&der);
}

static void add_device(struct ca *ca, const char *serial, const char *folder)
{
	struct register_device device = { .created = (int64_t)time(NULL),
		.model = "M1",
		.tpm_vendor = "IBM",
		.station = "seed" };
	struct devid_error err = { DEVID_OK, "" };

	(void)snprintf(device.serial, sizeof(device.serial), "%s", serial);
	require(EVP_Digest(serial, strlen(serial), device.ek_fingerprint, NULL,
			EVP_sha256(), NULL) == 1,
		"no SHA-256");
	check(register_begin(ca->reg, &err), &err);
	check(register_device_add(ca->reg, &device, &err), &err);
	certify(ca, &device, KEY_ROLE_IDEVID, folder);
	certify(ca, &device, KEY_ROLE_IAK, folder);
	check(register_commit(ca->reg, &err), &err);
}

int main(int argc, char **argv)
{
	struct pin_source pin = { .fd = -1 };
	struct devid_error err = { DEVID_OK, "" };
	struct ca_conf conf;
	struct ca ca;

	require(argc > 3, "usage: ca-seed CONFIG FOLDER SERIAL...");
	check(ca_conf_load(argv[1], &conf, &err), &err);
	check(ca_open(&conf, CA_OPEN_REGISTER | CA_OPEN_TOKEN, &pin, &ca, &err),
		&err);
	for (int i = 3; i < argc; i++)
		add_device(&ca, argv[i], argv[2]);
	ca_done(&ca);
	ca_conf_done(&conf);
	return 0;
}
