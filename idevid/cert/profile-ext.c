/* SPDX-License-Identifier: Apache-2.0 */
#include "profile-ext.h"

#include <stdio.h>
#include <string.h>

#include "profile-rules.h"

static enum devid_verdict fail(char detail[DEVID_DETAIL_MAX], const char *cause)
{
	(void)snprintf(detail, DEVID_DETAIL_MAX, "%s", cause); /* may cut */
	return DEVID_FAIL;
}

/* 802.1AR 8.10.3, RFC 5280 4.2.1.3 */
enum devid_verdict rules_key_usage(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	switch (in->key_usage_state) {
	case RULES_ABSENT:
		return fail(detail, "keyUsage is absent");
	case RULES_BAD:
		return fail(detail, "keyUsage is malformed");
	case RULES_GOOD:
		break;
	}
	if (!(in->key_usage & RULES_KU_DIGITAL_SIGNATURE))
		return fail(detail, "digitalSignature is not set");
	return DEVID_PASS;
}

enum devid_verdict rules_key_usage_critical(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_ext *ext = cert_get_ext(&in->cert, OID_CE_KEY_USAGE);

	if (!ext)
		return DEVID_NOT_APPLICABLE;
	if (!ext->critical)
		return fail(detail, "keyUsage is not critical");
	return DEVID_PASS;
}

enum devid_verdict rules_key_usage_no_ca(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->key_usage_state != RULES_GOOD)
		return DEVID_NOT_APPLICABLE;
	if (in->key_usage & RULES_KU_CERT_SIGN)
		return fail(detail, "keyCertSign is set");
	if (in->key_usage & RULES_KU_CRL_SIGN)
		return fail(detail, "cRLSign is set");
	return DEVID_PASS;
}

/* RFC 5480 3, updated by RFC 8813: an EC key enciphers nothing. */
enum devid_verdict rules_key_usage_fits_key(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->key_usage_state != RULES_GOOD || in->key_type != RULES_KEY_EC)
		return DEVID_NOT_APPLICABLE;
	if (in->key_usage &
		(RULES_KU_KEY_ENCIPHERMENT | RULES_KU_DATA_ENCIPHERMENT))
		return fail(detail, "encipherment is set for an EC key");
	return DEVID_PASS;
}

/* 802.1AR 8.10.3: digitalSignature, and keyEncipherment for RSA. */
enum devid_verdict rules_key_usage_minimal(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const unsigned elsewhere = RULES_KU_KEY_ENCIPHERMENT |
				   RULES_KU_DATA_ENCIPHERMENT |
				   RULES_KU_CERT_SIGN | RULES_KU_CRL_SIGN;
	unsigned extra = in->key_usage & ~RULES_KU_DIGITAL_SIGNATURE;

	if (in->key_usage_state != RULES_GOOD)
		return DEVID_NOT_APPLICABLE;
	if (in->key_type == RULES_KEY_RSA)
		extra &= ~(elsewhere & ~RULES_KU_DATA_ENCIPHERMENT);
	else
		extra &= ~elsewhere; /* refused by the rules before */
	if (extra)
		return fail(
			detail, "usages are set that a DevID has no use of");
	return DEVID_PASS;
}

/* RFC 5280 4.2.1.9 */
enum devid_verdict rules_not_ca(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_ext *ext =
		cert_get_ext(&in->cert, OID_CE_BASIC_CONSTRAINTS);
	struct view value, seq, flag;

	if (!ext)
		return DEVID_PASS;
	value = ext->value;
	if (!der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0)
		return fail(detail, "basicConstraints is malformed");
	if (seq.len == 0)
		return DEVID_PASS;
	if (!der_take_tag(&seq, 0x01, &flag) || flag.len != 1)
		return fail(detail, "basicConstraints is malformed");
	if (flag.data[0] != 0)
		return fail(detail, "cA is TRUE: this is a CA's certificate");
	if (seq.len != 0)
		return fail(detail, "pathLenConstraint without cA");
	return DEVID_PASS;
}

static enum devid_verdict part_verdict(enum rules_part state,
	const struct devid_error *err, char detail[DEVID_DETAIL_MAX])
{
	switch (state) {
	case RULES_ABSENT:
		return DEVID_NOT_APPLICABLE;
	case RULES_BAD:
		return fail(detail, devid_error_text(err));
	case RULES_GOOD:
		break;
	}
	return DEVID_PASS;
}

enum devid_verdict rules_san_syntax(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	return part_verdict(in->san_state, &in->san_error, detail);
}

