/* SPDX-License-Identifier: Apache-2.0 */
#include "profile-parts.h"

#include "profile-rules.h"

#define RSA_BITS_MIN 2048 /* 112 bits of security */
#define RSA_BITS_MAX                                                           \
	8192 /* beyond it a verification is a denial of service                \
	      */

/* Bits of a positive, minimal INTEGER's content; 0 when it is not one. */
static unsigned integer_bits(struct view v)
{
	unsigned bits;

	if (v.len == 0 || v.data[0] & 0x80)
		return 0;
	if (v.data[0] == 0) {
		if (v.len == 1 || !(v.data[1] & 0x80))
			return 0;
		v.data++;
		v.len--;
	}
	bits = (unsigned)v.len * 8;
	for (uint8_t top = v.data[0]; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent }, RFC 8017 A.1.1 */
static unsigned rsa_bits(struct view key)
{
	struct view seq, n, e;
	unsigned bits;

	if (!der_take_tag(&key, DER_SEQUENCE, &seq) || key.len != 0 ||
		!der_take_tag(&seq, DER_INTEGER, &n) ||
		!der_take_tag(&seq, DER_INTEGER, &e) || seq.len != 0)
		return 0;
	bits = integer_bits(n);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return 0;
	/* odd, at least 3, at most 64 bits */
	if (integer_bits(e) < 2 || integer_bits(e) > 64 ||
		!(e.data[e.len - 1] & 1) || !(n.data[n.len - 1] & 1))
		return 0;
	return bits;
}

/* RFC 5480 2.1.1, 2.2: a named curve and an uncompressed point on it (that
 * it is on the curve is seen when the key is decoded to be used). */
static unsigned ec_bits(struct view params, struct view point)
{
	static const struct {
		enum oid oid;
		unsigned bits;
	} curves[] = { { OID_P256, 256 }, { OID_P384, 384 },
		{ OID_P521, 521 } };
	struct view curve;

	if (!der_take_tag(&params, DER_OID, &curve) || params.len != 0)
		return 0;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		size_t field = (curves[i].bits + 7) / 8;

		if (oid_is(curve, curves[i].oid))
			return point.len == 1 + 2 * field && point.data[0] == 4
				       ? curves[i].bits
				       : 0;
	}
	return 0;
}

static void prepare_key(struct rules_input *in)
{
	struct view spki = in->cert.spki, alg, oid, key;

	if (!der_take_tag(&spki, DER_SEQUENCE, &alg) ||
		!der_take_tag(&alg, DER_OID, &oid) ||
		!der_take_tag(&spki, DER_BIT_STRING, &key) || spki.len != 0 ||
		key.len < 2 || key.data[0] != 0)
		return;
	key.data++;
	key.len--;
	if (oid_is(oid, OID_EC_PUBLIC_KEY)) {
		in->key_type = RULES_KEY_EC;
		in->key_bits = ec_bits(alg, key);
	} else if (oid_is(oid, OID_RSA_ENCRYPTION)) {
		in->key_type = RULES_KEY_RSA;
		/* RFC 3279 2.3.1: the parameters are NULL */
		if (alg.len == 2 && alg.data[0] == 5 && alg.data[1] == 0)
			in->key_bits = rsa_bits(key);
	}
}

/* KeyUsage ::= BIT STRING with trailing zero bits removed (X.690 11.2.2) */
static void prepare_key_usage(struct rules_input *in)
{
	const struct cert_ext *ext = cert_get_ext(&in->cert, OID_CE_KEY_USAGE);
	struct view value, bits;
	unsigned unused, n;

	if (!ext)
		return;
	in->key_usage_state = RULES_BAD;
	value = ext->value;
	if (!der_take_tag(&value, DER_BIT_STRING, &bits) || value.len != 0 ||
		bits.len < 2 || bits.len > 3 || bits.data[0] > 7)
		return;
	unused = bits.data[0];
	if (((bits.data[bits.len - 1] >> unused) & 1) == 0 ||
		(bits.data[bits.len - 1] & ((1u << unused) - 1)))
		return;
	n = (unsigned)(bits.len - 1) * 8 - unused;
	if (n > 9)
		return; /* there are nine usages */
	for (unsigned i = 0; i < n; i++) {
		if (bits.data[1 + i / 8] & (0x80u >> i % 8))
			in->key_usage |= 1u << i;
	}
	in->key_usage_state = RULES_GOOD;
}

