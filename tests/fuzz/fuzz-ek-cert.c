/* SPDX-License-Identifier: Apache-2.0 */
/* An EK certificate as an NV index holds it: reading, profile, key, chain and
 * policy. Seeds: make-ek-seeds.c.
 * covers: EK-3-certificate */
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ek-cert.h"
#include "ek-trust.h"
#include "ek-policy.h"
#include "ek-profile.h"

/* The root of the seeds; its key is lost. */
static const char root_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBgzCCASmgAwIBAgIIESIzRFVmd4gwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ\n"
	"RnV6eiBSb290MCAXDTIwMDEwMTAwMDAwMFoYDzk5OTkxMjMxMjM1OTU5WjAUMRIw\n"
	"EAYDVQQDDAlGdXp6IFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ0lhz+\n"
	"Nku4CI9aMHejJ3EnwKM1lARrKmMR8KnPOz/Xv6soxXfcr9nF61YuG12X6gXa/fPI\n"
	"sBsC0jYg5iHLlu6io2MwYTAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIB\n"
	"BjAdBgNVHQ4EFgQUIGeJIW5jH0wPY3O4DvDwyNwxJy0wHwYDVR0jBBgwFoAUIGeJ\n"
	"IW5jH0wPY3O4DvDwyNwxJy0wCgYIKoZIzj0EAwIDSAAwRQIgeLJUdKUeRm1fdOF3\n"
	"6KAYuApxMooWBL8HnqjhdITp5awCIQDk8fNlAjWW0LMBsWomAFk8EEOyH5tAaR8T\n"
	"TWitO80IQA==\n"
	"-----END CERTIFICATE-----\n";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct ek_trust *trust;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	BIO *bio = BIO_new_mem_buf(root_pem, -1);
	X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	(void)argc;
	(void)argv;
	trust = ek_trust_alloc();
	must(trust && root && X509_STORE_add_cert(trust->store, root) == 1);
	X509_free(root);
	BIO_free(bio);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in = { data, len };
	struct ek_policy policy = { .manufacturers = (char *)"IFX",
		.models = (char *)"SLB 9672",
		.firmware_min = (char *)"IFX=10000",
		.eal_min = 4,
		.fips_min = 1,
		.assertions = true };
	struct devid_error err = { 0 };
	struct ek_cert cert;
	char serial[320];
	enum devid_err first;

	if (ek_cert_parse(in, &cert, &err) != DEVID_OK) {
		must(err.text[0] != '\0' && !ek_cert_has_key(&cert));
		ek_cert_done(&cert);
		return 0;
	}
	must(cert.der.data >= data && cert.der.len <= len &&
		cert.der.data + cert.der.len <= data + len);
	must(strlen(cert.model) < sizeof(cert.model));
	if (ek_cert_check_profile(&cert, NULL) == DEVID_OK)
		must(cert.manufacturer[0] && cert.model[0] && cert.version[0]);
	must((ek_cert_check_key(&cert, NULL) == DEVID_OK) ==
		ek_cert_has_key(&cert));
	(void)!ek_cert_hw_serial(&cert, serial, sizeof(serial), NULL);
	(void)!ek_policy_check(&policy, &cert, NULL);
	/* the issuer that is remembered changes no verdict */
	first = ek_trust_check(trust, &cert, 1700000000, NULL);
	must(ek_trust_check(trust, &cert, 1700000000, NULL) == first);
	ek_cert_done(&cert);
	return 0;
}
