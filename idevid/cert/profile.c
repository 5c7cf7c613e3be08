/* SPDX-License-Identifier: Apache-2.0 */
#include <devid/profile.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "profile-ext.h"
#include "profile-parts.h"
#include "profile-rules.h"

#define TCG_DEVID "TCG Keys for Device Identity and Attestation"

struct rule {
	const char *id;
	const char *clause;
	const char *text; /* what it demands */
	enum devid_severity severity;
	rules_predicate *check; /* NULL: judged before the others */
};

static const struct rule rules[DEVID_RULE_COUNT] = {
	[DEVID_RULE_NONE] = { "none", "", "", DEVID_SHOULD, NULL },
	[DEVID_RULE_ENCODING] = { "encoding", "X.690 10; RFC 5280 4.1",
		"the certificate is strict DER", DEVID_MUST, NULL },
	[DEVID_RULE_VERSION] = { "version", "IEEE 802.1AR 8; RFC 5280 4.1.2.1",
		"the certificate is X.509 version 3", DEVID_MUST,
		rules_version },
	[DEVID_RULE_SERIAL_POSITIVE] = { "serial-positive", "RFC 5280 4.1.2.2",
		"the certificate's serialNumber is positive and has at most "
		"160 bits",
		DEVID_MUST, rules_serial_positive },
	[DEVID_RULE_SERIAL_LENGTH] = { "serial-length",
		"IEEE 802.1AR 8 (unique per issuer); TCG certificate profile",
		"the certificate's serialNumber has at least 64 bits",
		DEVID_SHOULD, rules_serial_length },
	[DEVID_RULE_SIGNATURE_EQUAL] = { "signature-equal", "RFC 5280 4.1.1.2",
		"inner and outer signature algorithm are the same", DEVID_MUST,
		rules_signature_equal },
	[DEVID_RULE_SIGNATURE_STRENGTH] = { "signature-strength",
		"RFC 5280 4.1.1.2; RFC 4055 5; RFC 5758 3.2",
		"the issuer signed with RSA or ECDSA over SHA-256 or better",
		DEVID_MUST, rules_signature_strength },
	[DEVID_RULE_SIGNATURE_SUITE] = { "signature-suite", "IEEE 802.1AR 9",
		"the issuer signed with a suite of 802.1AR", DEVID_SHOULD,
		rules_signature_suite },
	[DEVID_RULE_KEY_STRENGTH] = { "key-strength",
		"RFC 3279 2.3.1; RFC 5480 2",
		"the key is RSA of 2048 to 8192 bits or on P-256, P-384 or "
		"P-521",
		DEVID_MUST, rules_key_strength },
	[DEVID_RULE_KEY_SUITE] = { "key-suite", "IEEE 802.1AR 9",
		"the key is RSA-2048, P-256 or P-384", DEVID_SHOULD,
		rules_key_suite },
	[DEVID_RULE_ISSUER_NAME] = { "issuer-name", "RFC 5280 4.1.2.4",
		"the issuer has a name", DEVID_MUST, rules_issuer_name },
	[DEVID_RULE_VALIDITY_ENCODING] = { "validity-encoding",
		"RFC 5280 4.1.2.5",
		"dates are UTCTime until 2049 and GeneralizedTime from 2050",
		DEVID_MUST, rules_validity_encoding },
	[DEVID_RULE_NOT_AFTER] = { "not-after",
		"IEEE 802.1AR 8; RFC 5280 4.1.2.5",
		"notAfter is 99991231235959Z: the identity does not end",
		DEVID_SHOULD, rules_not_after },
	[DEVID_RULE_SUBJECT_SERIAL] = { "subject-serial",
		"IEEE 802.1AR 8; X.520 6.2.9",
		"the subject holds exactly one serialNumber, printable and "
		"not empty",
		DEVID_MUST, rules_subject_serial },
	[DEVID_RULE_SUBJECT_SERIAL_TYPE] = { "subject-serial-type",
		"X.520 6.2.9; RFC 5280 appendix A.1",
		"the subject's serialNumber is a PrintableString", DEVID_SHOULD,
		rules_subject_serial_type },
	[DEVID_RULE_NO_UNIQUE_ID] = { "no-unique-id", "RFC 5280 4.1.2.8",
		"no UniqueID field is present", DEVID_SHOULD,
		rules_no_unique_id },
	[DEVID_RULE_EXTENSION_UNIQUE] = { "extension-unique", "RFC 5280 4.2",
		"no extension occurs twice", DEVID_MUST,
		rules_extension_unique },
	[DEVID_RULE_EXTENSION_CRITICAL] = { "extension-critical",
		"RFC 5280 4.2", "no unknown extension is critical", DEVID_MUST,
		rules_extension_critical },
	[DEVID_RULE_EXTENSION_DEFAULTS] = { "extension-defaults", "X.690 11.5",
		"values equal to their default are left out", DEVID_SHOULD,
		rules_extension_defaults },
	[DEVID_RULE_AUTHORITY_KEY_ID] = { "authority-key-id",
		"IEEE 802.1AR 8.10.1; RFC 5280 4.2.1.1",
		"authorityKeyIdentifier names the issuer's key", DEVID_MUST,
		rules_authority_key_id },
	[DEVID_RULE_KEY_USAGE] = { "key-usage",
		"IEEE 802.1AR 8.10.3; RFC 5280 4.2.1.3",
		"keyUsage holds digitalSignature", DEVID_MUST,
		rules_key_usage },
	[DEVID_RULE_KEY_USAGE_CRITICAL] = { "key-usage-critical",
		"IEEE 802.1AR 8.10.3; RFC 5280 4.2.1.3", "keyUsage is critical",
		DEVID_SHOULD, rules_key_usage_critical },
	[DEVID_RULE_KEY_USAGE_NO_CA] = { "key-usage-no-ca",
		"IEEE 802.1AR 8.10.3; RFC 5280 4.2.1.3",
		"keyUsage holds neither keyCertSign nor cRLSign", DEVID_MUST,
		rules_key_usage_no_ca },
	[DEVID_RULE_KEY_USAGE_FITS_KEY] = { "key-usage-fits-key",
		"RFC 5480 3; RFC 8813 3",
		"keyUsage holds encipherment for RSA keys only", DEVID_MUST,
		rules_key_usage_fits_key },
	[DEVID_RULE_KEY_USAGE_MINIMAL] = { "key-usage-minimal",
		"IEEE 802.1AR 8.10.3",
		"keyUsage holds nothing that a DevID has no use of",
		DEVID_SHOULD, rules_key_usage_minimal },
	[DEVID_RULE_NOT_CA] = { "not-ca", "IEEE 802.1AR 8; RFC 5280 4.2.1.9",
		"the certificate is not a CA's", DEVID_MUST, rules_not_ca },
	[DEVID_RULE_SAN_SYNTAX] = { "san-syntax", "RFC 5280 4.2.1.6",
		"subjectAltName is DER of its form", DEVID_MUST,
		rules_san_syntax },
	[DEVID_RULE_SAN_NOT_CRITICAL] = { "san-not-critical",
		"RFC 5280 4.2.1.6",
		"subjectAltName is critical only where the subject is empty",
		DEVID_SHOULD, rules_san_not_critical },
	[DEVID_RULE_HW_MODULE_PRESENT] = { "hw-module-present",
		"IEEE 802.1AR 8.10.4; RFC 4108 5",
		"subjectAltName holds a HardwareModuleName", DEVID_SHOULD,
		rules_hw_module_present },
	[DEVID_RULE_HW_MODULE_SYNTAX] = { "hw-module-syntax", "RFC 4108 5",
		"HardwareModuleName is DER of its form", DEVID_MUST,
		rules_hw_module_syntax },
	[DEVID_RULE_HW_MODULE_ENCODING] = { "hw-module-encoding", "RFC 4108 5",
		"hwSerialNum is an OCTET STRING", DEVID_SHOULD,
		rules_hw_module_encoding },
	[DEVID_RULE_PERMANENT_ID_SYNTAX] = { "permanent-id-syntax",
		"RFC 4043 2", "PermanentIdentifier is DER of its form",
		DEVID_MUST, rules_permanent_id_syntax },
	[DEVID_RULE_POLICIES_SYNTAX] = { "policies-syntax", "RFC 5280 4.2.1.4",
		"certificatePolicies is DER of its form", DEVID_MUST,
		rules_policies_syntax },
	[DEVID_RULE_TCG_CAPABILITY] = { "tcg-capability", TCG_DEVID,
		"certificatePolicies state what the TPM holds fast",
		DEVID_SHOULD, rules_tcg_capability },
	[DEVID_RULE_TCG_OTHER_KEY] = { "tcg-other-key", TCG_DEVID,
		"the certificate is not of the other kind (DevID, IAK)",
		DEVID_MUST, rules_tcg_other_key },
	[DEVID_RULE_EKU] = { "eku", "RFC 5280 4.2.1.12; " TCG_DEVID,
		"extendedKeyUsage is DER of its form and allows TLS",
		DEVID_MUST, rules_eku },
	[DEVID_RULE_EKU_CAPABILITY] = { "eku-capability", TCG_DEVID,
		"extendedKeyUsage holds no TCG capability", DEVID_SHOULD,
		rules_eku_capability },
};

