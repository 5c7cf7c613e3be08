/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CSR_FIXTURE_H
#define TEST_CSR_FIXTURE_H

/*
 * A TCG-CSR-IDEVID as a genuine device would make it, from keys that the test
 * holds: EK with its vendor's certificate, IAK, IDevID. A test changes one part
 * and encodes; what depends on that part (Names, signatures, hash) follows,
 * so that one rule of the CA is tripped and no other. Everything asserts.
 */

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_tpm2_types.h>

#include "certs.h"
#include "challenge.h"
#include "keystore.h"
#include "tcg-csr.h"

#define CSR_FIXTURE_MODEL  "M1"
#define CSR_FIXTURE_SERIAL "ACCC8E000001"

/* directoryName of the EK certificate: manufacturer id:49424D00 ("IBM"), model
 * "swtpm", version id:20191023. */
#define CSR_FIXTURE_EK_SAN                                                     \
	"3046 a444 3042"                                                       \
	"31163014060567810502010c0b69643a3439343234443030"                     \
	"3110300e060567810502020c05737774706d"                                 \
	"31163014060567810502030c0b69643a3230313931303233"

#define CERTS_OID_SDA "551d09" /* subjectDirectoryAttributes */
/* TPMSpecification: family "2.0", level 0, revision 138. */
#define CSR_FIXTURE_EK_SPECIFICATION                                           \
	"3019301706056781050210310e300c0c03322e300201000202008a"

struct csr_fixture {
	/* Keys; all owned. "other" is of the type of the IDevID. */
	EVP_PKEY *ek, *iak, *idevid, *other;
	/* The TPM vendor: root, and the CA below it that issues; owned. */
	struct certs_node vendor_root, vendor_ca;

	/* ---- what a test may change before it encodes ---- */
	struct certs_spec ek_spec;          /* certificate of the EK */
	const struct certs_node *ek_issuer; /* borrowed; vendor_ca */
	TPMT_PUBLIC iak_area, idevid_area;
	/* The certification. attested.certify.name of size 0: the IDevID's */
	TPMS_ATTEST attest;
	EVP_PKEY *certifier; /* borrowed; signs the certification: iak */
	EVP_PKEY *signer;    /* borrowed; signs the request: idevid */
	uint32_t hash_alg;   /* of csrContents */
	bool bad_hash;       /* one bit of it is turned before signing */
	const char *model, *serial;
	/* Replace a payload, or the request's signature, when data is not
	 * NULL; borrowed. What is signed or hashed over them follows. */
	struct der_view payload[TCG_CSR_N_FIELDS];
	struct der_view signature;

	/* ---- what encoding makes ---- */
	struct certs_node ek_cert; /* owned */
	uint8_t data[TCG_CSR_MAX]; /* the request */
	size_t len;
	uint8_t iak_name[66], idevid_name[66];
	size_t iak_name_len, idevid_name_len;
};

/*
 * A good device: IAK and IDevID of the template for @alg, EK of type @ek
 * ("RSA:2048", "RSA:3072", "P-256", "P-384"). The caller encodes, and ends
 * with csr_fixture_done().
 */
void csr_fixture_new(struct csr_fixture *f, enum key_alg alg, const char *ek);
void csr_fixture_done(struct csr_fixture *f);

/* Builds the request from the parts as they are now; may be called again. */
void csr_fixture_encode(struct csr_fixture *f);

/* Puts the public part of @key (of the area's type) into @area. */
void csr_fixture_set_key(TPMT_PUBLIC *area, EVP_PKEY *key);

/* @area's Name into @name of 66 bytes; its length. */
size_t csr_fixture_name(const TPMT_PUBLIC *area, uint8_t *name);

/* @attest as it is signed, into @buf; its length. */
size_t csr_fixture_attest(const TPMS_ATTEST *attest, uint8_t *buf, size_t size);

/* TPMT_SIGNATURE by @key over @message, in the scheme of @area; for one
 * without, RSASSA. Into @buf of 600 bytes; its length. */
size_t csr_fixture_sign(EVP_PKEY *key, const TPMT_PUBLIC *area,
	struct der_view message, uint8_t *buf);

/* PEM of the vendor's root and CA; free with free(). */
char *csr_fixture_trust_pem(const struct csr_fixture *f);

/*
 * What TPM2_ActivateCredential does in a TPM with the private @ek that holds
 * the object @name: the answer to @challenge into @secret. False when the
 * integrity check fails, as for another EK or Name.
 */
bool csr_fixture_activate(EVP_PKEY *ek, struct der_view name,
	const struct challenge *challenge,
	uint8_t secret[CHALLENGE_SECRET_LEN]);

#endif
