/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_H
#define DEVID_BUILD_H

/*
 * What the CA signs: certificates, requests, revocation lists, OCSP answers.
 * The encoding is ours (der-write.h), the signature a signer's. Nothing is
 * taken from a request but what the caller passes. DER results are the
 * caller's.
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>
#include "key.h"
#include "signer.h"

#include <openssl/x509.h>
#include <time.h>

#define SERIAL_LEN 20 /* bytes of a certificate's serial number */

/* "" in place of NULL is not allowed; NULL: extension left out. */
struct build_urls {
	const char *crl;    /* CRL distribution point */
	const char *ocsp;   /* AIA, id-ad-ocsp */
	const char *issuer; /* AIA, id-ad-caIssuers */
};

/* A CA as far as building needs it; made once, used for every certificate. */
struct build_issuer;

/* An IDevID or IAK (IEEE 802.1AR 8, TCG DevID 8): subject serialNumber and
 * CN, HardwareModuleName and PermanentIdentifier, policies, no end. */
struct build_devid {
	enum key_role role;
	const struct key_blob *spki;
	const uint8_t *cert_serial; /* SERIAL_LEN bytes */
	int64_t not_before;
	const char *serial, *model;    /* model "" : no CN */
	const char *hw_serial;         /* hwSerialNum, hwType is TPM 2.0 */
	const uint8_t *ek_fingerprint; /* 32 bytes: PermanentIdentifier, hex,
					* assigner 2.23.133.12.1 */
};

struct build_ca {
	const char *org, *cn;
	EVP_PKEY *key;      /* of the subject */
	X509_NAME *subject; /* instead of org and cn, or NULL */
	int pathlen;        /* -1: none */
	bool ocsp_signer;   /* not a CA: id-kp-OCSPSigning, ocsp-nocheck */
	int64_t not_before;
	int64_t not_after; /* 0: 99991231235959Z */
};

struct build_revoked {
	uint8_t serial[SERIAL_LEN];
	size_t serial_len;
	int64_t when;
	int reason; /* RFC 5280 5.3.1; 8 removeFromCRL in a delta only */
};

struct build_crl {
	uint64_t number;
	uint64_t base; /* of the full CRL for a delta; 0: this is a full one */
	int64_t this_update, next_update;
	const char *freshest; /* URL of the delta, in full ones, or NULL */
	size_t n;
	const struct build_revoked *entries; /* sorted or not; borrowed */
};

enum ocsp_status {
	OCSP_GOOD,
	OCSP_REVOKED,
	OCSP_UNKNOWN
};

struct build_ocsp {
	struct view cert_id; /* CertID as it was asked */
	enum ocsp_status status;
	int64_t when; /* revoked: when, and why */
	int reason;
	int64_t this_update, next_update;
	struct view nonce; /* octets of it (RFC 9654 2.1); empty: none */
	/* SHA-1 of the responder's public key; NULL: made from the signer,
	 * which costs more than the signature */
	const uint8_t *key_hash;
};

#endif
