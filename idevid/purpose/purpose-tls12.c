/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose-tls12.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "bytes.h"

/* TLS handshake message types, RFC 5246 7.4 and RFC 6066 8. */
enum handshake_type {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	SERVER_KEY_EXCHANGE = 12,
	CERTIFICATE_REQUEST = 13,
	SERVER_HELLO_DONE = 14,
	CLIENT_KEY_EXCHANGE = 16,
	CERTIFICATE_STATUS = 22,
};

#define RANDOM_LEN 32 /* RFC 5246 7.4.1.2 */

/* The order of a full TLS 1.2 handshake with client authentication up to
 * what CertificateVerify covers, RFC 5246 7.3. */
static const struct {
	enum handshake_type type;
	bool optional;
} tls12_order[] = {
	{ CLIENT_HELLO, false },
	{ SERVER_HELLO, false },
	{ CERTIFICATE, false },
	{ CERTIFICATE_STATUS, true },
	{ SERVER_KEY_EXCHANGE, false }, /* forward secrecy only */
	{ CERTIFICATE_REQUEST, false },
	{ SERVER_HELLO_DONE, false },
	{ CERTIFICATE, false }, /* the client's */
	{ CLIENT_KEY_EXCHANGE, false },
};

#define N_TLS12_ORDER           (sizeof(tls12_order) / sizeof(tls12_order[0]))
#define CLIENT_CERTIFICATE_STEP 7

/* The SubjectPublicKeyInfo of a DER certificate, RFC 5280 4.1. */
static bool certificate_spki(struct view cert, struct view *ret_spki)
{
	struct view outer, tbs, content, whole;
	uint8_t tag;

	if (!der_take_tag(&cert, DER_SEQUENCE, &outer) || cert.len != 0 ||
		!der_take_tag(&outer, DER_SEQUENCE, &tbs) ||
		!der_take_tag(&tbs, DER_CONTEXT(0), &content) ||
		!der_take_tag(&tbs, DER_INTEGER, &content))
		return false;
	/* signature, issuer, validity, subject */
	for (int i = 0; i < 4; i++) {
		if (!der_take_tag(&tbs, DER_SEQUENCE, &content))
			return false;
	}
	if (!der_take(&tbs, &tag, &content, &whole) || tag != DER_SEQUENCE)
		return false;
	*ret_spki = whole;
	return true;
}

/* The client's Certificate message, RFC 5246 7.4.6: first entry is ours. */
static bool is_own_certificate(struct view body, struct view spki)
{
	struct bytes_in in = bytes_in_init(body);
	struct bytes_in list = bytes_in_init(bytes_in_counted(&in, 3));
	struct view cert = bytes_in_counted(&list, 3), found;

	return bytes_in_done(&in) && !list.bad &&
	       certificate_spki(cert, &found) && view_equal(found, spki);
}

/* ClientHello and ServerHello begin with a version and a random. The server
 * fixes the version (RFC 5246 7.4.1.3); a client that gets TLS 1.2 has offered
 * TLS 1.2 in this field, also when it speaks TLS 1.3 (RFC 8446 4.1.2). */
static bool is_tls12_hello(struct view body)
{
	return body.len >= 2 + RANDOM_LEN && body.data[0] == 0x03 &&
	       body.data[1] == 0x03;
}

static enum devid_err check_tls12_message(size_t step, struct view body,
	struct view spki, struct devid_error *err)
{
	enum handshake_type type = tls12_order[step].type;

	if ((type == CLIENT_HELLO || type == SERVER_HELLO) &&
		!is_tls12_hello(body))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"handshake transcript of another version than TLS 1.2 "
			"(RFC 5246 7.4.1.3)");
	if (step == CLIENT_CERTIFICATE_STEP && !is_own_certificate(body, spki))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"handshake transcript with a client certificate of "
			"another key (RFC 5246 7.4.6)");
	return DEVID_OK;
}

bool purpose_tls12_is_transcript(struct view in)
{
	return in.len >= 4 && in.data[0] == CLIENT_HELLO;
}

/* RFC 5246 7.4.8 with the order of 7.3. */
enum devid_err purpose_tls12_check_transcript(
	struct view data, struct view spki, struct devid_error *err)
{
	struct bytes_in in = bytes_in_init(data);
	size_t step = 0;

	while (in.rest.len > 0) {
		uint8_t type = (uint8_t)bytes_in_uint(&in, 1);
		struct view body = bytes_in_counted(&in, 3);
		enum devid_err rc;

		if (in.bad)
			return devid_fail(err, DEVID_ERR_PURPOSE,
				"handshake message cut short (RFC 5246 7.4)");
		while (step < N_TLS12_ORDER && tls12_order[step].optional &&
			tls12_order[step].type != type)
			step++;
		if (step == N_TLS12_ORDER || tls12_order[step].type != type)
			return devid_fail(err, DEVID_ERR_PURPOSE,
				"handshake message %u out of order "
				"(RFC 5246 7.3)",
				type);
		rc = check_tls12_message(step, body, spki, err);
		if (rc != DEVID_OK)
			return rc;
		step++;
	}
	if (step != N_TLS12_ORDER)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"handshake transcript ends early (RFC 5246 7.4.8)");
	return DEVID_OK;
}