static void prepare_san(struct rules_input *in)
{
	const struct cert_ext *ext =
		cert_get_ext(&in->cert, OID_CE_SUBJECT_ALT_NAME);

	if (!ext)
		return;
	in->san_state = RULES_BAD;
	if (san_split(ext->value, &in->san, &in->san_error) != DEVID_OK)
		return;
	in->san_state = RULES_GOOD;
	if (in->san.hw_module.data)
		in->hw_state =
			san_parse_hw_module(in->san.hw_module, SAN_TOLERANT,
				&in->hw, &in->hw_error) == DEVID_OK
				? RULES_GOOD
				: RULES_BAD;
	if (in->san.perm_id.data)
		in->perm_id_state =
			san_parse_perm_id(in->san.perm_id, &in->perm_id,
				&in->perm_id_error) == DEVID_OK
				? RULES_GOOD
				: RULES_BAD;
}

static unsigned capability_bit(struct view oid)
{
	if (oid_is(oid, OID_TCG_CAP_RESIDENCY))
		return RULES_CAP_RESIDENCY;
	if (oid_is(oid, OID_TCG_CAP_FIXED))
		return RULES_CAP_FIXED;
	if (oid_is(oid, OID_TCG_CAP_RESTRICTED))
		return RULES_CAP_RESTRICTED;
	return 0;
}

/* Qualifiers ::= SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo */
static bool qualifiers_are_valid(struct view info)
{
	struct view list, item, oid;

	if (info.len == 0)
		return true;
	if (!der_take_tag(&info, DER_SEQUENCE, &list) || info.len != 0 ||
		list.len == 0)
		return false;
	while (list.len > 0) {
		if (!der_take_tag(&list, DER_SEQUENCE, &item) ||
			!der_take_tag(&item, DER_OID, &oid))
			return false;
	}
	return true;
}

/* RFC 5280 4.2.1.4: one or more PolicyInformation, none twice. */
static enum rules_part read_policies(struct view value, unsigned *ret_caps)
{
	struct view list, walk, info, oid;

	if (!der_take_tag(&value, DER_SEQUENCE, &list) || value.len != 0 ||
		list.len == 0)
		return RULES_BAD;
	for (walk = list; walk.len > 0;) {
		if (!der_take_tag(&walk, DER_SEQUENCE, &info) ||
			!der_take_tag(&info, DER_OID, &oid) ||
			!oid_is_valid(oid) || !qualifiers_are_valid(info))
			return RULES_BAD;
		if (*ret_caps & capability_bit(oid))
			return RULES_BAD; /* twice */
		*ret_caps |= capability_bit(oid);
	}
	return RULES_GOOD;
}

/* RFC 5280 4.2.1.12: one or more KeyPurposeId. */
static enum rules_part read_eku(struct view value, struct rules_input *in)
{
	struct view list, oid;
	unsigned cap;

	if (!der_take_tag(&value, DER_SEQUENCE, &list) || value.len != 0 ||
		list.len == 0)
		return RULES_BAD;
	while (list.len > 0) {
		if (!der_take_tag(&list, DER_OID, &oid) || !oid_is_valid(oid))
			return RULES_BAD;
		cap = capability_bit(oid);
		in->eku_caps |= cap;
		if (oid_is(oid, OID_KP_SERVER_AUTH) ||
			oid_is(oid, OID_KP_CLIENT_AUTH) ||
			oid_is(oid, OID_CE_ANY_EXT_KEY_USAGE))
			in->eku_tls = true;
		else if (cap == 0)
			in->eku_other = true;
	}
	return RULES_GOOD;
}

void rules_prepare(struct rules_input *in)
{
	const struct cert_ext *ext;

	prepare_key(in);
	prepare_key_usage(in);
	prepare_san(in);
	ext = cert_get_ext(&in->cert, OID_CE_CERTIFICATE_POLICIES);
	if (ext)
		in->policies_state =
			read_policies(ext->value, &in->policy_caps);
	ext = cert_get_ext(&in->cert, OID_CE_EXT_KEY_USAGE);
	if (ext)
		in->eku_state = read_eku(ext->value, in);
}
