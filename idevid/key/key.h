/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_H
#define DEVID_KEY_H

/* Names of keys, of algorithms and of hashes, and what a key makes. */

#include "role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_alg {
	KEY_ALG_NONE = 0,
	KEY_ALG_P256 = 1,
	KEY_ALG_P384 = 2,
	KEY_ALG_RSA2048 = 3,
	KEY_ALG_RSA3072 = 4,
	KEY_ALG_RSA4096 = 5,
};
#define KEY_ALG_LAST KEY_ALG_RSA4096

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

/* Certificates of a chain that a device keeps, its own included and without
 * the root: root rollover makes two above it; a limit of ours. */
#define KEY_CHAIN_MAX 4

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

/* Whether both hold the same bytes; neither is secret. */
bool key_blob_equal(const struct key_blob *a, const struct key_blob *b);

/* "p256", "p384", "rsa2048", "rsa3072", "rsa4096" or "none". */
const char *key_alg_name(enum key_alg alg);

/* The same for messages: "P-256", "RSA-2048". */
const char *key_alg_title(enum key_alg alg);

/* All names for a usage message: KEY_ALG_NAMES, and as text. */
#define KEY_ALG_NAMES "p256|p384|rsa2048|rsa3072|rsa4096"
#define KEY_ALG_LIST  "p256, p384, rsa2048, rsa3072 or rsa4096"

/* Why there is no key of a type that has a name but is none of ours, for
 * somebody who asked for it ("p521"): one sentence, static; NULL: never heard
 * of it. */
const char *key_alg_why_not(const char *name);

/* Whether @alg, which may be any number, is one that a key can have. */
bool key_alg_is_known(enum key_alg alg);

/* Whether IEEE 802.1AR (clause 9) has a signature suite with @alg. A device
 * installs an IDevID of another only when it is told to. */
bool key_alg_has_suite(enum key_alg alg);

/* The algorithm with that name, KEY_ALG_NONE when there is none. */
enum key_alg key_alg_by_name(const char *name);

/* The algorithm of a DER SubjectPublicKeyInfo, NONE when it is not ours. */
enum key_alg key_alg_of_spki(const uint8_t *spki, size_t len);

/* Digest length in bytes of @hash, 0 when it is none of ours. */
size_t sig_hash_len(unsigned hash);

/* Whether it is an RSA key, and of how many bits; 0: it is not. */
unsigned key_alg_rsa_bits(enum key_alg alg);

/* How a key of @alg signs a request where nobody asks for anything else. */
enum sig_scheme key_alg_scheme(enum key_alg alg);
enum sig_hash key_alg_hash(enum key_alg alg);

/* Whether a key of @alg makes signatures with @scheme and @hash (802.1AR
 * signature suites, to which RSA-3072 and RSA-4096 are an addition of ours;
 * TCG template H-2 and H-3 fix the hash of an EC key). */
int key_alg_allows(enum key_alg alg, unsigned scheme, unsigned hash);

#endif