/* The named groups of RFC 8422 5.1.1 with the length of a public value on
 * them (5.4, 5.11); no certificate of ours is used with another. */
static const struct {
	size_t point_len;
	unsigned group;
	int curve; /* whose points are checked, or NID_undef: all are good */
} groups[] = {
	{ 65, 23, NID_X9_62_prime256v1 }, { 97, 24, NID_secp384r1 },
	{ 133, 25, NID_secp521r1 }, { 32, 29, NID_undef }, /* x25519 */
	{ 56, 30, NID_undef },                             /* x448 */
};

/* Uncompressed and on the curve: leaves less that could mean anything else. */
static bool is_point(int curve, const uint8_t *data, size_t len)
{
	EC_GROUP *group;
	EC_POINT *point;
	bool ok;

	if (curve == NID_undef)
		return true;
	group = EC_GROUP_new_by_curve_name(curve);
	point = group ? EC_POINT_new(group) : NULL;
	ok = point && data[0] == POINT_CONVERSION_UNCOMPRESSED &&
	     EC_POINT_oct2point(group, point, data, len, NULL) == 1;
	EC_POINT_free(point);
	EC_GROUP_free(group);
	ERR_clear_error();
	return ok;
}

/* client_random, server_random, ServerECDHParams: RFC 8422 5.4. */
bool purpose_tls12_is_key_exchange(struct view in)
{
	const uint8_t *params;

	if (in.len < 2 * RANDOM_LEN + 4)
		return false;
	params = in.data + 2 * RANDOM_LEN;
	if (params[0] != 3 /* named_curve */)
		return false;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		size_t point_len = groups[i].point_len;

		if (groups[i].group != bytes_load(params + 1, 2))
			continue;
		return params[3] == point_len &&
		       in.len == 2 * RANDOM_LEN + 4 + point_len &&
		       is_point(groups[i].curve, params + 4, point_len);
	}
	return false;
}

/* ServerECDHParams (RFC 4492 5.4): any curve, and any point on it. */
static bool is_ec_params(struct bytes_in in)
{
	enum curve_type {
		EXPLICIT_PRIME = 1,
		EXPLICIT_CHAR2 = 2,
		NAMED_CURVE = 3,
	} type = (enum curve_type)bytes_in_uint(&in, 1);
	int numbers = 5; /* a, b, base, order, cofactor */

	if (type == NAMED_CURVE) {
		(void)bytes_in_take(&in, 2);
		numbers = 0;
	} else if (type == EXPLICIT_PRIME) {
		numbers += 1; /* p */
	} else if (type == EXPLICIT_CHAR2) {
		(void)bytes_in_take(&in, 2); /* m */
		/* trinomial: k; pentanomial: k1, k2, k3 */
		numbers += bytes_in_uint(&in, 1) == 1 ? 1 : 3;
	} else {
		return false;
	}
	for (; numbers > 0; numbers--)
		(void)bytes_in_counted(&in, 1);
	(void)bytes_in_counted(&in, 1); /* the point */
	return bytes_in_done(&in);
}

/* Vectors whose lengths have these numbers of bytes, to the end. */
static bool is_vectors(struct bytes_in in, const char *lengths)
{
	for (; *lengths; lengths++)
		(void)bytes_in_counted(&in, (size_t)(*lengths - '0'));
	return bytes_in_done(&in);
}

/*
 * client_random, server_random, and then parameters that nobody here asks for.
 * They are looked for because of what they could pass for: a client whose
 * random begins like a ClientHello would take a handshake transcript for a
 * server's key exchange, hidden in a long dh_p, or by its length alone.
 * Whoever may use the key as a client could then pose as the server.
 */
bool purpose_tls12_is_other_exchange(struct view data, const char **ret)
{
	struct bytes_in in = bytes_in_init(data);

	(void)bytes_in_take(&in, 2 * RANDOM_LEN);
	if (is_ec_params(in))
		*ret = "on another curve or point (RFC 8422 5.4)";
	else if (is_vectors(in, "222")) /* dh_p, dh_g, dh_Ys */
		*ret = "in a finite field (RFC 5246 7.4.3)";
	else if (is_vectors(in, "22")) /* rsa_modulus, rsa_exponent */
		*ret = "with a temporary RSA key (RFC 2246 7.4.3)";
	else if (is_vectors(in, "2212")) /* N, g, s, B */
		*ret = "with SRP (RFC 5054 2.5.3)";
	else
		return false;
	return true;
}
