/* SPDX-License-Identifier: Apache-2.0 */
/* Purpose-bound signing: TLS 1.3, certification requests, and all that is
 * neither these nor TLS 1.2. */
#include "cmocka-all.h"

#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "purpose-fixture.h"
#include "wire.h"

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

/* covers: RFC8446-signs */
static void tls13_client_and_server_told_apart(void **state)
{
	struct bytes b = tls13(CLIENT13, 32);

	(void)state;
	assert_accepts(&b, PURPOSE_TLS_CLIENT, 0x0304);
	b = tls13(CLIENT13, 48);
	assert_accepts(&b, PURPOSE_TLS_CLIENT, 0x0304);
	b = tls13(SERVER13, 32);
	assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0304);
	b = tls13(SERVER13, 48);
	assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0304);
}

static void tls13_hash_of_other_length_refused(void **state)
{
	static const size_t lens[] = { 1, 20, 31, 33, 47, 49, 64 };

	(void)state;
	for (size_t i = 0; i < N_OF(lens); i++) {
		struct bytes b = tls13(CLIENT13, lens[i]);

		assert_refuses(&b, "not 32 or 48");
	}
}

/* covers: RFC8446-signs */
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
		assert_refuses(&b, "unknown TLS 1.3 signature context");
	}
}

/* covers: RFC8446-signs */
static void tls13_separator_missing_refused(void **state)
{
	struct bytes b = tls13(CLIENT13, 32);

	(void)state;
	b.data[64 + strlen(CLIENT13)] = 1;
	assert_refuses(&b, "unknown TLS 1.3 signature context");
}

/* covers: RFC8446-signs */
static void tls13_context_missing_refused(void **state)
{
	struct bytes b = tls13(CLIENT13, 32);

	(void)state;
	for (b.len = 64; b.len < 64 + sizeof(CLIENT13); b.len++)
		assert_refuses(&b, "without a TLS 1.3 context");
}

/* covers: RFC8446-signs */
static void tls13_one_space_less_or_more_refused(void **state)
{
	struct bytes good = tls13(CLIENT13, 32), b = { .len = 0 };

	(void)state;
	bytes_put(&b, good.data + 1, good.len - 1);
	assert_refuses(&b, "neither a TLS handshake nor");
	b.len = 0;
	bytes_put(&b, " ", 1);
	bytes_put(&b, good.data, good.len - 1);
	assert_refuses(&b, "unknown TLS 1.3 signature context");
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

/* covers: RFC2986-request */
static void csr_of_own_key_accepted(void **state)
{
	struct bytes b = csr_of(purpose_keys.own.key);

	(void)state;
	assert_accepts(&b, PURPOSE_CSR, 0);
}

/* covers: RFC2986-request */
static void csr_of_another_key_refused(void **state)
{
	struct bytes b = csr_of(purpose_keys.other.key);

	(void)state;
	assert_refuses(&b, "request for another key");
}

static void csr_of_other_version_refused(void **state)
{
	struct bytes b = csr_of(purpose_keys.own.key);
	uint8_t *version = memmem(b.data, b.len, "\x02\x01\x00", 3);

	(void)state;
	assert_non_null(version);
	version[2] = 1;
	assert_refuses(&b, "other than a certification request");
}

/* [0] is not optional, and nothing comes behind it. */
static void csr_without_attributes_or_with_more_refused(void **state)
{
	struct bytes b = csr_of(purpose_keys.own.key);

	(void)state;
	assert_memory_equal(b.data + b.len - 2, "\xa0\x00", 2);
	assert_int_equal(b.data[1], b.len - 2);
	b.data[b.len - 2] = 0xa1;
	assert_refuses(&b, "without its attributes");
	b.data[b.len - 2] = 0xa0;
	bytes_put(&b, "\x05\x00", 2);
	b.data[1] += 2;
	assert_refuses(&b, "without its attributes");
	b.data[1] -= 2;
	assert_refuses(&b, "neither a TLS handshake nor"); /* bytes behind */
}

static void certificate_of_own_key_refused(void **state)
{
	X509 *cert = certs_x509(&purpose_keys.own);
	struct bytes b = { .len = 0 };
	unsigned char *tbs = NULL;
	int len = i2d_re_X509_tbs(cert, &tbs);

	(void)state;
	bytes_put(&b, tbs, (size_t)len);
	assert_refuses(&b, "an ASN.1 object other than");
	OPENSSL_free(tbs);
	X509_free(cert);
	b.len = 0;
	bytes_put(&b, purpose_keys.own.der.data, purpose_keys.own.der.len);
	assert_refuses(&b, "an ASN.1 object other than");
}

static void crl_refused(void **state)
{
	X509_CRL *crl = X509_CRL_new();
	X509 *ca = certs_x509(&purpose_keys.ca);
	ASN1_TIME *now = ASN1_TIME_set(NULL, 1700000000);
	struct bytes b = { .len = 0 };
	unsigned char *tbs = NULL;
	int len;

	(void)state;
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, now);
	assert_true(X509_CRL_sign(crl, purpose_keys.ca.key, EVP_sha256()) > 0);
	len = i2d_re_X509_CRL_tbs(crl, &tbs);
	bytes_put(&b, tbs, (size_t)len);
	assert_refuses(&b, "an ASN.1 object other than");
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
	struct bytes b = make_key_exchange(23, 65);

	(void)state;
	memcpy(b.data, head, sizeof(head));
	assert_int_equal(b.len, 133);
	assert_refuses(&b, "not a certification request");
	b.data[0] = 0x32; /* and it is the SET that is refused */
	assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
}

