/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-profile.h"

#include <string.h>

#include "ek-names.h"

/* keyUsage bits, RFC 5280 4.2.1.3, as they stand in the first octet */
#define KU_DIGITAL_SIGNATURE 0x80u
#define KU_KEY_ENCIPHERMENT  0x20u
#define KU_KEY_AGREEMENT     0x08u
#define KU_KEY_CERT_SIGN     0x04u
#define KU_CRL_SIGN          0x02u

static enum devid_err refuse(struct devid_error *err, const char *cause)
{
	return devid_fail(err, DEVID_ERR_INVALID, "EK certificate: %s", cause);
}

static bool is_rsa(const struct ek_cert *cert)
{
	struct view spki = cert->view.spki, alg, oid;

	return der_take_tag(&spki, DER_SEQUENCE, &alg) &&
	       der_take_tag(&alg, DER_OID, &oid) &&
	       oid_is(oid, OID_RSA_ENCRYPTION);
}

/* The first octet of keyUsage; false when there is none or it is malformed. A
 * ninth bit, decipherOnly, goes with keyAgreement and says nothing here. */
static bool take_key_usage(const struct ek_cert *cert, unsigned *ret)
{
	const struct cert_ext *ext =
		cert_get_ext(&cert->view, OID_CE_KEY_USAGE);
	struct view value, bits;

	if (!ext)
		return false;
	value = ext->value;
	if (!der_take_tag(&value, DER_BIT_STRING, &bits) || value.len != 0 ||
		bits.len < 2 || bits.len > 3 || bits.data[0] > 7)
		return false;
	*ret = bits.data[1];
	return true;
}

unsigned ek_find_quirks(const struct ek_cert *cert)
{
	const struct cert_ext *san =
		cert_get_ext(&cert->view, OID_CE_SUBJECT_ALT_NAME);
	unsigned quirks = 0, usage = 0;

	if (san && !san->critical && cert->view.subject.len > 0)
		quirks |= EK_QUIRK_SAN_NOT_CRITICAL;
	if (!cert_get_ext(&cert->view, OID_CE_EXT_KEY_USAGE))
		quirks |= EK_QUIRK_NO_EKU;
	if (!take_key_usage(cert, &usage) ||
		usage !=
			(is_rsa(cert) ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT))
		quirks |= EK_QUIRK_KEY_USAGE;
	if (cert->tpm.explicit_tags)
		quirks |= EK_QUIRK_EXPLICIT_TAGS;
	return quirks;
}

const struct cert_ext *ek_find_unknown_critical(const struct cert_view *cert)
{
	static const enum oid known[] = {
		OID_CE_KEY_USAGE,
		OID_CE_SUBJECT_ALT_NAME,
		OID_CE_BASIC_CONSTRAINTS,
		OID_CE_CERTIFICATE_POLICIES,
		OID_CE_EXT_KEY_USAGE,
	};

	for (size_t i = 0; i < cert->n_ext; i++) {
		bool found = !cert->ext[i].critical;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			found |= oid_is(cert->ext[i].oid, known[k]);
		if (!found)
			return &cert->ext[i];
	}
	return NULL;
}

/* RFC 5280 4.2 */
static enum devid_err check_extensions(
	const struct cert_view *cert, struct devid_error *err)
{
	const struct cert_ext *unknown = ek_find_unknown_critical(cert);
	char oid[OID_TEXT_MAX] = "?";

	for (size_t i = 1; i < cert->n_ext; i++) {
		for (size_t k = 0; k < i; k++) {
			struct view a = cert->ext[i].oid;
			struct view b = cert->ext[k].oid;

			if (a.len == b.len &&
				memcmp(a.data, b.data, a.len) == 0)
				return refuse(err, "an extension twice");
		}
	}
	if (!unknown)
		return DEVID_OK;
	(void)oid_to_text(unknown->oid, oid); /* else the question mark */
	return devid_fail(err, DEVID_ERR_INVALID,
		"EK certificate: unknown critical extension %s", oid);
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, ... } */
static bool is_no_ca(const struct cert_view *cert)
{
	const struct cert_ext *ext =
		cert_get_ext(cert, OID_CE_BASIC_CONSTRAINTS);
	struct view value, seq;

	if (!ext)
		return true;
	value = ext->value;
	if (!der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0)
		return false;
	/* FALSE written out is not DER, and harmless */
	return seq.len == 0 ||
	       (seq.len == 3 && memcmp(seq.data, "\x01\x01\x00", 3) == 0);
}

/* Another purpose is another certificate; none at all is a quirk. */
static bool has_purpose(const struct cert_view *cert)
{
	const struct cert_ext *ext = cert_get_ext(cert, OID_CE_EXT_KEY_USAGE);
	struct view value, seq, oid;
	bool found = false;

	if (!ext)
		return true;
	value = ext->value;
	if (!der_take_tag(&value, DER_SEQUENCE, &seq) || value.len != 0)
		return false;
	while (seq.len > 0) {
		if (!der_take_tag(&seq, DER_OID, &oid))
			return false;
		found |= oid_is(oid, OID_TCG_KP_EK);
	}
	return found;
}

/* A key that signs, or that signs certificates, is no EK; what the quirk
 * covers are further bits beside encryption or the other kind of it. */
static enum devid_err check_key_usage(
	const struct ek_cert *cert, struct devid_error *err)
{
	unsigned usage = 0;

	if (!cert_get_ext(&cert->view, OID_CE_KEY_USAGE))
		return DEVID_OK;
	if (!take_key_usage(cert, &usage))
		return refuse(err, "keyUsage: malformed");
	if (usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN))
		return refuse(err, "keyUsage: for signing certificates");
	if (!(usage & (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)))
		return refuse(err, usage & KU_DIGITAL_SIGNATURE
					   ? "keyUsage: a signing key"
					   : "keyUsage: not for encryption");
	return DEVID_OK;
}

enum devid_err ek_cert_check_profile(
	const struct ek_cert *cert, struct devid_error *err)
{
	const struct cert_ext *san =
		cert_get_ext(&cert->view, OID_CE_SUBJECT_ALT_NAME);
	struct ek_cert again = { .view = cert->view };
	enum devid_err rc;

	if (cert->view.version != 3)
		return refuse(err, "not of version 3");
	if (!cert->serial[0])
		return refuse(err, "serial number: empty or too long");
	rc = check_extensions(&cert->view, err);
	if (rc == DEVID_OK)
		rc = ek_read_names(&again, err);
	if (rc == DEVID_OK)
		rc = tpm_attributes_read(&cert->view, &again.tpm, err);
	if (rc == DEVID_OK)
		rc = check_key_usage(cert, err);
	if (rc != DEVID_OK)
		return rc;
	/* RFC 5280 4.2.1.6 */
	if (!san->critical && cert->view.subject.len == 0)
		return refuse(err, "subjectAltName: not critical though there "
				   "is no subject");
	if (!is_no_ca(&cert->view))
		return refuse(err, "basicConstraints: a CA's, or malformed");
	if (!has_purpose(&cert->view))
		return refuse(err, "extendedKeyUsage: without "
				   "tcg-kp-EKCertificate");
	return DEVID_OK;
}
