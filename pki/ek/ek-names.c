/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-names.h"

#include <stdlib.h>
#include <string.h>

/* 2.23.133.2.n: tcg-at-tpmManufacturer 1, -tpmModel 2, -tpmVersion 3 */
static const uint8_t tcg_at[] = { 0x67, 0x81, 0x05, 0x02 };

enum tcg_attribute {
	AT_NONE,
	AT_MANUFACTURER = 1,
	AT_MODEL = 2,
	AT_VERSION = 3,
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

/* "id:" and eight hex digits (TCG EK Credential Profile 3.1.2). */
const char *ek_vendor_digits(const struct ek_cert *cert)
{
	const char *text = cert->manufacturer;

	if (strncmp(text, "id:", 3) != 0 || strlen(text) != 11 ||
		strspn(text + 3, "0123456789abcdefABCDEF") != 8)
		return NULL;
	return text + 3;
}

/* The four octets are ASCII, filled up with NUL, except in TPMs that tell a
 * PCI number; these have no vendor text. */
static bool read_vendor(const struct ek_cert *cert, char out[5])
{
	const char *digits = ek_vendor_digits(cert);
	char text[5] = "";
	uint32_t octets;
	size_t n = 0;
	bool ended = false;

	if (!digits)
		return false;
	octets = (uint32_t)strtoul(digits, NULL, 16); /* eight hex digits */
	for (int shift = 24; shift >= 0; shift -= 8) {
		unsigned octet = octets >> shift & 0xff;

		if (octet == 0)
			ended = true;
		else if (ended || octet < 0x20 || octet > 0x7e)
			return true;
		else
			text[n++] = (char)octet;
	}
	memcpy(out, text, sizeof(text));
	return true;
}

static enum devid_err read_name(
	struct view atv, struct ek_cert *ret, struct devid_error *err)
{
	struct view oid, value;
	char *slot;
	uint8_t tag;

	if (!der_take_tag(&atv, DER_OID, &oid) ||
		!der_take(&atv, &tag, &value, NULL) || atv.len != 0)
		return refuse(err, "subjectAltName: malformed directoryName");
	switch (tcg_attribute(oid)) {
	case AT_MANUFACTURER:
		slot = ret->manufacturer;
		break;
	case AT_MODEL:
		slot = ret->model;
		break;
	case AT_VERSION:
		slot = ret->version;
		break;
	default: /* not an enum: the last arc of any OID */
		return DEVID_OK;
	}
	if (slot[0])
		return refuse(err, "subjectAltName: manufacturer, model or "
				   "version occurs twice");
	if (!tpm_text_read(tag, value, slot))
		return refuse(err, "subjectAltName: manufacturer, model or "
				   "version is no plain text");
	return DEVID_OK;
}

static enum devid_err read_directory_name(
	struct view wrap, struct ek_cert *ret, struct devid_error *err)
{
	struct view name, rdn, atv;
	enum devid_err rc;

	if (!der_take_tag(&wrap, DER_SEQUENCE, &name) || wrap.len != 0)
		return refuse(err, "subjectAltName: malformed directoryName");
	while (name.len > 0) {
		if (!der_take_tag(&name, DER_SET, &rdn) || rdn.len == 0)
			return refuse(
				err, "subjectAltName: malformed directoryName");
		while (rdn.len > 0) {
			if (!der_take_tag(&rdn, DER_SEQUENCE, &atv))
				return refuse(err, "subjectAltName: malformed "
						   "directoryName");
			rc = read_name(atv, ret, err);
			if (rc != DEVID_OK)
				return rc;
		}
	}
	return DEVID_OK;
}

enum devid_err ek_read_names(struct ek_cert *ret, struct devid_error *err)
{
	const struct cert_ext *ext =
		cert_get_ext(&ret->view, OID_CE_SUBJECT_ALT_NAME);
	struct view san, names, name;
	enum devid_err rc;
	uint8_t tag;

	if (!ext)
		return refuse(err, "no subjectAltName");
	san = ext->value;
	if (!der_take_tag(&san, DER_SEQUENCE, &names) || san.len != 0)
		return refuse(err, "subjectAltName: malformed");
	while (names.len > 0) {
		if (!der_take(&names, &tag, &name, NULL))
			return refuse(err, "subjectAltName: malformed");
		if (tag != DER_CONTEXT(4))
			continue;
		rc = read_directory_name(name, ret, err);
		if (rc != DEVID_OK)
			return rc;
	}
	if (!ret->manufacturer[0] || !ret->model[0] || !ret->version[0])
		return refuse(err, "subjectAltName: lacks TPM manufacturer, "
				   "model or version");
	if (!read_vendor(ret, ret->vendor))
		return refuse(err, "subjectAltName: TPM manufacturer is not "
				   "id: and eight hex digits");
	return DEVID_OK;
}
