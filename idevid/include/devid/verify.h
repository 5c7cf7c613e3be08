/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_H
#define DEVID_VERIFY_H

/*
 * Which unit is this? For video management software and any other program
 * that meets a device over TLS: one verifier per set of manufacturers' roots,
 * one call per peer. A unit is genuine when the TLS handshake proved that it
 * holds its key, its certificate has the DevID profile (profile.h), the chain
 * ends in a root that was given, and the serial number is the expected one.
 * A serial number is one unit's below one manufacturer alone: who expects one
 * uses a verifier with that manufacturer's roots and no others.
 * The system's trust store is never used. Not checked: revocation, and who
 * operates the unit. A verifier may be used by several threads at once after
 * its options are set.
 */

#include <devid/api.h>
#include <devid/error.h>
#include <devid/profile.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEVID_CHAIN_MAX       10  /* certificates of a peer; a limit of ours */
#define DEVID_PATH_MAX        5   /* issuers above a leaf, root included */
#define DEVID_SUBJECT_MAX     192 /* text of a subject, cut beyond */
#define DEVID_REASON_MAX      512
#define DEVID_FINGERPRINT_MAX 65 /* SHA-256 in hex */

enum devid_chain_verdict {
	DEVID_CHAIN_OK,
	DEVID_CHAIN_NOT_JUDGED,
	DEVID_CHAIN_MALFORMED,
	DEVID_CHAIN_UNKNOWN_ISSUER, /* issuer neither sent nor given */
	DEVID_CHAIN_OTHER_ROOT,     /* complete, ends in a root not given */
	DEVID_CHAIN_SELF_SIGNED,    /* the leaf vouches for itself */
	DEVID_CHAIN_EXPIRED,
	DEVID_CHAIN_NOT_YET_VALID,
	DEVID_CHAIN_NOT_A_CA,
	DEVID_CHAIN_PATH_LENGTH,
	DEVID_CHAIN_NAME_CONSTRAINTS,
	DEVID_CHAIN_BAD_SIGNATURE,
	DEVID_CHAIN_WEAK,
	DEVID_CHAIN_TOO_LONG,
	DEVID_CHAIN_CRITICAL_EXTENSION,
	DEVID_CHAIN_POLICY,  /* no policy that the path permits, or malformed */
	DEVID_CHAIN_PURPOSE, /* an issuer's extendedKeyUsage without TLS */
	DEVID_CHAIN_ORDER,   /* a CA's certificate before the device's */
	DEVID_CHAIN_OTHER,
};

struct devid_chain_report {
	enum devid_chain_verdict verdict;
	const char *clause;          /* static; "" when OK */
	char text[DEVID_REASON_MAX]; /* certificate and cause; "" when OK */
	size_t n_path;
	/* Issuers from the leaf's to the root, when OK. */
	char path[DEVID_PATH_MAX][DEVID_SUBJECT_MAX];
	bool cached; /* the issuer had been verified before */
};

/* Why a unit is not genuine: the first of these that does not hold. */
enum devid_reason {
	DEVID_REASON_NONE,
	DEVID_REASON_TLS,        /* handshake unfinished or of an old TLS */
	DEVID_REASON_NO_CERT,    /* anonymous, PSK, nothing presented */
	DEVID_REASON_POSSESSION, /* no signature by the key was verified */
	DEVID_REASON_PROFILE,
	DEVID_REASON_CHAIN,
	DEVID_REASON_SERIAL,
};

/* Forms of the subject serialNumber besides the exact one, per vendor. */
#define DEVID_SERIAL_PID_SN  0x1u /* "PID:model SN:serial" (Arista) */
#define DEVID_SERIAL_BASEMAC 0x2u /* "serial, BaseMAC AAAAAA-BBBBBB" (HPE) */

struct devid_verify_result {
	bool genuine;
	bool possession; /* a signature of the peer was verified */
	enum devid_reason reason;
	const char *clause;                 /* static; "" when genuine */
	char text[DEVID_REASON_MAX];        /* one sentence; "" when genuine */
	char sha256[DEVID_FINGERPRINT_MAX]; /* of the certificate */
	char spki_sha256[DEVID_FINGERPRINT_MAX]; /* of the public key */
	char tls_version[16];                    /* "" without TLS */
	struct devid_profile_report profile;     /* serial, model, hardware */
	struct devid_chain_report chain;
};

