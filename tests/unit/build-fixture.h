/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_BUILD_FIXTURE_H
#define TEST_BUILD_FIXTURE_H

/* A root and an issuing CA made by build.h with keys in memory. Asserts. */

#include "build.h"
#include "memory-signer.h"

#define FIXTURE_NOW 1700000000 /* 2023-11-14 */

struct build_fixture {
	struct signer *root_key, *ca_key; /* owned */
	X509 *root, *ca;                  /* owned */
	struct build_issuer *issuer;      /* owned: of ca */
	struct build_issuer *root_issuer; /* owned */
	struct keystore_blob spki;        /* a device's */
	uint8_t ek_fingerprint[32];
};

/* @alg: of the issuing CA; the root is P-384. The root's URLs are none, the
 * CA's http://ca.test/i.crl, /ocsp, /i.cer. */
void build_fixture_init(struct build_fixture *f, const char *alg);
void build_fixture_done(struct build_fixture *f);

/* A good IDevID to be, serial number "ACCC8E000001", model "M1". */
struct build_devid build_fixture_devid(
	struct build_fixture *f, const uint8_t cert_serial[SERIAL_LEN]);

/* The public key of a new P-256 key, or the one of @key (borrowed). */
struct keystore_blob build_fixture_spki(EVP_PKEY *key);

/* DER to certificate; takes what @der has. */
X509 *build_fixture_x509(struct blob *der);

#endif