/* Notes one verdict in the report; a SHOULD that fails becomes a warning. */
static void note(struct devid_profile_report *report, enum devid_rule rule,
	enum devid_verdict verdict, unsigned flags)
{
	if (verdict == DEVID_FAIL && rules[rule].severity == DEVID_SHOULD &&
		!(flags & DEVID_PROFILE_STRICT))
		verdict = DEVID_WARN;
	report->results[rule].verdict = verdict;
	if (verdict == DEVID_WARN)
		report->n_warned++;
	if (verdict != DEVID_FAIL)
		return;
	report->n_failed++;
	if (report->failed == DEVID_RULE_NONE)
		report->failed = rule;
}

/* Copies at most @max - 1 octets as text; what is not ASCII becomes '?'. */
static void copy_text(char *out, size_t max, const uint8_t *data, size_t len)
{
	size_t n = len < max ? len : max - 1;

	for (size_t i = 0; i < n; i++)
		out[i] =
			data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '?';
	out[n] = '\0';
}

/* hwSerialNum as text, or in hex when it is not plain ASCII. */
static void copy_hw_serial(
	struct devid_profile_report *report, const struct san_hw_module *hw)
{
	bool plain = true;

	_Static_assert(DEVID_HW_TEXT_MAX >= 2 + 2 * SAN_HW_SERIAL_MAX + 1,
		"hex of the longest hwSerialNum");
	for (size_t i = 0; i < hw->serial_len; i++)
		plain &= hw->serial[i] >= 0x20 && hw->serial[i] < 0x7f;
	if (plain) {
		copy_text(report->hw_serial, sizeof(report->hw_serial),
			hw->serial, hw->serial_len);
		return;
	}
	memcpy(report->hw_serial, "0x", 3);
	hex_encode(hw->serial, hw->serial_len, report->hw_serial + 2);
}

