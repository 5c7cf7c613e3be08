/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Purpose-bound signing. Handshakes are real ones, made here between two ends
 * of libssl; each case then spoils one thing.
 */
#include "cmocka-all.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>

#include "certs.h"
#include "handshake.h"
#include "purpose.h"

/* What is made once for all cases. */
static struct {
	struct certs_node ca, own, other;
	uint8_t spki[1024];
	size_t spki_len;
	struct bytes tls12;         /* transcript up to ClientKeyExchange */
	struct bytes tls12_other;   /* the same of the other client */
	struct bytes tls12_tickets; /* with a session ticket extension */
	struct bytes ske_p256, ske_x25519;
} made;

static struct certs_node leaf(void)
{
	struct certs_spec spec = certs_idevid_spec();

	return certs_sign(&spec, certs_key("P-256"), &made.ca);
}

static int group_setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("Test CA");
	static struct bytes unused;
	uint8_t *p = made.spki;

	(void)state;
	made.ca = certs_sign(&spec, certs_key("P-256"), NULL);
	made.own = leaf();
	made.other = leaf();
	made.spki_len = (size_t)i2d_PUBKEY(made.own.key, &p);
	handshake_tls12(&made.own, "P-256", false, &made.tls12, &made.ske_p256);
	handshake_tls12(
		&made.own, "P-384:P-256", true, &made.tls12_tickets, NULL);
	handshake_tls12(&made.other, "P-256", false, &made.tls12_other, NULL);
	handshake_tls12(
		&made.own, "X25519:P-256", false, &unused, &made.ske_x25519);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	certs_done(&made.own);
	certs_done(&made.other);
	certs_done(&made.ca);
	return 0;
}

/* Judges exactly @len bytes in memory of that size. */
static enum devid_err check(const void *data, size_t len,
	struct purpose_verdict *ret, struct devid_error *err)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum devid_err rc;

	if (len > 0)
		memcpy(exact, data, len);
	rc = purpose_check(exact, len, made.spki, made.spki_len, ret, err);
	free(exact);
	return rc;
}

static void accepts(const struct bytes *b, enum purpose purpose, unsigned tls)
{
	struct purpose_verdict v = { 0, 0 };
	struct devid_error err = { DEVID_OK, "" };

	if (check(b->data, b->len, &v, &err) != DEVID_OK)
		fail_msg("refused: %s", err.text);
	assert_int_equal(v.purpose, purpose);
	assert_int_equal(v.tls_version, tls);
}