/*
 * What readers of BER take for a SEQUENCE to the end, with the parameters of a
 * key exchange inside, and what is no DER: a list of revoked certificates, say.
 */
static void ber_like_key_exchange_refused(void **state)
{
	static const struct {
		uint8_t head[8];
		size_t len;
	} cases[] = {
		/* one OCTET STRING behind each header, to the end */
		{ { 0x30, 0x81, 0x82, 0x04, 0x82, 0x00, 0x7e }, 7 },
		{ { 0x30, 0x82, 0x00, 0x81, 0x04, 0x7f }, 6 },
		{ { 0x31, 0x82, 0x00, 0x81, 0x04, 0x7f }, 6 },
		{ { 0x3f, 0x10, 0x81, 0x81, 0x24, 0x80 }, 6 },
		{ { 0x3f, 0x80, 0x11, 0x81, 0x80, 0x04, 0x7e }, 7 },
		{ { 0x30, 0x80 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = make_key_exchange(23, 65);

		assert_int_equal(b.len, 133);
		if (cases[i].len == 2) { /* x25519: its last octets are free */
			b = make_key_exchange(29, 32);
			memset(b.data + b.len - 2, 0, 2);
		}
		assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
		memcpy(b.data, cases[i].head, cases[i].len);
		assert_refuses(&b, "a certification request");
		b.data[0] = 0x77; /* and it is the tag that is refused */
		assert_accepts(&b, PURPOSE_TLS_SERVER, 0x0303);
	}
}

static void tpm_statement_refused(void **state)
{
	struct bytes b = make_key_exchange(23, 65);

	(void)state;
	memcpy(b.data, "\xffTCG\x80\x18", 6);
	assert_refuses(&b, "statement of the TPM");
	b.len = 4;
	assert_refuses(&b, "statement of the TPM");
	b.len = 3;
	assert_refuses(&b, "neither a TLS handshake nor");
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
		assert_rc(purpose_judge(b.data, b.len, &v, NULL),
			DEVID_ERR_PURPOSE);
	}
}

static void digest_alone_refused(void **state)
{
	static const size_t lens[] = { 20, 32, 48, 64 };

	(void)state;
	for (size_t i = 0; i < N_OF(lens); i++) {
		struct bytes b = make_key_exchange(23, 65);

		b.len = lens[i];
		assert_refuses(&b, "neither a TLS handshake nor");
	}
}

static void nothing_at_all_refused(void **state)
{
	struct purpose_verdict v;

	(void)state;
	assert_rc(purpose_check((struct view) { NULL, 0 },
			  (struct view) {
				  purpose_keys.spki, purpose_keys.spki_len },
			  &v, NULL),
		DEVID_ERR_PURPOSE);
}

static void too_large_refused(void **state)
{
	uint8_t *data = calloc(1, WIRE_DATA_MAX + 1);
	struct devid_error err = { DEVID_OK, "" };
	struct purpose_verdict v;

	(void)state;
	assert_rc(purpose_judge(data, WIRE_DATA_MAX + 1, &v, &err),
		DEVID_ERR_PURPOSE);
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
		CASE(csr_of_own_key_accepted),
		CASE(csr_of_another_key_refused),
		CASE(csr_of_other_version_refused),
		CASE(csr_without_attributes_or_with_more_refused),
		CASE(certificate_of_own_key_refused),
		CASE(crl_refused),
		CASE(cms_attributes_like_key_exchange_refused),
		CASE(ber_like_key_exchange_refused),
		CASE(tpm_statement_refused),
		CASE(random_bytes_refused),
		CASE(digest_alone_refused),
		CASE(nothing_at_all_refused),
		CASE(too_large_refused),
		CASE(name_of_each_purpose),
	};

	return cmocka_run_group_tests_name(
		"purpose", tests, purpose_group_setup, purpose_group_teardown);
}