/* RFC 5280 4.2.1.6: critical only where the subject is empty. */
enum devid_verdict rules_san_not_critical(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const struct cert_ext *ext =
		cert_get_ext(&in->cert, OID_CE_SUBJECT_ALT_NAME);

	if (!ext)
		return DEVID_NOT_APPLICABLE;
	if (ext->critical && in->cert.subject.len != 0)
		return fail(detail, "subjectAltName is critical");
	return DEVID_PASS;
}

/* 802.1AR 8.10.4 */
enum devid_verdict rules_hw_module_present(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->san_state == RULES_BAD || in->kind == DEVID_PROFILE_LDEVID)
		return DEVID_NOT_APPLICABLE;
	if (in->hw_state == RULES_ABSENT)
		return fail(detail, "binding not proven: nothing in the "
				    "certificate names the security module");
	return DEVID_PASS;
}

enum devid_verdict rules_hw_module_syntax(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	return part_verdict(in->hw_state, &in->hw_error, detail);
}

enum devid_verdict rules_hw_module_encoding(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	if (in->hw_state != RULES_GOOD)
		return DEVID_NOT_APPLICABLE;
	if (in->hw.tolerated)
		return fail(detail, "tolerated: hwSerialNum has a context tag "
				    "in place of OCTET STRING");
	return DEVID_PASS;
}

enum devid_verdict rules_permanent_id_syntax(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	return part_verdict(in->perm_id_state, &in->perm_id_error, detail);
}

enum devid_verdict rules_policies_syntax(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	switch (in->policies_state) {
	case RULES_ABSENT:
		return DEVID_NOT_APPLICABLE;
	case RULES_BAD:
		return fail(detail, "certificatePolicies is malformed");
	case RULES_GOOD:
		break;
	}
	return DEVID_PASS;
}

/* TCG Keys for Device Identity and Attestation: residency, and one of fixed
 * (IDevID) and restricted (IAK). */
enum devid_verdict rules_tcg_capability(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	unsigned own = in->kind == DEVID_PROFILE_IAK ? RULES_CAP_RESTRICTED
						     : RULES_CAP_FIXED;

	if (in->policies_state == RULES_BAD || in->kind == DEVID_PROFILE_LDEVID)
		return DEVID_NOT_APPLICABLE;
	if (!(in->policy_caps & own))
		return fail(
			detail, own == RULES_CAP_FIXED
					? "no verifiedTPMFixed policy: the "
					  "issuer does not say that the key "
					  "cannot leave its TPM"
					: "no verifiedTPMRestricted policy");
	if (!(in->policy_caps & RULES_CAP_RESIDENCY))
		return fail(detail, "no verifiedTPMResidency policy");
	return DEVID_PASS;
}

/* A key of the one kind must not pass for the other. */
enum devid_verdict rules_tcg_other_key(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	unsigned caps = in->policy_caps | in->eku_caps;

	if (in->kind == DEVID_PROFILE_IAK) {
		if (caps & RULES_CAP_FIXED)
			return fail(detail, "verifiedTPMFixed: this is a "
					    "DevID, not an attestation key");
	} else if (caps & RULES_CAP_RESTRICTED) {
		return fail(detail, "verifiedTPMRestricted: this is an "
				    "attestation key, not a DevID");
	}
	return DEVID_PASS;
}

/* RFC 5280 4.2.1.12. One that holds nothing but TCG capabilities meant them and
 * no purpose: rules_eku_capability. An attestation key does no TLS. */
enum devid_verdict rules_eku(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	switch (in->eku_state) {
	case RULES_ABSENT:
		return DEVID_NOT_APPLICABLE;
	case RULES_BAD:
		return fail(detail, "extendedKeyUsage is malformed");
	case RULES_GOOD:
		break;
	}
	if (in->kind != DEVID_PROFILE_IAK && in->eku_other && !in->eku_tls)
		return fail(detail, "extendedKeyUsage does not allow TLS");
	return DEVID_PASS;
}

/* TCG: the capabilities are policies, not purposes. */
enum devid_verdict rules_eku_capability(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX])
{
	const unsigned own = in->kind == DEVID_PROFILE_IAK
				     ? RULES_CAP_FIXED
				     : RULES_CAP_RESTRICTED;

	if (in->eku_state != RULES_GOOD)
		return DEVID_NOT_APPLICABLE;
	if (in->eku_caps & ~own) /* the other kind's has its own rule */
		return fail(detail, "a TCG capability stands in "
				    "extendedKeyUsage");
	return DEVID_PASS;
}