/* Refused, and for the reason that has @cause in it. */
static void refuses(const struct bytes *b, const char *cause)
{
	struct purpose_verdict v = { 0, 77 };
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(check(b->data, b->len, &v, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, cause);
	assert_int_equal(v.tls_version, 77); /* untouched */
}

/* RFC 8446 4.4.3. */
static struct bytes tls13(const char *context, size_t hash_len)
{
	struct bytes b = { .len = 0 };
	uint8_t hash[64];

	memset(b.data, ' ', 64);
	b.len = 64;
	bytes_put(&b, context, strlen(context) + 1);
	assert_int_equal(RAND_bytes(hash, sizeof(hash)), 1);
	bytes_put(&b, hash, hash_len);
	return b;
}

#define CLIENT13 "TLS 1.3, client CertificateVerify"
#define SERVER13 "TLS 1.3, server CertificateVerify"

static void tls13_client_and_server_told_apart(void **state)
{
	struct bytes b = tls13(CLIENT13, 32);

	(void)state;
	accepts(&b, PURPOSE_TLS_CLIENT, 0x0304);
	b = tls13(CLIENT13, 48);
	accepts(&b, PURPOSE_TLS_CLIENT, 0x0304);
	b = tls13(SERVER13, 32);
	accepts(&b, PURPOSE_TLS_SERVER, 0x0304);
	b = tls13(SERVER13, 48);
	accepts(&b, PURPOSE_TLS_SERVER, 0x0304);
}

static void tls13_hash_of_other_length_refused(void **state)
{
	static const size_t lens[] = { 1, 20, 31, 33, 47, 49, 64 };

	(void)state;
	for (size_t i = 0; i < N_OF(lens); i++) {
		struct bytes b = tls13(CLIENT13, lens[i]);

		refuses(&b, "not 32 or 48");
	}
}

static void tls13_other_context_refused(void **state)
{
	static const char *const contexts[] = {
		"TLS 1.3, CLIENT CertificateVerify",
		"TLS 1.4, client CertificateVerify",
		"TLS 1.3, client Certificate_erify",
		"CMS firmware image of this device", /* of the same length */
	};

	(void)state;
	for (size_t i = 0; i < N_OF(contexts); i++) {
		struct bytes b = tls13(contexts[i], 32);

		assert_int_equal(strlen(contexts[i]), strlen(CLIENT13));
		refuses(&b, "unknown TLS 1.3 signature context");
	}
}

static void tls13_separator_missing_refused(void **state)
{
	struct bytes b = tls13(CLIENT13, 32);

	(void)state;
	b.data[64 + strlen(CLIENT13)] = 1;
	refuses(&b, "unknown TLS 1.3 signature context");
}

static void tls13_context_missing_refused(void **state)
{
	struct bytes b = tls13(CLIENT13, 32);

	(void)state;
	for (b.len = 64; b.len < 64 + sizeof(CLIENT13); b.len++)
		refuses(&b, "without a TLS 1.3 context");
}

static void tls13_one_space_less_or_more_refused(void **state)
{
	struct bytes good = tls13(CLIENT13, 32), b = { .len = 0 };

	(void)state;
	bytes_put(&b, good.data + 1, good.len - 1);
	refuses(&b, "neither a TLS handshake nor");
	b.len = 0;
	bytes_put(&b, " ", 1);
	bytes_put(&b, good.data, good.len - 1);
	refuses(&b, "unknown TLS 1.3 signature context");
}

static void tls12_real_transcripts_accepted(void **state)
{
	(void)state;
	accepts(&made.tls12, PURPOSE_TLS_CLIENT, 0x0303);
	accepts(&made.tls12_tickets, PURPOSE_TLS_CLIENT, 0x0303);
}

static void tls12_of_another_client_refused(void **state)
{
	(void)state;
	refuses(&made.tls12_other, "client certificate of another key");
}

/* Offset of the @n-th message. */
static size_t message_at(const struct bytes *b, unsigned n)
{
	size_t at = 0;

	while (n-- > 0)
		at += 4 + ((size_t)b->data[at + 1] << 16 |
				  (size_t)b->data[at + 2] << 8 |
				  b->data[at + 3]);
	return at;
}

static void tls12_every_truncation_refused(void **state)
{
	struct bytes b = made.tls12;

	(void)state;
	for (b.len = 0; b.len < made.tls12.len; b.len++) {
		struct purpose_verdict v;

		assert_rc(check(b.data, b.len, &v, NULL), DEVID_ERR_PURPOSE);
	}
	b.len = message_at(&made.tls12, 7);
	refuses(&b, "ends early");
	b.len--;
	refuses(&b, "cut short");
}

static void tls12_message_behind_refused(void **state)
{
	static const uint8_t finished[] = { 20, 0, 0, 0 };
	struct bytes b = made.tls12;

	(void)state;
	bytes_put(&b, finished, sizeof(finished));
	refuses(&b, "handshake message 20 out of order");
	b = made.tls12;
	bytes_put(&b, "x", 1);
	refuses(&b, "cut short");
}

/* Each of the eight messages left out, in turn. */
static void tls12_message_left_out_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 8; n++) {
		size_t from = message_at(&made.tls12, n);
		size_t to = message_at(&made.tls12, n + 1);
		struct bytes b = { .len = 0 };

		bytes_put(&b, made.tls12.data, from);
		bytes_put(&b, made.tls12.data + to, made.tls12.len - to);
		refuses(&b, n == 7 ? "ends early" : "out of order");
	}
}

static void tls12_messages_swapped_refused(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 7; n++) {
		size_t a = message_at(&made.tls12, n);
		size_t b = message_at(&made.tls12, n + 1);
		size_t c = message_at(&made.tls12, n + 2);
		struct bytes t = { .len = 0 };

		bytes_put(&t, made.tls12.data, a);
		bytes_put(&t, made.tls12.data + b, c - b);
		bytes_put(&t, made.tls12.data + a, b - a);
		bytes_put(&t, made.tls12.data + c, made.tls12.len - c);
		refuses(&t, "out of order");
	}
}

