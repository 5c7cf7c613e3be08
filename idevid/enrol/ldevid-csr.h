/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_LDEVID_CSR_H
#define DEVID_LDEVID_CSR_H

/*
 * The request for an LDevID (PKCS #10, RFC 2986), as the device writes and the
 * site's registrar reads it. Its subject is the IDevID's serialNumber (IEEE
 * 802.1AR 8.6), its attributes are at most extensionRequest (RFC 2985 5.4.2)
 * and id-aa-attestation (evidence.h).
 */

#include "blob.h"
#include "cert.h"
#include <devid/error.h>
#include <devid/profile.h>
#include "key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* Bytes of a whole request, DER; a limit of ours: evidence and what is asked
 * for besides. */
#define LDEVID_CSR_MAX 24576
/* Extensions that a request may ask for: one of each that is known. */
#define LDEVID_CSR_EXT_MAX 5

/* What a device asks for; all borrowed. */
struct ldevid_csr {
	X509 *idevid; /* its subject's serialNumber is taken */
	STACK_OF(X509_EXTENSION) * extensions; /* NULL: none */
	struct view evidence; /* AttestationBundle, DER; empty: none */
};

/*
 * Writes the request and has it signed by @key, for which a provider may call
 * devid-keyd, with the hash that key.h has for its algorithm (RSA: PKCS #1
 * v1.5). *@ret, DER, is the caller's: blob_done(). Errors: INVALID (an IDevID
 * without serialNumber), UNSUPPORTED (a key of no algorithm of ours),
 * TOO_LARGE, CRYPTO (also: the key does not sign), NOMEM.
 */
DEVID_MUST_CHECK enum devid_err ldevid_csr_write(const struct ldevid_csr *what,
	EVP_PKEY *key, struct blob *ret, struct devid_error *err);

/* Why a request is refused; the first rule that does not hold. */
enum ldevid_csr_rule {
	LDEVID_CSR_NONE,
	LDEVID_CSR_SIZE,      /* LDEVID_CSR_MAX */
	LDEVID_CSR_ENCODING,  /* DER of a CertificationRequest, version 0 */
	LDEVID_CSR_SUBJECT,   /* at most one serialNumber, printable ASCII */
	LDEVID_CSR_KEY_TYPE,  /* an algorithm of key.h */
	LDEVID_CSR_KEY_WEAK,  /* not of the form of CVE-2017-15361 */
	LDEVID_CSR_ALGORITHM, /* signed with SHA-256, -384 or -512 */
	LDEVID_CSR_ATTRIBUTE, /* none but the two above, each once */
	LDEVID_CSR_EXTENSION, /* none but those below, each once */
	LDEVID_CSR_CA,        /* nothing that makes it a CA */
	LDEVID_CSR_SIGNATURE, /* by the key of the request */
	LDEVID_CSR_RULES,
};

/* "key-weak": for answers and the audit log; static. */
const char *ldevid_csr_rule_name(enum ldevid_csr_rule rule);

/* A request that was read; the views point into its bytes. */
struct ldevid_csr_view {
	struct view spki; /* SubjectPublicKeyInfo, with its header */
	enum key_alg alg;
	/* The subject's serialNumber, "" when it has none; its other names mean
	 * nothing here, and are not looked at. */
	char serial[DEVID_NAME_MAX];
	/* Asked for: subjectAltName, keyUsage, extendedKeyUsage,
	 * basicConstraints, subjectKeyIdentifier. What they hold is for policy
	 * to judge, but that it makes no CA. */
	struct cert_ext ext[LDEVID_CSR_EXT_MAX];
	size_t n_ext;
	struct view evidence; /* AttestationBundle, DER, not read; or empty */
};

/*
 * Reads the request that is all of @der and judges it by the rules above, its
 * signature last. *@ret_rule is the first that does not hold, or NONE; it may
 * be NULL. Errors: SYNTAX, TOO_LARGE, UNSUPPORTED, INVALID, MISMATCH, by rule;
 * NOMEM and CRYPTO, with NONE, are no fault of the request's. Not checked:
 * whose serial number it is.
 */
DEVID_MUST_CHECK enum devid_err ldevid_csr_read(struct view der,
	struct ldevid_csr_view *ret, enum ldevid_csr_rule *ret_rule,
	struct devid_error *err);

/* What it asks for of @oid, or NULL. Borrowed. */
const struct cert_ext *ldevid_csr_get_ext(
	const struct ldevid_csr_view *csr, enum oid oid);

#endif
