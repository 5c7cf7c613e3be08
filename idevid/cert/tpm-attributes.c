/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-attributes.h"

#include <string.h>

#include "bytes.h"

#define DER_BOOLEAN    0x01
#define DER_ENUMERATED 0x0a
#define TAG_IA5        0x16

/* 2.23.133.2.n: tcg-at-tpmSpecification 16, -tpmSecurityAssertions 18 */
static const uint8_t tcg_at[] = { 0x67, 0x81, 0x05, 0x02 };

enum tcg_attribute {
	AT_NONE,
	AT_SPECIFICATION = 16,
	AT_ASSERTIONS = 18,
};

static enum devid_err refuse(struct devid_error *err, const char *cause)
{
	return devid_fail(err, DEVID_ERR_INVALID, "EK certificate: %s", cause);
}

static unsigned tcg_attribute(struct view oid)
{
	if (oid.len != sizeof(tcg_at) + 1 ||
		memcmp(oid.data, tcg_at, sizeof(tcg_at)) != 0)
		return AT_NONE;
	return oid.data[sizeof(tcg_at)];
}

bool tpm_text_read(uint8_t tag, struct view v, char out[TPM_TEXT_MAX])
{
	if ((tag != DER_UTF8_STRING && tag != CERT_TAG_PRINTABLE &&
		    tag != TAG_IA5) ||
		v.len == 0 || v.len >= TPM_TEXT_MAX)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] < 0x20 || v.data[i] > 0x7e)
			return false;
	}
	memcpy(out, v.data, v.len);
	out[v.len] = '\0';
	return true;
}

/* A number of INTEGER or ENUMERATED content from 0 to 2^24. */
static bool read_small(struct view v, int *ret)
{
	if (v.len == 0 || v.len > 3 || v.data[0] & 0x80)
		return false;
	*ret = (int)bytes_load(v.data, v.len);
	return true;
}

/* TPMSpecification ::= SEQUENCE { family UTF8String, level INTEGER,
 * revision INTEGER } */
static bool read_specification(struct view seq, struct tpm_attributes *ret)
{
	struct view v;
	uint8_t tag;

	return der_take(&seq, &tag, &v, NULL) &&
	       tpm_text_read(tag, v, ret->family) &&
	       der_take_tag(&seq, DER_INTEGER, &v) &&
	       read_small(v, &ret->level) &&
	       der_take_tag(&seq, DER_INTEGER, &v) &&
	       read_small(v, &ret->revision) && seq.len == 0;
}

/* BOOLEAN DEFAULT FALSE */
static bool take_flag(struct view *seq, bool *ret)
{
	struct view v;

	*ret = false;
	if (!der_take_tag(seq, DER_BOOLEAN, &v))
		return true;
	*ret = v.len == 1 && v.data[0] != 0;
	return v.len == 1;
}

/* CommonCriteriaMeasures ::= SEQUENCE { version IA5String, assurancelevel
 * ENUMERATED (1..7), evaluationStatus ENUMERATED, plus BOOLEAN DEFAULT FALSE,
 * ... } */
static bool read_common_criteria(struct view seq, struct tpm_attributes *ret)
{
	struct view v;
	uint8_t tag;
	int level;

	if (!der_take(&seq, &tag, &v, NULL) ||
		!der_take_tag(&seq, DER_ENUMERATED, &v) ||
		!read_small(v, &level) || level < 1 || level > 7 ||
		!der_take_tag(&seq, DER_ENUMERATED, &v) ||
		!read_small(v, &ret->eal_status) ||
		!take_flag(&seq, &ret->eal_plus))
		return false;
	ret->eal = level;
	return true;
}

/* FIPSLevel ::= SEQUENCE { version IA5String, level ENUMERATED (1..4),
 * plus BOOLEAN DEFAULT FALSE } */
static bool read_fips(struct view seq, struct tpm_attributes *ret)
{
	struct view version, v;
	char text[TPM_TEXT_MAX];
	uint8_t tag;
	int level;
	bool plus;

	if (!der_take(&seq, &tag, &version, NULL) ||
		!der_take_tag(&seq, DER_ENUMERATED, &v) ||
		!read_small(v, &level) || level < 1 || level > 4 ||
		!take_flag(&seq, &plus) || seq.len != 0)
		return false;
	ret->fips_level = level;
	if (tpm_text_read(tag, version, text) &&
		version.len < sizeof(ret->fips_version))
		memcpy(ret->fips_version, text, version.len + 1);
	return true;
}

/* Where @field was tagged EXPLICIT, as in chips that were shipped, its value
 * has a header of its own, of @type: without that it is as the profile wants
 * it. */
static bool untag(struct view *field, uint8_t type, struct tpm_attributes *ret)
{
	struct view in = *field, value;

	if (!der_take_tag(&in, type, &value) || in.len != 0)
		return false;
	*field = value;
	ret->explicit_tags = true;
	return true;
}

