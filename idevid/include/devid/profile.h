/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROFILE_H
#define DEVID_PROFILE_H

/*
 * Whether a certificate has the form of a DevID: IEEE 802.1AR, TCG "TPM 2.0
 * Keys for Device Identity and Attestation", RFC 5280. One rule, one
 * predicate, one clause; all rules are judged even when early ones refuse.
 * Not checked here: any signature, who issued it, the present time (that is
 * the chain's part, verify.h) and whether the serial is the one expected.
 *
 * Severity. A MUST rule refuses: without it the certificate cannot be judged
 * safely or says something else than a DevID. A SHOULD rule warns: shipping
 * devices of known vendors break it and are genuine all the same.
 * DEVID_PROFILE_STRICT makes every SHOULD a MUST, for who issues.
 */

#include <devid/api.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum devid_profile_kind {
	DEVID_PROFILE_IDEVID,
	DEVID_PROFILE_IAK,
	/* What a site issues: it may end, its subject may hold the IDevID's
	 * serialNumber or none, and it need not say where the key is. */
	DEVID_PROFILE_LDEVID,
};

#define DEVID_PROFILE_STRICT 0x1u

/* One value per rule; the first that refuses is the verdict. */
enum devid_rule {
	DEVID_RULE_NONE,
	DEVID_RULE_ENCODING,
	DEVID_RULE_VERSION,
	DEVID_RULE_SERIAL_POSITIVE,
	DEVID_RULE_SERIAL_LENGTH,
	DEVID_RULE_SIGNATURE_EQUAL,
	DEVID_RULE_SIGNATURE_STRENGTH,
	DEVID_RULE_SIGNATURE_SUITE,
	DEVID_RULE_KEY_STRENGTH,
	DEVID_RULE_KEY_SUITE,
	DEVID_RULE_ISSUER_NAME,
	DEVID_RULE_VALIDITY_ENCODING,
	DEVID_RULE_NOT_AFTER,
	DEVID_RULE_SUBJECT_SERIAL,
	DEVID_RULE_SUBJECT_SERIAL_TYPE,
	DEVID_RULE_NO_UNIQUE_ID,
	DEVID_RULE_EXTENSION_UNIQUE,
	DEVID_RULE_EXTENSION_CRITICAL,
	DEVID_RULE_EXTENSION_DEFAULTS,
	DEVID_RULE_AUTHORITY_KEY_ID,
	DEVID_RULE_KEY_USAGE,
	DEVID_RULE_KEY_USAGE_CRITICAL,
	DEVID_RULE_KEY_USAGE_NO_CA,
	DEVID_RULE_KEY_USAGE_FITS_KEY,
	DEVID_RULE_KEY_USAGE_MINIMAL,
	DEVID_RULE_NOT_CA,
	DEVID_RULE_SAN_SYNTAX,
	DEVID_RULE_SAN_NOT_CRITICAL,
	DEVID_RULE_HW_MODULE_PRESENT,
	DEVID_RULE_HW_MODULE_SYNTAX,
	DEVID_RULE_HW_MODULE_ENCODING,
	DEVID_RULE_PERMANENT_ID_SYNTAX,
	DEVID_RULE_POLICIES_SYNTAX,
	DEVID_RULE_TCG_CAPABILITY,
	DEVID_RULE_TCG_OTHER_KEY,
	DEVID_RULE_EKU,
	DEVID_RULE_EKU_CAPABILITY,
	DEVID_RULE_COUNT,
};

enum devid_severity {
	DEVID_MUST,
	DEVID_SHOULD,
};

enum devid_verdict {
	DEVID_NOT_APPLICABLE,
	DEVID_PASS,
	DEVID_WARN, /* a SHOULD that does not hold */
	DEVID_FAIL, /* a MUST that does not hold */
};

#define DEVID_DETAIL_MAX 128
/* X.520 ub-serial-number and ub-common-name are 64 characters */
#define DEVID_NAME_MAX    65
#define DEVID_HW_TEXT_MAX 513

struct devid_rule_result {
	enum devid_rule rule;
	enum devid_verdict verdict;
	char detail[DEVID_DETAIL_MAX]; /* "" when there is nothing to say */
};

struct devid_profile_report {
	enum devid_profile_kind kind;
	enum devid_rule failed; /* the first that refuses, or NONE */
	size_t n_failed;
	size_t n_warned;
	/* Indexed by enum devid_rule; [DEVID_RULE_NONE] is not used. */
	struct devid_rule_result results[DEVID_RULE_COUNT];
	/* What the certificate says, "" where it says nothing usable. */
	char serial[DEVID_NAME_MAX];       /* subject serialNumber */
	char model[DEVID_NAME_MAX];        /* subject commonName */
	char hw_type[DEVID_NAME_MAX];      /* hwType, dotted */
	char hw_serial[DEVID_HW_TEXT_MAX]; /* text, or 0x and hex digits */
	/* hwSerialNum of a TPM 2.0 taken apart (TCG): "" unless it has the
	 * form manufacturer:EK key id:EK certificate serial. */
	char tpm_manufacturer[DEVID_NAME_MAX];
	char permanent_id[2 * DEVID_NAME_MAX];
};

/*
 * Judges the certificate @der by every rule of @kind and fills *@ret, always.
 * @flags: 0 or DEVID_PROFILE_STRICT. True when no rule refuses.
 */
DEVID_API bool devid_profile_check(const uint8_t *der, size_t len,
	enum devid_profile_kind kind, unsigned flags,
	struct devid_profile_report *ret);

/* Short stable name of @rule ("not-after"), for JSON and tests. */
DEVID_API const char *devid_rule_id(enum devid_rule rule);

/* What @rule demands, one sentence part ("notAfter is 9999-12-31 ..."). */
DEVID_API const char *devid_rule_text(enum devid_rule rule);

/* Where @rule comes from ("RFC 5280 4.1.2.5"). */
DEVID_API const char *devid_rule_clause(enum devid_rule rule);

DEVID_API enum devid_severity devid_rule_severity(enum devid_rule rule);

/* "pass", "warn", "fail" or "not-applicable". */
DEVID_API const char *devid_verdict_name(enum devid_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif
