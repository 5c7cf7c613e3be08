/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CERTS_H
#define TEST_CERTS_H

/*
 * Certificates for tests, written octet by octet so that a single field can
 * be wrong in ways that no library would write. A test takes a good
 * specification, changes one thing and signs. Everything asserts; nothing
 * returns an error. Hex strings may hold spaces.
 */

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#define CERTS_MAX     6000
#define CERTS_EXT_MAX 40

struct certs_buf {
	uint8_t data[CERTS_MAX];
	size_t len;
};

struct certs_ext {
	const char *oid;      /* content octets in hex */
	const char *critical; /* "" absent, "ff" TRUE, "00" FALSE written */
	const char *value;    /* hex, or "SKI" or "AKI" for the right one */
};

struct certs_node {
	EVP_PKEY *key;            /* owned */
	struct certs_buf der;     /* the certificate */
	struct certs_buf subject; /* Name with its header */
};

struct certs_spec {
	const char *version;               /* hex of the whole field */
	const char *serial;                /* hex of the content */
	const char *inner_alg, *outer_alg; /* hex, NULL: what fits */
	const char *digest;
	const char *not_before, *not_after; /* "U..." UTCTime, "G..." */
	const char *cn, *sn;                /* NULL: left out */
	const char *subject;                /* hex that replaces it, or NULL */
	const char *issuer;                 /* the same */
	const char *spki;                   /* the same */
	const char *tail;                   /* hex before the extensions */
	const char *behind;                 /* hex behind the certificate */
	struct certs_ext ext[CERTS_EXT_MAX];
	size_t n_ext;
};

#define CERTS_OID_SKI "551d0e"
#define CERTS_OID_KU  "551d0f"
#define CERTS_OID_SAN "551d11"
#define CERTS_OID_BC  "551d13"
#define CERTS_OID_NC  "551d1e"
#define CERTS_OID_CP  "551d20"
#define CERTS_OID_AKI "551d23"
#define CERTS_OID_EKU "551d25"

/* HardwareModuleName of a TPM 2.0, serial "IBM:a1:c0ffee". */
#define CERTS_HW_VALUE "3016 0605 6781050102 040d 49424d3a61313a633066666565"
#define CERTS_HW_NAME  "a024 0608 2b06010505070804 a018" CERTS_HW_VALUE
#define CERTS_SAN      "3026" CERTS_HW_NAME

/* Policies verifiedTPMResidency and verifiedTPMFixed. */
#define CERTS_POLICIES "3014 3008 0606 6781050b0101 3008 0606 6781050b0102"

/* Parses hex. */
struct certs_buf certs_hex(const char *hex);
struct certs_buf certs_tlv(uint8_t tag, const struct certs_buf *content);
void certs_append(struct certs_buf *buf, const void *data, size_t len);

/* Good specifications: serial number "ACCC8E000001", model "M1". */
struct certs_spec certs_ca_spec(const char *cn);
struct certs_spec certs_idevid_spec(void);

/* Sets the extension @oid, or adds it; NULL @value takes it away. */
void certs_set_ext(struct certs_spec *spec, const char *oid,
	const char *critical, const char *value);

/* A new key: "P-256", "P-384", "P-521", "ED25519"...; of "RSA:2048" and so on
 * the next in rsa-keys.h. */
EVP_PKEY *certs_key(const char *type);

/* Certifies @key (taken) below @issuer (NULL: by itself). */
struct certs_node certs_sign(const struct certs_spec *spec, EVP_PKEY *key,
	const struct certs_node *issuer);
void certs_done(struct certs_node *node);

/* The certificate decoded; free with X509_free(). */
X509 *certs_x509(const struct certs_node *node);

/* PEM of @n certificates, leaf first; free with free(). */
char *certs_pem(const struct certs_node *const *nodes, size_t n);

#endif