struct devid_verifier;

/* Makes a verifier that trusts nobody yet. NOMEM, CRYPTO. */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_new(
	struct devid_verifier **ret, struct devid_error *err);

DEVID_API void devid_verifier_free(struct devid_verifier *v);

/*
 * Trusts the CA certificates of the PEM file @path: roots, or an issuing CA
 * that is pinned. The file must be regular and writable by its owner only,
 * who is root or the caller. SYNTAX when it holds none or a certificate that
 * is no CA's; nothing is added then.
 */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_add_root_pem_file(
	struct devid_verifier *v, const char *path, struct devid_error *err);

/* The same for @len bytes of PEM at @pem. */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_add_root_pem(
	struct devid_verifier *v, const char *pem, size_t len,
	struct devid_error *err);

/* Also accepts the serial forms @forms (DEVID_SERIAL_*). Default: none. */
DEVID_API void devid_verifier_set_serial_forms(
	struct devid_verifier *v, unsigned forms);

/* Judges as of @when in place of the present; 0 is the present again. */
DEVID_API void devid_verifier_set_time(struct devid_verifier *v, time_t when);

/* Refuses what breaks a SHOULD rule of the profile too. Default: no. */
DEVID_API void devid_verifier_set_strict(struct devid_verifier *v, bool strict);

/*
 * Called with each verdict that a context of devid_verifier_setup_ctx()
 * reached, in the thread of the handshake: the place to log why a handshake
 * failed. @result is borrowed for the call.
 */
typedef void devid_verifier_report_fn(
	void *arg, SSL *ssl, const struct devid_verify_result *result);
DEVID_API void devid_verifier_set_report(
	struct devid_verifier *v, devid_verifier_report_fn *fn, void *arg);

/*
 * Judges a chain without a peer: @leaf and its issuers @untrusted in any
 * order (NULL: none). @serial: the expected unit, or NULL for any of these
 * roots. OK: genuine; NOT_GENUINE: refused, and *@ret says why. Both fill
 * *@ret. Possession is not proved by a chain. INVALID without roots.
 */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_check_chain(
	struct devid_verifier *v, X509 *leaf, STACK_OF(X509) * untrusted,
	const char *serial, struct devid_verify_result *ret);

struct devid_der {
	const uint8_t *data; /* borrowed */
	size_t len;
};

/* The same for @n certificates in DER, @certs[0] the leaf. The fastest way:
 * a leaf of an issuer seen before costs one signature verification. */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_check_der(
	struct devid_verifier *v, const struct devid_der *certs, size_t n,
	const char *serial, struct devid_verify_result *ret);

/*
 * Judges the peer of @ssl, whose handshake is finished: TLS 1.2, TLS 1.3 or
 * DTLS 1.2, and a certificate whose key signed in it. Anonymous and PSK suites
 * have no certificate; with static RSA a server signs nothing, so possession
 * is false and the peer not genuine. A resumed session is accepted when it
 * still holds the peer's chain and the handshake that made it had such a
 * signature. Results as devid_verifier_check_chain(). Call it on every new
 * connection.
 */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_check_ssl(
	struct devid_verifier *v, SSL *ssl, const char *serial,
	struct devid_verify_result *ret);

/*
 * Makes every handshake of @ctx, as client or server, fail unless the peer is
 * genuine: TLS 1.2 or DTLS 1.2 at least, only suites in which the peer signs
 * (no anonymous, PSK or static RSA ones), a peer certificate, profile and
 * chain by @v in place of OpenSSL's own verification. @serial as
 * above, copied; give NULL and call devid_verifier_check_ssl() per connection
 * where one context serves many units. @v must outlive @ctx; set up one
 * context of @v at a time. Host names are not checked: the serial number
 * stands for them. OpenSSL does not ask again for a resumed session:
 * devid_verifier_check_ssl() does.
 */
DEVID_API DEVID_MUST_CHECK enum devid_err devid_verifier_setup_ctx(
	struct devid_verifier *v, SSL_CTX *ctx, const char *serial,
	struct devid_error *err);

/* Short stable names for JSON and logs; never NULL. */
DEVID_API const char *devid_chain_verdict_name(
	enum devid_chain_verdict verdict);
DEVID_API const char *devid_reason_name(enum devid_reason reason);

#ifdef __cplusplus
}
#endif

#endif