static void tls12_certificate_status_in_its_place_accepted(void **state)
{
	static const uint8_t status[] = { 22, 0, 0, 4, 1, 0, 0, 0 };
	size_t at = message_at(&made.tls12, 3);
	struct bytes b = { .len = 0 };

	(void)state;
	bytes_put(&b, made.tls12.data, at);
	bytes_put(&b, status, sizeof(status));
	bytes_put(&b, made.tls12.data + at, made.tls12.len - at);
	accepts(&b, PURPOSE_TLS_CLIENT, 0x0303);
	bytes_put(&b, status, sizeof(status));
	refuses(&b, "message 22 out of order");
}

static void tls12_hello_of_other_version_refused(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		for (int version = 0; version < 6; version++) {
			struct bytes b = made.tls12;

			if (version == 3)
				continue;
			b.data[message_at(&b, n) + 5] = (uint8_t)version;
			refuses(&b, "another version than TLS 1.2");
		}
	}
}

static void tls12_hello_shorter_than_its_random_refused(void **state)
{
	static const uint8_t hello[] = { 2, 0, 0, 2, 3, 3 };
	size_t at = message_at(&made.tls12, 1);
	size_t behind = message_at(&made.tls12, 2);
	struct bytes b = { .len = 0 };

	(void)state;
	bytes_put(&b, made.tls12.data, at);
	bytes_put(&b, hello, sizeof(hello));
	bytes_put(&b, made.tls12.data + behind, made.tls12.len - behind);
	refuses(&b, "another version than TLS 1.2");
}

/* An empty Certificate message, and one with bytes behind its list. */
static void tls12_client_certificate_malformed_refused(void **state)
{
	static const uint8_t empty[] = { 11, 0, 0, 3, 0, 0, 0 };
	size_t at = message_at(&made.tls12, 6);
	size_t behind = message_at(&made.tls12, 7);
	struct bytes b = { .len = 0 };

	(void)state;
	assert_int_equal(made.tls12.data[at], 11);
	bytes_put(&b, made.tls12.data, at);
	bytes_put(&b, empty, sizeof(empty));
	bytes_put(&b, made.tls12.data + behind, made.tls12.len - behind);
	refuses(&b, "client certificate of another key");
	b = made.tls12;
	b.data[at + 6]--; /* of the list's length */
	refuses(&b, "client certificate of another key");
}

/* The server's certificate is ours, the client's is not. */
static void tls12_own_certificate_as_server_only_refused(void **state)
{
	struct bytes b = { .len = 0 };
	size_t s = message_at(&made.tls12_other, 2);
	size_t s2 = message_at(&made.tls12_other, 3);
	size_t c = message_at(&made.tls12, 6);
	size_t c2 = message_at(&made.tls12, 7);

	(void)state;
	bytes_put(&b, made.tls12_other.data, s);
	bytes_put(&b, made.tls12.data + c, c2 - c);
	bytes_put(&b, made.tls12_other.data + s2, made.tls12_other.len - s2);
	refuses(&b, "client certificate of another key");
}

static void tls12_key_exchange_real_accepted(void **state)
{
	(void)state;
	assert_int_equal(made.ske_p256.len, 64 + 4 + 65);
	assert_int_equal(made.ske_x25519.len, 64 + 4 + 32);
	accepts(&made.ske_p256, PURPOSE_TLS_SERVER, 0x0303);
	accepts(&made.ske_x25519, PURPOSE_TLS_SERVER, 0x0303);
}

/* A point of the named curve, if @group is one with points to check. */
static void make_point(unsigned group, uint8_t *ret, size_t len)
{
	int nid = group == 23   ? NID_X9_62_prime256v1
		  : group == 24 ? NID_secp384r1
		  : group == 25 ? NID_secp521r1
				: NID_undef;
	EC_GROUP *curve = EC_GROUP_new_by_curve_name(nid);
	uint8_t point[133];
	BIGNUM *k = BN_new();
	EC_POINT *p;

	if (curve) {
		p = EC_POINT_new(curve);
		assert_true(BN_rand(k, 200, BN_RAND_TOP_ONE, 0) &&
			    EC_POINT_mul(curve, p, k, NULL, NULL, NULL));
		assert_true(EC_POINT_point2oct(curve, p,
				    POINT_CONVERSION_UNCOMPRESSED, point,
				    sizeof(point), NULL) > 0);
		memcpy(ret, point, len < sizeof(point) ? len : sizeof(point));
		EC_POINT_free(p);
	}
	BN_free(k);
	EC_GROUP_free(curve);
}

