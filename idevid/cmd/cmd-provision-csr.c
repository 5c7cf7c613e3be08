/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-provision-csr.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd-provision-io.h"
#include "oid.h"
#include "provision-step.h"

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
		       (const unsigned char *)value, -1, -1, 0) == 1;
}

/* Subject and public key; devid-keyd signs what it sees of them. */
static X509_REQ *build_request(struct provision *p, const struct wire_key *key)
{
	CLEANUP(cleanup_x509_req) X509_REQ *req = X509_REQ_new();
	const uint8_t *spki = key->spki.data;
	CLEANUP(cleanup_pkey)
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &spki, (long)key->spki.len);
	X509_NAME *name = req ? X509_REQ_get_subject_name(req) : NULL;

	if (!req || !pub || !X509_REQ_set_version(req, 0) ||
		!X509_REQ_set_pubkey(req, pub) ||
		!add_name(name, "serialNumber", p->serial) ||
		(p->model && !add_name(name, "CN", p->model)))
		return NULL;
	return STEAL(req);
}

/* Static; empty when there is none. */
static struct view signature_algorithm(enum key_alg alg)
{
	switch (alg) {
	case KEY_ALG_P256:
		return oid_algorithm(ALGORITHM_ECDSA_SHA256);
	case KEY_ALG_P384:
		return oid_algorithm(ALGORITHM_ECDSA_SHA384);
	case KEY_ALG_RSA2048:
		return oid_algorithm(ALGORITHM_RSA_SHA256);
	case KEY_ALG_RSA3072:
	case KEY_ALG_RSA4096:
		return oid_algorithm(ALGORITHM_RSA_SHA384);
	case KEY_ALG_NONE:
		break;
	}
	return (struct view) { NULL, 0 };
}

/* Puts signature and algorithm into @req (RFC 2986 4.2). */
static bool set_signature(
	X509_REQ *req, enum key_alg alg, const struct key_sig *sig)
{
	struct view alg_id = signature_algorithm(alg);
	const unsigned char *p = alg_id.data;
	X509_ALGOR *algor =
		p ? d2i_X509_ALGOR(NULL, &p, (long)alg_id.len) : NULL;
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool ok =
		algor && bits &&
		ASN1_BIT_STRING_set(bits, (unsigned char *)(uintptr_t)sig->data,
			(int)sig->len) &&
		X509_REQ_set1_signature_algo(req, algor);

	if (ok) {
		bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
		bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
		X509_REQ_set0_signature(req, STEAL(bits));
	}
	X509_ALGOR_free(algor);
	ASN1_BIT_STRING_free(bits);
	return ok;
}

static enum devid_err sign_request(struct provision *p, X509_REQ *req,
	const struct wire_key *key, struct devid_error *err)
{
	CLEANUP(cleanup_free) unsigned char *tbs = NULL;
	int tbs_len = i2d_re_X509_REQ_tbs(req, &tbs);
	struct client_sign what = { .key = key->name,
		.scheme = key_alg_scheme(key->alg),
		.hash = key_alg_hash(key->alg) };
	struct key_sig sig;
	enum devid_err rc;

	if (tbs_len <= 0)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"csr: the request cannot be encoded");
	what.data = tbs;
	what.data_len = (size_t)tbs_len;
	rc = client_sign(p->env.socket, &what, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	if (!set_signature(req, key->alg, &sig) ||
		X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"csr: the signature does not verify");
	return DEVID_OK;
}

/* X.520 6.2.9: serialNumber is a PrintableString. */
static bool is_printable_string(const char *text)
{
	return ASN1_PRINTABLE_type((const unsigned char *)text, -1) ==
	       V_ASN1_PRINTABLESTRING;
}

int provision_csr(struct provision *p)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	CLEANUP(cleanup_x509_req) X509_REQ *req = NULL;
	CLEANUP(cleanup_output) struct output *out = NULL;
	struct devid_error err = { DEVID_OK, "" };
	struct wire_key key = { .alg = KEY_ALG_NONE };
	enum devid_err rc;
	char *pem;
	long len;

	if (!provision_subject_ok(p))
		return provision_wrong_call(
			"--serial (and --model) take 1 to 64 bytes");
	if (!is_printable_string(p->serial))
		return provision_wrong_call(
			"--serial takes letters, digits, blanks and "
			"'()+,-./:=? here (X.520 6.2.9)");
	rc = provision_out(p, 0644, &out, &err);
	if (rc == DEVID_OK)
		rc = provision_get_key(p, p->key, &key, &err);
	if (rc != DEVID_OK)
		return cmd_fail(&err);
	req = build_request(p, &key);
	if (!req || !bio)
		rc = devid_fail(&err, DEVID_ERR_INVALID,
			"csr: --model: neither ASCII nor UTF-8");
	else
		rc = sign_request(p, req, &key, &err);
	if (rc != DEVID_OK)
		return cmd_fail(&err);
	if (!PEM_write_bio_X509_REQ(bio, req) ||
		(len = BIO_get_mem_data(bio, &pem)) <= 0)
		return EXIT_FAILURE;
	rc = output_put(out, pem, (size_t)len, &err);
	return rc == DEVID_OK ? EXIT_SUCCESS : cmd_fail(&err);
}
