/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "ek-fixture.h"

#include <assert.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_TEXTS 16

/* The hex of @buf, kept for a while. */
static const char *keep_hex(const struct certs_buf *buf)
{
	static char texts[N_TEXTS][2 * 600 + 1];
	static unsigned next;
	char *text = texts[next++ % N_TEXTS];

	assert(buf->len <= 600);
	text[0] = '\0';
	for (size_t i = 0; i < buf->len; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", buf->data[i]);
	return text;
}

static void wrap(struct certs_buf *buf, uint8_t tag)
{
	*buf = certs_tlv(tag, buf);
}

static void add_name(struct certs_buf *names, uint8_t arc, const char *text)
{
	struct certs_buf atv = certs_hex("0605 67810502"), value = { .len = 0 };

	if (!text)
		return;
	certs_append(&atv, &arc, 1);
	certs_append(&value, text, strlen(text));
	wrap(&value, 0x0c);
	certs_append(&atv, value.data, value.len);
	wrap(&atv, 0x30);
	wrap(&atv, 0x31);
	certs_append(names, atv.data, atv.len);
}

const char *ek_fixture_san(
	const char *manufacturer, const char *model, const char *version)
{
	struct certs_buf names = { .len = 0 };

	add_name(&names, 1, manufacturer);
	add_name(&names, 2, model);
	add_name(&names, 3, version);
	wrap(&names, 0x30);
	wrap(&names, 0xa4);
	wrap(&names, 0x30);
	return keep_hex(&names);
}

const char *ek_fixture_sda(const char *assertions)
{
	struct certs_buf list = certs_hex(EK_SPECIFICATION);
	struct certs_buf attribute = certs_hex("0605 6781050212");
	struct certs_buf set = certs_hex(assertions);

	wrap(&set, 0x30);
	wrap(&set, 0x31);
	certs_append(&attribute, set.data, set.len);
	wrap(&attribute, 0x30);
	certs_append(&list, attribute.data, attribute.len);
	wrap(&list, 0x30);
	return keep_hex(&list);
}

struct certs_spec ek_fixture_spec(void)
{
	static char *san, *sda; /* kept for good */
	struct certs_spec spec = certs_ca_spec(NULL);

	if (!san) {
		san = strdup(ek_fixture_san(
			"id:49465800", "SLB 9672", "id:00010102"));
		sda = strdup(
			ek_fixture_sda("a30e 1603332e31 0a0104 0a0102 0101ff"
				       "a40a 1605 3134302d32 0a0102"));
	}
	assert(san && sda);
	spec.serial = "00c0ffee01";
	spec.n_ext = 0;
	certs_set_ext(&spec, CERTS_OID_AKI, "", "AKI");
	certs_set_ext(&spec, CERTS_OID_SAN, "ff", san);
	certs_set_ext(&spec, EK_OID_SDA, "", sda);
	certs_set_ext(&spec, CERTS_OID_BC, "ff", "3000");
	certs_set_ext(&spec, CERTS_OID_EKU, "", EK_EKU);
	certs_set_ext(&spec, CERTS_OID_KU, "ff", "03020308");
	return spec;
}

static ASN1_TIME *time_of(const char *text)
{
	ASN1_TIME *t = ASN1_TIME_new();

	assert(t && ASN1_TIME_set_string(t, text + 1) == 1);
	return t;
}

static void add_revoked(X509_CRL *crl, const char *serial)
{
	struct certs_buf bytes = certs_hex(serial);
	BIGNUM *bn = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
	ASN1_INTEGER *number = BN_to_ASN1_INTEGER(bn, NULL);
	ASN1_TIME *when = time_of("U200202000000Z");
	X509_REVOKED *entry = X509_REVOKED_new();

	assert(entry && number &&
		X509_REVOKED_set_serialNumber(entry, number) == 1 &&
		X509_REVOKED_set_revocationDate(entry, when) == 1 &&
		X509_CRL_add0_revoked(crl, entry) == 1);
	ASN1_TIME_free(when);
	ASN1_INTEGER_free(number);
	BN_free(bn);
}

struct certs_buf ek_fixture_crl(
	const struct certs_node *issuer, const char *revoked, const char *next)
{
	X509 *cert = certs_x509(issuer);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = time_of("U200101000000Z");
	ASN1_TIME *to = time_of(next ? next : "U491231000000Z");
	struct certs_buf buf = { .len = 0 };
	unsigned char *p = buf.data;
	int len;

	assert(crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(cert)) ==
			1 &&
		X509_CRL_set1_lastUpdate(crl, from) == 1 &&
		X509_CRL_set1_nextUpdate(crl, to) == 1);
	if (revoked)
		add_revoked(crl, revoked);
	assert(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, NULL);
	assert(len > 0 && len <= (int)sizeof(buf.data) &&
		i2d_X509_CRL(crl, &p) == len);
	buf.len = (size_t)len;
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_CRL_free(crl);
	X509_free(cert);
	return buf;
}

void ek_fixture_write(const struct tempdir *dir, const char *name,
	const struct certs_buf *der)
{
	tempdir_write(dir, name, der->data, der->len, 0644);
}

struct ek_cert ek_fixture_parse(const struct certs_buf *der)
{
	struct devid_error err = { 0 };
	struct ek_cert cert;

	if (ek_cert_parse((struct der_view) { der->data, der->len }, &cert,
		    &err) != DEVID_OK)
		(void)fprintf(stderr, "%s\n", err.text);
	assert(err.code == DEVID_OK);
	return cert;
}