static struct bytes key_exchange(unsigned group, uint8_t point_len)
{
	struct bytes b = { .len = 0 };
	uint8_t params[4] = { 3, (uint8_t)(group >> 8), (uint8_t)group,
		point_len };
	uint8_t random[255];

	assert_int_equal(RAND_bytes(random, sizeof(random)), 1);
	random[0] = 0x77; /* no other form begins so */
	bytes_put(&b, random, 64);
	bytes_put(&b, params, 4);
	random[0] = 4;
	make_point(group, random, point_len);
	bytes_put(&b, random, point_len);
	return b;
}

static void tls12_key_exchange_each_group_has_its_length(void **state)
{
	static const struct {
		unsigned group;
		uint8_t len;
	} good[] = { { 23, 65 }, { 24, 97 }, { 25, 133 }, { 29, 32 },
		{ 30, 56 } };

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++) {
		struct bytes b = key_exchange(good[i].group, good[i].len);

		accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
		b = key_exchange(good[i].group, good[i].len + 1);
		refuses(&b, "neither a TLS handshake nor");
		b = key_exchange(good[i].group, good[i].len - 1);
		refuses(&b, "neither a TLS handshake nor");
		b = key_exchange(good[i].group, good[i].len);
		b.len--;
		refuses(&b, "neither a TLS handshake nor");
		b.len += 2;
		refuses(&b, "neither a TLS handshake nor");
	}
}

static void tls12_key_exchange_point_off_curve_refused(void **state)
{
	static const uint8_t lens[] = { 65, 97, 133 };

	(void)state;
	for (unsigned i = 0; i < N_OF(lens); i++) {
		struct bytes b = key_exchange(23 + i, lens[i]);

		accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
		b.data[b.len - 1] ^= 1;
		refuses(&b, "neither a TLS handshake nor");
	}
}

static void tls12_key_exchange_other_group_or_form_refused(void **state)
{
	struct bytes b = key_exchange(22, 65); /* secp256k1 */

	(void)state;
	refuses(&b, "neither a TLS handshake nor");
	b = key_exchange(256, 65); /* ffdhe2048 */
	refuses(&b, "neither a TLS handshake nor");
	b = key_exchange(23, 65);
	b.data[64] = 1; /* explicit_prime */
	refuses(&b, "neither a TLS handshake nor");
	b = key_exchange(23, 65);
	b.data[68] = 2; /* compressed */
	refuses(&b, "neither a TLS handshake nor");
	b = key_exchange(23, 65);
	b.len = 67;
	refuses(&b, "neither a TLS handshake nor");
}

/*
 * A program that may only be a client asks for a transcript that is, to a
 * TLS client with a random that begins like a ClientHello, a finite-field
 * ServerKeyExchange with the transcript in its dh_p.
 */
static void tls12_transcript_inside_key_exchange_refused(void **state)
{
	const struct bytes *t = &made.tls12;
	size_t rest = message_at(t, 1);
	struct bytes b = { .len = 0 };
	uint8_t hello[200] = { 1, 0, 0, 196, 3, 3 };
	size_t p_len, end;

	(void)state;
	/* ClientHello: both randoms, and dh_p begins behind them. */
	memset(hello + 6, 0x5a, sizeof(hello) - 6);
	bytes_put(&b, hello, sizeof(hello));
	bytes_put(&b, t->data + rest, t->len - rest);
	accepts(&b, PURPOSE_TLS_CLIENT, 0x0303); /* no lengths set yet */
	/* dh_g of one byte and dh_Ys go into the end of ClientKeyExchange. */
	end = b.len - 40;
	p_len = end - 66;
	b.data[64] = (uint8_t)(p_len >> 8);
	b.data[65] = (uint8_t)p_len;
	memcpy(b.data + end, (const uint8_t[]) { 0, 1, 2, 0, 35 }, 5);
	refuses(&b, "finite-field key exchange");
}

