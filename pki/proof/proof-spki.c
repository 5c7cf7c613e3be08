/* SPDX-License-Identifier: Apache-2.0 */
/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of the template's keys: all octets
 * before the key are the same for keys of a kind. */
#include <string.h>

#include "proof-private.h"

/* RFC 5480 2.1.1: id-ecPublicKey with a named curve, up to the point's 04. */
static const uint8_t start_p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
static const uint8_t start_p384[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
	0x22, 0x03, 0x62, 0x00, 0x04 };
/* RFC 3279 2.3.1: rsaEncryption, up to the modulus of 2048 bits. */
static const uint8_t start_rsa[] = { 0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06,
	0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
	0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01,
	0x01, 0x00 };
static const uint8_t end_rsa[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

static void append(struct key_blob *out, const void *data, size_t len)
{
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

/* A coordinate in @field bytes; TPMs may leave out leading zeros. */
static void append_padded(
	struct key_blob *out, const TPM2B_ECC_PARAMETER *v, size_t field)
{
	memset(out->data + out->len, 0, field - v->size);
	out->len += field - v->size;
	append(out, v->buffer, v->size);
}

static bool write_ecc(const TPMT_PUBLIC *area, struct key_blob *out)
{
	const TPMS_ECC_POINT *p = &area->unique.ecc;
	bool p256 = area->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256;
	size_t field = p256 ? 32 : 48;

	if (!p256 && area->parameters.eccDetail.curveID != TPM2_ECC_NIST_P384)
		return false;
	if (p->x.size > field || p->y.size > field)
		return false;
	if (p256)
		append(out, start_p256, sizeof(start_p256));
	else
		append(out, start_p384, sizeof(start_p384));
	append_padded(out, &p->x, field);
	append_padded(out, &p->y, field);
	return true;
}

static bool write_rsa(const TPMT_PUBLIC *area, struct key_blob *out)
{
	const TPM2B_PUBLIC_KEY_RSA *n = &area->unique.rsa;
	uint32_t exponent = area->parameters.rsaDetail.exponent;

	if (n->size != 256 || (exponent != 0 && exponent != 65537))
		return false;
	append(out, start_rsa, sizeof(start_rsa));
	append(out, n->buffer, n->size);
	append(out, end_rsa, sizeof(end_rsa));
	return true;
}

enum devid_err proof_write_spki(
	const TPMT_PUBLIC *area, struct key_blob *ret, struct devid_error *err)
{
	ret->len = 0;
	if (area->type == TPM2_ALG_ECC ? write_ecc(area, ret)
				       : write_rsa(area, ret))
		return DEVID_OK;
	return tpm_public_spki(area, ret, err); /* of no template */
}
