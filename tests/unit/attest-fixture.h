/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ATTEST_FIXTURE_H
#define TEST_ATTEST_FIXTURE_H

/* A TPM keystore that attests and activates, on a software TPM as its vendor
 * ships it. Everything asserts. */

#include <openssl/evp.h>
#include <stdbool.h>

#include "challenge.h"
#include "keystore.h"
#include "swtpm.h"
#include "tpm-public.h"

struct attest_fixture {
	struct swtpm tpm;
	struct keystore *ks; /* owned; NULL while others are connected */
	/* What attest_now() gave last. */
	struct keystore_attest said;
	struct tpm_public idevid, iak;
};

/* For cmocka; no keystore is open. Without: a TPM without EK certificate. */
int attest_setup(void **state);
int attest_setup_without_ek(void **state);
int attest_teardown(void **state);

/* Ends the connection; whatever is left in the TPM then stays. */
void attest_open(struct attest_fixture *f, bool faulty);
void attest_close(struct attest_fixture *f);

/* Opens, and makes both keys; closes, and removes them. */
void attest_create(struct attest_fixture *f, enum key_alg alg);
void attest_remove(struct attest_fixture *f);

/* Attests, and reads both public areas. */
void attest_now(struct attest_fixture *f);

/* No session and no transient object is in the TPM; opens the keystore anew. */
void attest_nothing_left(struct attest_fixture *f);

/* The key of the EK certificate; the caller's. */
EVP_PKEY *attest_ek(const struct attest_fixture *f);

/* A credential for @ek (taken) and the object @name. */
struct challenge attest_credential(
	EVP_PKEY *ek, const struct tpm_public *object);

/* Activates; when it succeeds the secret is the one of the credential. */
enum devid_err attest_activate(struct attest_fixture *f,
	const struct challenge *ch, struct devid_error *err);

/* The whole way, with an EK of @ek_type (EVP_PKEY_RSA, EVP_PKEY_EC). */
void attest_proves_itself(struct attest_fixture *f, int ek_type);

#endif