static const char *read_cc_info(struct view v, struct tpm_attributes *ret)
{
	if (ret->eal)
		return "TPMSecurityAssertions: ccInfo twice";
	(void)untag(&v, DER_SEQUENCE, ret); /* else IMPLICIT */
	return read_common_criteria(v, ret)
		       ? NULL
		       : "TPMSecurityAssertions: ccInfo: malformed";
}

static const char *read_fips_level(struct view v, struct tpm_attributes *ret)
{
	if (ret->fips_level)
		return "TPMSecurityAssertions: fipsLevel twice";
	(void)untag(&v, DER_SEQUENCE, ret); /* else IMPLICIT */
	return read_fips(v, ret)
		       ? NULL
		       : "TPMSecurityAssertions: fipsLevel: malformed";
}

/* A member of TPMSecurityAssertions; NULL, or what is wrong with it. */
static const char *read_member(
	uint8_t tag, struct view v, struct tpm_attributes *ret)
{
	bool ok = true;

	switch (tag) {
	case DER_CONTEXT(0):
	case DER_CONTEXT(1):
	case DER_CONTEXT(2): /* IMPLICIT they are primitive */
		ok = untag(&v, DER_ENUMERATED, ret);
		break;
	case DER_CONTEXT(3):
		return read_cc_info(v, ret);
	case DER_CONTEXT(4):
		return read_fips_level(v, ret);
	case DER_CONTEXT(5):
		ok = untag(&v, DER_BOOLEAN, ret);
		break;
	default: /* not an enum: any octet */
		break;
	}
	return ok ? NULL : "TPMSecurityAssertions: malformed";
}

/* TPMSecurityAssertions ::= SEQUENCE { version INTEGER DEFAULT v1,
 * fieldUpgradable BOOLEAN DEFAULT FALSE, [0], [1], [2] ENUMERATED OPTIONAL,
 * ccInfo [3] CommonCriteriaMeasures OPTIONAL, fipsLevel [4] FIPSLevel
 * OPTIONAL, iso9000Certified [5] BOOLEAN DEFAULT FALSE, iso9000Uri IA5String
 * OPTIONAL }, tags IMPLICIT (TCG EK Credential Profile 3.1.3) */
static const char *read_assertions(struct view seq, struct tpm_attributes *ret)
{
	const char *wrong = NULL;
	struct view v;
	uint8_t tag;

	ret->has_assertions = true;
	while (seq.len > 0 && !wrong) {
		if (!der_take(&seq, &tag, &v, NULL))
			return "TPMSecurityAssertions: malformed";
		wrong = read_member(tag, v, ret);
	}
	return wrong;
}

/* The one SEQUENCE in @set. */
static bool take_one(struct view set, struct view *ret)
{
	return der_take_tag(&set, DER_SEQUENCE, ret) && set.len == 0;
}

/* Attribute ::= SEQUENCE { type OID, values SET OF ANY }; NULL, or what is
 * wrong with it. */
static const char *read_attribute(
	struct view attribute, struct tpm_attributes *ret)
{
	struct view oid, set, seq;

	if (!der_take_tag(&attribute, DER_OID, &oid) ||
		!der_take_tag(&attribute, DER_SET, &set) || attribute.len != 0)
		return "an attribute is malformed";
	switch (tcg_attribute(oid)) {
	case AT_SPECIFICATION:
		if (ret->family[0])
			return "TPMSpecification twice";
		return take_one(set, &seq) && read_specification(seq, ret)
			       ? NULL
			       : "TPMSpecification: malformed";
	case AT_ASSERTIONS:
		if (ret->has_assertions)
			return "TPMSecurityAssertions twice";
		return take_one(set, &seq) ? read_assertions(seq, ret)
					   : "TPMSecurityAssertions: malformed";
	default: /* not an enum: the last arc of any OID */
		return NULL;
	}
}

enum devid_err tpm_attributes_read(const struct cert_view *cert,
	struct tpm_attributes *ret, struct devid_error *err)
{
	const struct cert_ext *ext =
		cert_get_ext(cert, OID_CE_SUBJECT_DIRECTORY_ATTRIBUTES);
	struct view value, list, attribute;
	const char *wrong = NULL;

	*ret = (struct tpm_attributes) { .level = -1, .revision = -1 };
	if (!ext)
		return DEVID_OK;
	value = ext->value;
	if (!der_take_tag(&value, DER_SEQUENCE, &list) || value.len != 0)
		return refuse(err, "subjectDirectoryAttributes: malformed");
	while (list.len > 0 && !wrong) {
		if (!der_take_tag(&list, DER_SEQUENCE, &attribute))
			wrong = "an attribute is malformed";
		else
			wrong = read_attribute(attribute, ret);
	}
	if (!wrong)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_INVALID,
		"EK certificate: subjectDirectoryAttributes: %s", wrong);
}