/* TCG: hwSerialNum of a TPM 2.0 is manufacturer:EK key id:EK serial. */
static void copy_hw_module(
	struct devid_profile_report *report, const struct san_hw_module *hw)
{
	const char *colon, *second;

	memcpy(report->hw_type, hw->type, sizeof(hw->type));
	copy_hw_serial(report, hw);
	colon = strchr(report->hw_serial, ':');
	second = colon ? strchr(colon + 1, ':') : NULL;
	if (!hw->is_tpm20 || !second || strchr(second + 1, ':'))
		return;
	copy_text(report->tpm_manufacturer, sizeof(report->tpm_manufacturer),
		(const uint8_t *)report->hw_serial,
		(size_t)(colon - report->hw_serial));
}

static void extract(
	struct devid_profile_report *report, const struct rules_input *in)
{
	struct view v;
	uint8_t tag;

	if (report->results[DEVID_RULE_SUBJECT_SERIAL].verdict == DEVID_PASS &&
		cert_name_find(
			in->cert.subject, OID_AT_SERIAL_NUMBER, &tag, &v) == 1)
		copy_text(
			report->serial, sizeof(report->serial), v.data, v.len);
	if (cert_name_find(in->cert.subject, OID_AT_COMMON_NAME, &tag, &v) > 0)
		copy_text(report->model, sizeof(report->model), v.data, v.len);
	if (in->hw_state == RULES_GOOD)
		copy_hw_module(report, &in->hw);
	if (in->perm_id_state == RULES_GOOD)
		copy_text(report->permanent_id, sizeof(report->permanent_id),
			(const uint8_t *)in->perm_id.value,
			strlen(in->perm_id.value));
}

static void report_init(
	struct devid_profile_report *report, enum devid_profile_kind kind)
{
	memset(report, 0, sizeof(*report));
	report->kind = kind;
	for (int r = DEVID_RULE_NONE; r < DEVID_RULE_COUNT; r++)
		report->results[r].rule = (enum devid_rule)r;
}

bool devid_profile_check(const uint8_t *der, size_t len,
	enum devid_profile_kind kind, unsigned flags,
	struct devid_profile_report *ret)
{
	struct rules_input in = { .kind = kind };
	struct devid_error err = { 0 };

	report_init(ret, kind);
	if (cert_parse((struct view) { der, len }, &in.cert, &err) !=
		DEVID_OK) {
		note(ret, DEVID_RULE_ENCODING, DEVID_FAIL, flags);
		copy_text(ret->results[DEVID_RULE_ENCODING].detail,
			DEVID_DETAIL_MAX, (const uint8_t *)err.text,
			strlen(err.text));
		return false;
	}
	note(ret, DEVID_RULE_ENCODING, DEVID_PASS, flags);
	rules_prepare(&in);
	for (int r = DEVID_RULE_ENCODING + 1; r < DEVID_RULE_COUNT; r++)
		note(ret, (enum devid_rule)r,
			rules[r].check(&in, ret->results[r].detail), flags);
	extract(ret, &in);
	return ret->failed == DEVID_RULE_NONE;
}

static const struct rule *get_rule(enum devid_rule rule)
{
	assert(rule >= DEVID_RULE_NONE && rule < DEVID_RULE_COUNT);
	return &rules[rule];
}

const char *devid_rule_id(enum devid_rule rule)
{
	return get_rule(rule)->id;
}

const char *devid_rule_text(enum devid_rule rule)
{
	return get_rule(rule)->text;
}

const char *devid_rule_clause(enum devid_rule rule)
{
	return get_rule(rule)->clause;
}

enum devid_severity devid_rule_severity(enum devid_rule rule)
{
	return get_rule(rule)->severity;
}

const char *devid_verdict_name(enum devid_verdict verdict)
{
	static const char *const names[] = { "not-applicable", "pass", "warn",
		"fail" };

	assert(verdict >= DEVID_NOT_APPLICABLE && verdict <= DEVID_FAIL);
	return names[verdict];
}
