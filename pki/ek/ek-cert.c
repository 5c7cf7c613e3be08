/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-cert.h"

#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "ek-key.h"
#include "ek-names.h"
#include "ek-profile.h"
#include "hex.h"
#include "tpm-nv-header.h"

/* Into @size bytes at @buf; "" when it does not fit. */
static void show_hex(struct view in, char *buf, size_t size)
{
	if (in.len < size / 2 + size % 2)
		hex_encode_upper(in.data, in.len, buf);
	else
		buf[0] = '\0';
}

void ek_cert_done(struct ek_cert *cert)
{
	EVP_PKEY_free(cert->key.ec);
	cert->key = (struct ek_key) { .ec = NULL };
}

bool ek_cert_has_key(const struct ek_cert *cert)
{
	return cert->key.ec || cert->key.modulus.len > 0;
}

/* What an NV index holds behind the certificate: never written, or erased. */
static bool is_padding(struct view rest)
{
	if (rest.data[0] != 0x00 && rest.data[0] != 0xff)
		return false;
	for (size_t i = 1; i < rest.len; i++) {
		if (rest.data[i] != rest.data[0])
			return false;
	}
	return true;
}

/* Finds the certificate in what surrounds it. */
static enum devid_err trim(
	struct view in, struct ek_cert *ret, struct devid_error *err)
{
	struct view content;
	size_t len = 0;
	uint8_t tag;

	if (in.len > EK_CERT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"EK certificate: more than %d bytes", EK_CERT_MAX);
	if (tpm_nv_header_take(&in, &len))
		ret->quirks |= EK_QUIRK_NV_HEADER;
	if (!der_take(&in, &tag, &content, &ret->der) || tag != DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EK certificate: not one DER SEQUENCE");
	if (ret->quirks & EK_QUIRK_NV_HEADER && len != ret->der.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EK certificate: the header before it tells another "
			"length");
	if (in.len == 0)
		return DEVID_OK;
	if (!is_padding(in))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EK certificate: %zu bytes behind it are no padding",
			in.len);
	ret->quirks |= EK_QUIRK_PADDING;
	return DEVID_OK;
}

/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] ... } */
static void read_ids(struct ek_cert *ret)
{
	const struct cert_ext *ext =
		cert_get_ext(&ret->view, OID_CE_AUTHORITY_KEY_ID);
	struct view value, seq, id, serial = ret->view.serial;

	/* the octet that only keeps the number positive is not shown */
	if (serial.len > 1 && serial.data[0] == 0) {
		serial.data++;
		serial.len--;
	}
	show_hex(serial, ret->serial, sizeof(ret->serial));
	if (!ext)
		return;
	value = ext->value;
	if (der_take_tag(&value, DER_SEQUENCE, &seq) && value.len == 0 &&
		der_take_tag(&seq, DER_CONTEXT_PRIM(0), &id))
		show_hex(id, ret->authority_key_id,
			sizeof(ret->authority_key_id));
}

enum devid_err ek_cert_parse(
	struct view in, struct ek_cert *ret, struct devid_error *err)
{
	struct devid_error cause = { 0 };
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	ret->tpm.level = ret->tpm.revision = -1;
	rc = trim(in, ret, err);
	if (rc != DEVID_OK)
		return rc;
	rc = cert_parse(ret->der, &ret->view, &cause);
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "EK certificate: %s", cause.text);
	if (!digest_hash(ret->der.data, ret->der.len, ret->fingerprint))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"EK certificate: cannot be hashed");
	read_ids(ret);
	/* What is wrong with these is told by the two checks below. */
	(void)!ek_read_names(ret, NULL);
	(void)!tpm_attributes_read(&ret->view, &ret->tpm, NULL);
	(void)!ek_read_key(ret, NULL);
	ret->quirks |= ek_find_quirks(ret);
	return DEVID_OK;
}

enum devid_err ek_cert_check_key(
	const struct ek_cert *cert, struct devid_error *err)
{
	struct ek_cert again = { .view = cert->view };
	enum devid_err rc;

	if (ek_cert_has_key(cert))
		return DEVID_OK;
	rc = ek_read_key(&again, err); /* for the cause */
	ek_cert_done(&again);
	return rc;
}

enum devid_err ek_cert_hw_serial(const struct ek_cert *cert, char *buf,
	size_t size, struct devid_error *err)
{
	const char *vendor =
		cert->vendor[0] ? cert->vendor : ek_vendor_digits(cert);
	int n;

	if (!vendor || !cert->authority_key_id[0] || !cert->serial[0])
		return devid_fail(err, DEVID_ERR_INVALID,
			"EK certificate: no %s in it",
			!vendor                      ? "TPM manufacturer"
			: !cert->authority_key_id[0] ? "authority key id"
						     : "serial number");
	n = snprintf(buf, size, "%s:%s:%s", vendor, cert->authority_key_id,
		cert->serial);
	if (n < 0 || (size_t)n >= size)
		return devid_fail(err, DEVID_ERR_INVALID,
			"EK certificate: hwSerialNum would be too long");
	return DEVID_OK;
}