static struct bytes csr_of(EVP_PKEY *key)
{
	X509_REQ *req = X509_REQ_new();
	struct bytes b = { .len = 0 };
	unsigned char *tbs = NULL;
	int len;

	assert_int_equal(X509_REQ_set_version(req, 0), 1);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_int_equal(
		X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
			MBSTRING_ASC, (const unsigned char *)"unit", -1, -1, 0),
		1);
	len = i2d_re_X509_REQ_tbs(req, &tbs);
	bytes_put(&b, tbs, (size_t)len);
	OPENSSL_free(tbs);
	X509_REQ_free(req);
	return b;
}

static void csr_of_own_key_accepted(void **state)
{
	struct bytes b = csr_of(made.own.key);

	(void)state;
	accepts(&b, PURPOSE_CSR, 0);
}

static void csr_of_another_key_refused(void **state)
{
	struct bytes b = csr_of(made.other.key);

	(void)state;
	refuses(&b, "request for another key");
}

static void csr_of_other_version_refused(void **state)
{
	struct bytes b = csr_of(made.own.key);
	uint8_t *version = memmem(b.data, b.len, "\x02\x01\x00", 3);

	(void)state;
	assert_non_null(version);
	version[2] = 1;
	refuses(&b, "other than a certification request");
}

/* [0] is not optional, and nothing comes behind it. */
static void csr_without_attributes_or_with_more_refused(void **state)
{
	struct bytes b = csr_of(made.own.key);

	(void)state;
	assert_memory_equal(b.data + b.len - 2, "\xa0\x00", 2);
	assert_int_equal(b.data[1], b.len - 2);
	b.data[b.len - 2] = 0xa1;
	refuses(&b, "without its attributes");
	b.data[b.len - 2] = 0xa0;
	bytes_put(&b, "\x05\x00", 2);
	b.data[1] += 2;
	refuses(&b, "without its attributes");
	b.data[1] -= 2;
	refuses(&b, "neither a TLS handshake nor"); /* bytes behind */
}

static void certificate_of_own_key_refused(void **state)
{
	X509 *cert = certs_x509(&made.own);
	struct bytes b = { .len = 0 };
	unsigned char *tbs = NULL;
	int len = i2d_re_X509_tbs(cert, &tbs);

	(void)state;
	bytes_put(&b, tbs, (size_t)len);
	refuses(&b, "an ASN.1 object other than");
	OPENSSL_free(tbs);
	X509_free(cert);
	b.len = 0;
	bytes_put(&b, made.own.der.data, made.own.der.len);
	refuses(&b, "an ASN.1 object other than");
}

static void crl_refused(void **state)
{
	X509_CRL *crl = X509_CRL_new();
	X509 *ca = certs_x509(&made.ca);
	ASN1_TIME *now = ASN1_TIME_set(NULL, 1700000000);
	struct bytes b = { .len = 0 };
	unsigned char *tbs = NULL;
	int len;

	(void)state;
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, now);
	assert_true(X509_CRL_sign(crl, made.ca.key, EVP_sha256()) > 0);
	len = i2d_re_X509_CRL_tbs(crl, &tbs);
	bytes_put(&b, tbs, (size_t)len);
	refuses(&b, "an ASN.1 object other than");
	OPENSSL_free(tbs);
	ASN1_TIME_free(now);
	X509_free(ca);
	X509_CRL_free(crl);
}

/*
 * CMS signs a SET OF attributes (RFC 5652 5.4). This one is as long as a key
 * exchange on P-256 and has its parameters at the right place, inside an
 * attribute of the attacker's choice.
 */
static void cms_attributes_like_key_exchange_refused(void **state)
{
	/* SET { NULL, SEQUENCE { OID 1.2.3.4, SET { OCTET STRING } } } */
	static const uint8_t head[] = { 0x31, 0x81, 0x82, 0x05, 0x00, 0x30,
		0x7e, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x77, 0x04, 0x75 };
	struct bytes b = key_exchange(23, 65);

	(void)state;
	memcpy(b.data, head, sizeof(head));
	assert_int_equal(b.len, 133);
	refuses(&b, "not a certification request");
	b.data[0] = 0x32; /* and it is the SET that is refused */
	accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
}

