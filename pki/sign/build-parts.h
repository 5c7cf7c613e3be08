/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_PARTS_H
#define DEVID_BUILD_PARTS_H

/*
 * The pieces that certificates, lists and OCSP answers are made of. Each
 * function puts one in front of what @out holds (der-write.h).
 */

#include "build.h"
#include "der-write.h"
#include "oid.h"

#define BUILD_NAME_MAX 64 /* characters of O, CN, serialNumber: X.520 ub- */
#define BUILD_URL_MAX  512
#define BUILD_KEY_ID   20 /* SHA-1 of the key: RFC 5280 4.2.1.2 (1) */
/* Bytes of everything in a certificate or list that does not grow: names,
 * URLs, a key, extensions. */
#define BUILD_TBS_MAX 8192

struct build_issuer {
	X509 *cert;            /* owned */
	struct signer *signer; /* borrowed */
	struct view alg;       /* AlgorithmIdentifier; static */
	struct blob name;      /* subject of the CA */
	uint8_t key_id[64];    /* SKI of the CA */
	size_t key_id_len;
	/* Extensions that every DevID of this CA ends with: CRL distribution
	 * point, AIA; and begins with: AKI, keyUsage. */
	struct blob ext_front, ext_back;
};

void build_oid(struct der_out *out, enum oid oid);

/* Closes an Extension around what was written since @mark. */
void build_ext(struct der_out *out, enum oid oid, bool critical, size_t mark);

void build_ext_aki(struct der_out *out, const uint8_t *id, size_t len);
void build_ext_key_usage(struct der_out *out, unsigned bits);
/* CRLDistributionPoints or FreshestCRL (@oid) with one URL. */
void build_ext_crl_url(struct der_out *out, enum oid oid, const char *url);
/* authorityInfoAccess; either may be NULL. */
void build_ext_aia(struct der_out *out, const char *ocsp, const char *issuer);

/* Bits of KeyUsage, as in its first octet. */
#define BUILD_KU_DIGITAL_SIGNATURE 0x80u
#define BUILD_KU_CERT_SIGN         0x04u
#define BUILD_KU_CRL_SIGN          0x02u

/* A RelativeDistinguishedName with one attribute. */
void build_rdn(
	struct der_out *out, enum oid oid, uint8_t tag, const char *text);

/* Name of O (NULL or "": none) and CN. Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err build_name(struct der_out *out, const char *org,
	const char *cn, struct devid_error *err);

/* Whether @text is UTF-8 of 1 to 64 characters, none a control. */
bool build_is_text(const char *text);

/* UTCTime to 2049, then GeneralizedTime (RFC 5280 4.1.2.5). An instant that
 * neither can say sets out->full. */
void build_time(struct der_out *out, int64_t when);
void build_generalized_time(struct der_out *out, int64_t when);

/* Validity; @not_after 0: 99991231235959Z. */
void build_validity(struct der_out *out, int64_t not_before, int64_t not_after);

/* What stands before the extensions of a certificate, with the whole closed
 * around it: @spki, @subject are DER; an empty @subject: written already. */
struct build_tbs {
	const uint8_t *serial; /* SERIAL_LEN */
	struct view alg, issuer, subject, spki;
	int64_t not_before, not_after;
};

void build_tbs(struct der_out *out, const struct build_tbs *tbs);

/* SHA-1 of the subjectPublicKey BIT STRING: RFC 5280 4.2.1.2 (1), RFC 6960
 * 4.2.2.3. Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err build_key_id(const EVP_PKEY *key,
	uint8_t ret[BUILD_KEY_ID], struct devid_error *err);

/* A copy of @data, the caller's. Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err build_copy(
	struct view data, struct blob *ret, struct devid_error *err);

/* signer_wrap() of what @out holds. Errors: TOO_LARGE when it did not fit. */
DEVID_MUST_CHECK enum devid_err build_sign(struct signer *signer,
	const struct der_out *out, struct blob *ret, struct devid_error *err);

#endif
