/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-x509.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "inspect-facts.h"

#define TEXT_MAX 512 /* of a name; longer ones are cut */

X509 *inspect_decode(struct view der)
{
	const unsigned char *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	ERR_clear_error();
	return cert;
}

void inspect_name(struct inspect_run *run, json_t *object, const char *key,
	const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem()); /* owned */
	char text[TEXT_MAX];
	int n = -1;

	if (bio && X509_NAME_print_ex(bio, name, 0,
			   ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_COMMA_PLUS |
				   XN_FLAG_FN_SN) >= 0)
		n = BIO_read(bio, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
	inspect_text(run, object, key, text);
}

void inspect_time(struct inspect_run *run, json_t *object, const char *key,
	const ASN1_TIME *t)
{
	char text[32];
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) == 1 &&
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		inspect_text(run, object, key, text);
}

void inspect_key(struct inspect_run *run, json_t *object, const EVP_PKEY *key)
{
	char text[64] = "", group[40] = "";

	if (!key)
		return;
	if (EVP_PKEY_is_a(key, "EC") &&
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
		(void)snprintf(text, sizeof(text), "%s",
			strcmp(group, "prime256v1") == 0  ? "P-256"
			: strcmp(group, "secp384r1") == 0 ? "P-384"
			: strcmp(group, "secp521r1") == 0 ? "P-521"
							  : group);
	else
		(void)snprintf(text, sizeof(text), "%s-%d",
			EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
	inspect_text(run, object, "key", text);
}

/* Names itself as issuer, and its own key made the signature. */
static bool is_self_signed(X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert),
		       X509_get_issuer_name(cert)) == 0 &&
	       X509_get0_pubkey(cert) &&
	       X509_verify(cert, X509_get0_pubkey(cert)) == 1;
}

bool inspect_x509(struct inspect_run *run, json_t *object, struct view der)
{
	CLEANUP(cleanup_x509) X509 *cert = inspect_decode(der);
	const ASN1_INTEGER *serial;
	int nid;

	inspect_sha256(run, object, "sha256", der);
	if (!cert)
		return false;
	serial = X509_get0_serialNumber(cert);
	nid = X509_get_signature_nid(cert);
	inspect_name(run, object, "subject", X509_get_subject_name(cert));
	inspect_name(run, object, "issuer", X509_get_issuer_name(cert));
	inspect_hex(run, object, "certificate_serial",
		(struct view) { ASN1_STRING_get0_data(serial),
			(size_t)ASN1_STRING_length(serial) });
	inspect_time(run, object, "not_before", X509_get0_notBefore(cert));
	inspect_time(run, object, "not_after", X509_get0_notAfter(cert));
	if (nid != NID_undef)
		inspect_text(
			run, object, "signature_algorithm", OBJ_nid2ln(nid));
	inspect_key(run, object, X509_get0_pubkey(cert));
	if (is_self_signed(cert))
		inspect_set(run, object, "self_signed", json_true());
	ERR_clear_error(); /* of a key that cannot be decoded */
	return true;
}