static void tpm_statement_refused(void **state)
{
	struct bytes b = key_exchange(23, 65);

	(void)state;
	memcpy(b.data, "\xffTCG\x80\x18", 6);
	refuses(&b, "statement of the TPM");
	b.len = 4;
	refuses(&b, "statement of the TPM");
	b.len = 3;
	refuses(&b, "neither a TLS handshake nor");
}

static void random_bytes_refused(void **state)
{
	struct bytes b;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct purpose_verdict v;

		assert_int_equal(RAND_bytes(b.data, 302), 1);
		b.len = (size_t)b.data[300] + (b.data[301] & 0x1f);
		if (b.len >= 300)
			continue;
		assert_rc(check(b.data, b.len, &v, NULL), DEVID_ERR_PURPOSE);
	}
}

static void digest_alone_refused(void **state)
{
	static const size_t lens[] = { 20, 32, 48, 64 };

	(void)state;
	for (size_t i = 0; i < N_OF(lens); i++) {
		struct bytes b = key_exchange(23, 65);

		b.len = lens[i];
		refuses(&b, "neither a TLS handshake nor");
	}
}

static void nothing_at_all_refused(void **state)
{
	struct purpose_verdict v;

	(void)state;
	assert_rc(purpose_check(NULL, 0, made.spki, made.spki_len, &v, NULL),
		DEVID_ERR_PURPOSE);
}

static void too_large_refused(void **state)
{
	uint8_t *data = calloc(1, PURPOSE_DATA_MAX + 1);
	struct devid_error err = { DEVID_OK, "" };
	struct purpose_verdict v;

	(void)state;
	assert_rc(
		check(data, PURPOSE_DATA_MAX + 1, &v, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, "more than 65536 bytes");
	free(data);
}

static void name_of_each_purpose(void **state)
{
	(void)state;
	assert_string_equal(purpose_name(PURPOSE_TLS_CLIENT), "tls-client");
	assert_string_equal(purpose_name(PURPOSE_TLS_SERVER), "tls-server");
	assert_string_equal(purpose_name(PURPOSE_CSR), "csr");
	assert_string_equal(purpose_name((enum purpose)64), "unknown");
}

#define CASE(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tls13_client_and_server_told_apart),
		CASE(tls13_hash_of_other_length_refused),
		CASE(tls13_other_context_refused),
		CASE(tls13_separator_missing_refused),
		CASE(tls13_context_missing_refused),
		CASE(tls13_one_space_less_or_more_refused),
		CASE(tls12_real_transcripts_accepted),
		CASE(tls12_of_another_client_refused),
		CASE(tls12_every_truncation_refused),
		CASE(tls12_message_behind_refused),
		CASE(tls12_message_left_out_refused),
		CASE(tls12_messages_swapped_refused),
		CASE(tls12_certificate_status_in_its_place_accepted),
		CASE(tls12_hello_of_other_version_refused),
		CASE(tls12_hello_shorter_than_its_random_refused),
		CASE(tls12_client_certificate_malformed_refused),
		CASE(tls12_own_certificate_as_server_only_refused),
		CASE(tls12_key_exchange_real_accepted),
		CASE(tls12_key_exchange_each_group_has_its_length),
		CASE(tls12_key_exchange_point_off_curve_refused),
		CASE(tls12_key_exchange_other_group_or_form_refused),
		CASE(tls12_transcript_inside_key_exchange_refused),
		CASE(csr_of_own_key_accepted),
		CASE(csr_of_another_key_refused),
		CASE(csr_of_other_version_refused),
		CASE(csr_without_attributes_or_with_more_refused),
		CASE(certificate_of_own_key_refused),
		CASE(crl_refused),
		CASE(cms_attributes_like_key_exchange_refused),
		CASE(tpm_statement_refused),
		CASE(random_bytes_refused),
		CASE(digest_alone_refused),
		CASE(nothing_at_all_refused),
		CASE(too_large_refused),
		CASE(name_of_each_purpose),
	};

	return cmocka_run_group_tests_name(
		"purpose", tests, group_setup, group_teardown);
}
