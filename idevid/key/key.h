/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_H
#define DEVID_KEY_H

/*
 * What holds the private keys: a TPM 2.0 today, a PKCS#11 module later. A
 * keystore does what it is told; who may ask and what may be signed is
 * decided above it (keyd-policy.h, purpose.h).
 *
 * It is used by one thread. Every call may take as long as one or a few TPM
 * commands and none waits for anything else.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The keys of TCG "TPM 2.0 Keys for Device Identity and Attestation". */
enum key_role {
	KEY_ROLE_IDEVID,
	KEY_ROLE_IAK,
};
#define N_KEY_ROLES 2

enum key_alg {
	KEY_ALG_NONE = 0,
	KEY_ALG_P256 = 1,
	KEY_ALG_P384 = 2,
	KEY_ALG_RSA2048 = 3,
};

enum sig_scheme {
	SIG_ECDSA = 1,  /* DER ECDSA-Sig-Value, RFC 3279 2.2.3 */
	SIG_RSASSA = 2, /* PKCS#1 v1.5, RFC 8017 8.2 */
	SIG_RSAPSS = 3, /* salt as long as the hash, RFC 8017 8.1 */
};

/* Hash algorithms by their TPM_ALG_ID (TCG Algorithm Registry). */
enum sig_hash {
	HASH_SHA256 = 0x000b,
	HASH_SHA384 = 0x000c,
	HASH_SHA512 = 0x000d,
};

#define KEY_SIG_MAX  512  /* RSA-4096 */
#define KEY_SPKI_MAX 1024 /* as KEYREF_SPKI_MAX */
#define KEY_CERT_MAX 2048 /* largest NV index of a PC Client TPM */

struct key_blob {
	size_t len;
	uint8_t data[KEY_CERT_MAX];
};

/* One signature, in the form of its scheme. */
struct key_sig {
	size_t len;
	uint8_t data[KEY_SIG_MAX];
};

struct key_sign {
	enum sig_scheme scheme;
	enum sig_hash hash;
	const uint8_t *digest; /* borrowed; as long as @hash gives */
	size_t digest_len;
};

/* What the module states of its keys, for the manufacturer's CA (TCG 13.1). */
struct wire_attest {
	struct key_blob ek_cert;     /* DER */
	struct key_blob iak_pub;     /* TPMT_PUBLIC */
	struct key_blob idevid_pub;  /* TPMT_PUBLIC */
	struct key_blob certify;     /* TPMS_ATTEST over the IDevID */
	struct key_blob certify_sig; /* TPMT_SIGNATURE by the IAK */
};

#define WIRE_CREDENTIAL_PART_MAX 600 /* of each part: RSA-4096 fits */
#define WIRE_SECRET_MAX          64  /* TPM2B_DIGEST with SHA-512 */

/* What TPM2_MakeCredential makes (TPM 2.0 part 3, 12.6); views, borrowed. */
struct wire_credential {
	const uint8_t *id_object; /* TPM2B_ID_OBJECT */
	size_t id_object_len;
	const uint8_t *enc_secret; /* TPM2B_ENCRYPTED_SECRET */
	size_t enc_secret_len;
};

/* To be erased with OPENSSL_cleanse(). */
struct wire_secret {
	size_t len;
	uint8_t data[WIRE_SECRET_MAX];
};

struct keystore {
	const struct keystore_ops *ops; /* borrowed, static */
};

/*
 * All calls return TPM_ABSENT, TPM_LOCKOUT or TPM_FAILURE for those three
 * states of the module and TPM for any other refusal by it.
 */
struct keystore_ops {
	const char *name;

	/* Releases everything, *@ks included. */
	void (*free)(struct keystore *ks);

	/* Asks the module how it is. */
	enum devid_err (*health)(struct keystore *ks, struct devid_error *err);

	/*
	 * The public key (DER SubjectPublicKeyInfo) of the persistent key.
	 * Errors: NOT_FOUND when there is none.
	 */
	enum devid_err (*load)(struct keystore *ks, enum key_role role,
		struct key_blob *ret_spki, struct devid_error *err);

	/*
	 * Makes the key and makes it persistent. With @expected not NULL, the
	 * key that has exactly this public key is derived again, or nothing
	 * is changed and MISMATCH returned. Errors: EXISTS when the place is
	 * taken by another key.
	 */
	enum devid_err (*create)(struct keystore *ks, enum key_role role,
		enum key_alg alg, const struct key_blob *expected,
		struct devid_error *err);

	/* One signature: one TPM command when the key has been loaded. */
	enum devid_err (*sign)(struct keystore *ks, enum key_role role,
		const struct key_sign *what, struct key_sig *ret,
		struct devid_error *err);

	/* The DER certificate stored beside the key. Errors: NOT_FOUND. */
	enum devid_err (*cert_read)(struct keystore *ks, enum key_role role,
		struct key_blob *ret_der, struct devid_error *err);

	/* Stores and locks it. Errors: EXISTS when another one is there. */
	enum devid_err (*cert_write)(struct keystore *ks, enum key_role role,
		const struct key_blob *der, struct devid_error *err);

	/* The certificates above it, one behind the other. Errors:
	 * NOT_FOUND. */
	enum devid_err (*issuers_read)(struct keystore *ks, enum key_role role,
		struct key_blob *ret_der, struct devid_error *err);

	/* Stores them in place of those that are there. */
	enum devid_err (*issuers_write)(struct keystore *ks, enum key_role role,
		const struct key_blob *der, struct devid_error *err);

	/*
	 * The certificate of the endorsement key, and the IAK's word that the
	 * IDevID is in the same module. Errors: NOT_FOUND when a key is not
	 * there or the module has no EK certificate.
	 */
	enum devid_err (*attest)(struct keystore *ks, struct wire_attest *ret,
		struct devid_error *err);

	/*
	 * Opens a credential that was made for the endorsement key and the
	 * IAK. Errors: SYNTAX, MISMATCH (made for another module or another
	 * IAK), NOT_FOUND as above.
	 */
	enum devid_err (*activate)(struct keystore *ks,
		const struct wire_credential *what, struct wire_secret *ret,
		struct devid_error *err);
};

/* Whether both hold the same bytes; neither is secret. */
bool key_blob_equal(const struct key_blob *a, const struct key_blob *b);

/* "idevid" or "iak". */
const char *key_role_name(enum key_role role);

/* "p256", "p384", "rsa2048" or "none". */
const char *key_alg_name(enum key_alg alg);

/* The algorithm with that name, KEY_ALG_NONE when there is none. */
enum key_alg key_alg_by_name(const char *name);

/* The algorithm of a DER SubjectPublicKeyInfo, NONE when it is not ours. */
enum key_alg key_alg_of_spki(const uint8_t *spki, size_t len);

/* Digest length in bytes of @hash, 0 when it is none of ours. */
size_t sig_hash_len(unsigned hash);

/* Whether a key of @alg makes signatures with @scheme and @hash (802.1AR
 * signature suites; TCG template H-2 and H-3 fix the hash of an EC key). */
int key_alg_allows(enum key_alg alg, unsigned scheme, unsigned hash);

#endif
