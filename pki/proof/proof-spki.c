/* SPDX-License-Identifier: Apache-2.0 */
#include "proof-spki.h"

#include <string.h>

#include "der-write.h"
#include "oid.h"
#include "tpm-public.h"

/* Octets of a field or a modulus as an unsigned number of @len octets; TPMs may
 * leave out leading zeros. */
static void put_padded(
	struct der_out *out, const uint8_t *data, size_t size, size_t len)
{
	static const uint8_t zeros[48];

	der_out_bytes(out, data, size);
	der_out_bytes(out, zeros, len - size);
}

/* The BIT STRING around all that is there, and the algorithm before it. */
static void put_key(struct der_out *out, enum oid_algorithm algorithm)
{
	struct view id = oid_algorithm(algorithm);

	der_out_bytes(out, "", 1); /* no unused bits */
	der_out_wrap(out, DER_BIT_STRING, 0);
	der_out_bytes(out, id.data, id.len);
	der_out_wrap(out, DER_SEQUENCE, 0);
}

/* RFC 5480 2.2: an uncompressed point on a named curve. */
static bool put_ecc(const TPMT_PUBLIC *area, struct der_out *out)
{
	static const uint8_t uncompressed = 0x04;
	const TPMS_ECC_POINT *p = &area->unique.ecc;
	bool p256 = area->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256;
	size_t field = p256 ? 32 : 48;

	if (!p256 && area->parameters.eccDetail.curveID != TPM2_ECC_NIST_P384)
		return false;
	if (p->x.size > field || p->y.size > field)
		return false;
	put_padded(out, p->y.buffer, p->y.size, field);
	put_padded(out, p->x.buffer, p->x.size, field);
	der_out_bytes(out, &uncompressed, 1);
	put_key(out, p256 ? ALGORITHM_KEY_P256 : ALGORITHM_KEY_P384);
	return true;
}

/* RFC 8017 A.1.1, with a modulus of 2048, 3072 or 4096 bits. */
static bool put_rsa(const TPMT_PUBLIC *area, struct der_out *out)
{
	const TPM2B_PUBLIC_KEY_RSA *n = &area->unique.rsa;
	uint32_t exponent = area->parameters.rsaDetail.exponent;
	size_t mark;

	if ((n->size != 256 && n->size != 384 && n->size != 512) ||
		(exponent != 0 && exponent != 65537))
		return false;
	der_out_uint(out, DER_INTEGER, 65537);
	mark = der_out_mark(out);
	der_out_bytes(out, n->buffer, n->size);
	der_out_bytes(out, "", 1); /* its highest bit is set: not negative */
	der_out_wrap(out, DER_INTEGER, mark);
	der_out_wrap(out, DER_SEQUENCE, 0);
	put_key(out, ALGORITHM_KEY_RSA);
	return true;
}

enum devid_err proof_write_spki(
	const TPMT_PUBLIC *area, struct key_blob *ret, struct devid_error *err)
{
	uint8_t buf[sizeof(ret->data)];
	struct der_out out = der_out_init(buf, sizeof(buf));
	struct view der;

	if (!(area->type == TPM2_ALG_ECC ? put_ecc(area, &out)
					 : put_rsa(area, &out)))
		return tpm_public_spki(area, ret, err); /* of no template */
	der = der_out_view(&out);
	memcpy(ret->data, der.data, der.len); /* at most 550 octets */
	ret->len = der.len;
	return DEVID_OK;
}
