/* SPDX-License-Identifier: Apache-2.0 */
#include "fact-cert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "cleanup-openssl.h"
#include "fact.h"
#include "hex.h"

#define TEXT_MAX 256

void fact_sha256(struct view in, char *ret, size_t size)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	ret[0] = '\0';
	if (EVP_Digest(in.data, in.len, md, &n, EVP_sha256(), NULL) &&
		2 * n < size)
		hex_encode(md, n, ret);
}

static void name_text(X509_NAME *name, char *ret, size_t size)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, ret, (int)size - 1);
	ret[n > 0 ? n : 0] = '\0';
}

static void subject_part(X509 *cert, int nid, char *ret, size_t size)
{
	if (X509_NAME_get_text_by_NID(
		    X509_get_subject_name(cert), nid, ret, (int)size) < 0)
		ret[0] = '\0';
	fact_tame(ret); /* of whatever string type it is */
}

static void time_text(const ASN1_TIME *time, char *ret, size_t size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
		strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = '\0';
}

/* By the clock of now, which may be wrong. */
static const char *validity(X509 *cert)
{
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return "not yet";
	return X509_cmp_current_time(X509_get0_notAfter(cert)) < 0 ? "expired"
								   : "ok";
}

static json_t *certificate_json(X509 *cert, struct view der)
{
	char subject[TEXT_MAX], serial[TEXT_MAX], model[TEXT_MAX],
		issuer[TEXT_MAX];
	char from[TEXT_MAX], until[TEXT_MAX], print[TEXT_MAX];

	subject_part(cert, NID_serialNumber, serial, sizeof(serial));
	subject_part(cert, NID_commonName, model, sizeof(model));
	name_text(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	time_text(X509_get0_notBefore(cert), from, sizeof(from));
	time_text(X509_get0_notAfter(cert), until, sizeof(until));
	fact_sha256(der, print, sizeof(print));
	name_text(X509_get_subject_name(cert), subject, sizeof(subject));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "subject",
		subject, "serial", serial, "model", model, "issuer", issuer,
		"not_before", from, "not_after", until, "validity",
		validity(cert), "sha256", print);
}

json_t *fact_certificate(struct view der)
{
	const uint8_t *p = der.data;
	CLEANUP(cleanup_x509) X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	ERR_clear_error();
	return cert ? certificate_json(cert, der) : json_null();
}

json_t *fact_pem(struct view der)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	if (!bio || PEM_write_bio(bio, PEM_STRING_X509, "", der.data,
			    (long)der.len) <= 0)
		return NULL;
	len = BIO_get_mem_data(bio, &text);
	return json_stringn(text, (size_t)len);
}
