/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_CERT_H
#define DEVID_EK_CERT_H

/*
 * The certificate of a TPM's endorsement key (TCG EK Credential Profile for
 * TPM 2.0, 3): what it says, the chain to its vendor's root, and the CA's
 * policy on what it says. Every deviation that vendors have shipped is a named
 * quirk, and refused unless the policy names it.
 */

#include "cert.h"
#include "cleanup.h"
#include "credential.h"
#include "der.h"
#include <devid/error.h>
#include "tpm-attributes.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <time.h>

#define EK_CERT_MAX 8192 /* bytes; a limit of ours */
#define EK_TEXT_MAX TPM_TEXT_MAX

/* Bits of struct ek_policy.quirks; names for the configuration in quotes. */
enum ek_quirk {
	EK_QUIRK_PADDING = 1,          /* "padding": 00 or FF behind the DER */
	EK_QUIRK_NV_HEADER = 2,        /* "nv-header": TCG 1.2 header of 7 bytes
					* (10 01 00, length, 10 02) before it */
	EK_QUIRK_SAN_NOT_CRITICAL = 4, /* "san-not-critical" with a subject */
	EK_QUIRK_NO_EKU = 8,         /* "no-eku": tcg-kp-EKCertificate absent */
	EK_QUIRK_KEY_USAGE = 16,     /* "key-usage": absent, or other than
				      * keyEncipherment (RSA), keyAgreement (EC) */
	EK_QUIRK_EXPLICIT_TAGS = 32, /* "explicit-tags": those of
				      * TPMSecurityAssertions */
};

#define EK_QUIRKS_ENCODING (EK_QUIRK_PADDING | EK_QUIRK_NV_HEADER)
#define EK_QUIRKS_PROFILE                                                      \
	(EK_QUIRK_SAN_NOT_CRITICAL | EK_QUIRK_NO_EKU | EK_QUIRK_KEY_USAGE |    \
		EK_QUIRK_EXPLICIT_TAGS)

struct ek_cert {
	struct ek_key key; /* one that credential.h takes, or none */
	struct view der;   /* the certificate alone; points into the input */
	struct cert_view view; /* its parts; the same */
	/* DER certificates that came with it, for the path; nobody has to
	 * trust them. Borrowed; whoever has parsed sets it. */
	struct view above;
	uint8_t fingerprint[32]; /* SHA-256 of der */
	unsigned quirks;         /* what had to be tolerated, enum ek_quirk */
	/* SAN directoryName (TCG 3.2.9): "id:53544D20" as it stands */
	char manufacturer[EK_TEXT_MAX];
	char vendor[5]; /* its ASCII characters, "STM ", "IFX", or "" */
	char model[EK_TEXT_MAX];
	char version[EK_TEXT_MAX]; /* firmware, "id:00010102" */
	struct tpm_attributes tpm; /* what could be read of them */
	/* What identifies it: upper-case hex; "" when there is no AKI. */
	char authority_key_id[130];
	char serial[130];
};

void ek_cert_done(struct ek_cert *cert);

/* Whether there is a key in @cert. */
bool ek_cert_has_key(const struct ek_cert *cert);

/*
 * Reads the bytes of an EK certificate. @ret is done by the caller also after
 * an error, and holds what could be read. Errors: SYNTAX (no certificate,
 * bytes behind it that are no padding), TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err ek_cert_parse(
	struct view in, struct ek_cert *ret, struct devid_error *err);

/* Whether the key is one that credential.h wraps for: RSA-2048 or -3072 with
 * exponent 65537, P-256 or P-384 by name. Errors: UNSUPPORTED. */
DEVID_MUST_CHECK enum devid_err ek_cert_check_key(
	const struct ek_cert *cert, struct devid_error *err);

/* "IFX:<AKI hex>:<serial hex>": hwSerialNum of a DevID (TCG 8.2). A vendor
 * that is no ASCII stands as eight hex digits. Errors: INVALID when the
 * certificate lacks one of the three. */
DEVID_MUST_CHECK enum devid_err ek_cert_hw_serial(const struct ek_cert *cert,
	char *buf, size_t size, struct devid_error *err);

#define EK_TRUST_NOTES_MAX 16
#define EK_TRUST_NOTE_MAX  512

struct ek_trust;

/* What the folder holds and is not used, for the log: the @i-th line, or NULL
 * when there are no more. Borrowed. */
const char *ek_trust_get_note(const struct ek_trust *trust, size_t i);

void ek_trust_free(struct ek_trust *trust);
CLEANUP_DEFINE(ek_trust, struct ek_trust *, ek_trust_free)

/*
 * Whether @cert chains to an anchor at @now, by way of the folder's
 * intermediates and of what came with it. An issuer of the folder that was
 * verified once is remembered, so the next certificate of it costs one
 * signature. Errors: NOT_GENUINE (text: unknown vendor, expired, not yet valid,
 * broken signature, revoked, ...).
 */
DEVID_MUST_CHECK enum devid_err ek_trust_check(struct ek_trust *trust,
	const struct ek_cert *cert, time_t now, struct devid_error *err);

/* [ek] of the configuration. NULL or 0: no demand. Lists are comma-separated
 * and owned. An EAL counts only when its evaluation is completed. */
struct ek_policy {
	char *manufacturers; /* "IFX,STM": as ek_cert.vendor, without blanks;
			      * or the eight hex digits */
	char *models;
	char *firmware_min; /* "VENDOR=hex,...": lowest version, per vendor */
	unsigned eal_min;
	unsigned fips_min;
	bool assertions; /* a level that is not stated is too low; false: only
			  * one that is stated is compared */
	unsigned quirks; /* enum ek_quirk */
};

#endif
