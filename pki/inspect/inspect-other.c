/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-other.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "inspect-facts.h"
#include "inspect-private.h"
#include "inspect-x509.h"
#include "key.h"

/* ---- PKCS#10 ---- */

static bool has_rdn(const X509_NAME *name, int nid)
{
	return X509_NAME_get_index_by_NID(name, nid, -1) >= 0;
}

/* It asks to be a CA, or its subject is an organization's and no device's, as
 * `devid-ca request` writes it. */
static bool looks_like_ca(X509_REQ *req)
{
	const X509_NAME *subject = X509_REQ_get_subject_name(req);
	STACK_OF(X509_EXTENSION) *wanted = X509_REQ_get_extensions(req);
	BASIC_CONSTRAINTS *bc =
		X509V3_get_d2i(wanted, NID_basic_constraints, NULL, NULL);
	bool ca = bc && bc->ca;

	BASIC_CONSTRAINTS_free(bc);
	sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
	ERR_clear_error();
	return ca || (has_rdn(subject, NID_organizationName) &&
			     !has_rdn(subject, NID_serialNumber));
}

/* What holds for devices, of which a request for a CA is only told. */
static enum devid_verdict verdict_for(bool ca, bool good)
{
	if (good)
		return DEVID_PASS;
	return ca ? DEVID_WARN : DEVID_FAIL;
}

static void judge_request(struct inspect_run *run, X509_REQ *req)
{
	X509_NAME *subject = X509_REQ_get_subject_name(req);
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);
	uint8_t spki[KEY_SPKI_MAX], *p = spki;
	int len = key ? i2d_PUBKEY(key, NULL) : 0;
	enum key_alg alg = len > 0 && len <= (int)sizeof(spki) &&
					   i2d_PUBKEY(key, &p) == len
				   ? key_alg_of_spki(spki, (size_t)len)
				   : KEY_ALG_NONE;
	/* RSA-3072 and RSA-4096 are ours, not the standard's. */
	bool ours = key_alg_rsa_bits(alg) > 2048;
	bool suite = alg != KEY_ALG_NONE && !ours;
	bool device = has_rdn(subject, NID_serialNumber);
	bool ca = looks_like_ca(req);

	inspect_name(run, run->subject, "subject", subject);
	inspect_key(run, run->subject, key);
	if (len > 0 && p == spki + len)
		inspect_sha256(run, run->subject, "spki_sha256",
			(struct view) { spki, (size_t)len });
	inspect_flag(run, "signature", "RFC 2986 4.2",
		key && X509_REQ_verify(req, key) == 1,
		"not by the key of the request");
	inspect_rule(run, "key-suite", "IEEE 802.1AR 9",
		verdict_for(ca || ours, suite),
		suite ? "" : "none of P-256, P-384, RSA-2048");
	inspect_rule(run, "subject-serial", "IEEE 802.1AR 8.6",
		verdict_for(ca, device),
		device ? "" : "subject has no serialNumber");
	ERR_clear_error();
}

void inspect_request(struct inspect_run *run, struct view der)
{
	const unsigned char *p = der.data;
	CLEANUP(cleanup_x509_req)
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.len);
	bool whole = req && p == der.data + der.len;

	ERR_clear_error();
	run->kind = "pkcs10";
	inspect_flag(run, "encoding", "RFC 2986 4; X.690 10", whole,
		req ? "bytes behind the request" : "not a PKCS#10 request");
	if (req)
		judge_request(run, req);
	inspect_rule(run, "residency", "TCG DevID 1.00 issuing, 7c", DEVID_WARN,
		"PKCS#10 proves no TPM: a TCG-CSR-IDEVID does");
}

/* ---- revocation lists ---- */

/* A number of 20 octets at most (RFC 5280 5.2.3), as text. */
static void add_number(
	struct inspect_run *run, const char *key, X509_CRL *crl, int nid)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);
	char *text = number ? i2s_ASN1_INTEGER(NULL, number) : NULL;

	if (text)
		inspect_text(run, run->subject, key, text);
	OPENSSL_free(text);
	ASN1_INTEGER_free(number);
}

static void judge_crl(struct inspect_run *run, X509_CRL *crl)
{
	const ASN1_TIME *this_update = X509_CRL_get0_lastUpdate(crl);
	const ASN1_TIME *next_update = X509_CRL_get0_nextUpdate(crl);
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);
	int nid = X509_CRL_get_signature_nid(crl);
	time_t now = run->options->now;
	const char *wrong = "";

	inspect_name(run, run->subject, "issuer", X509_CRL_get_issuer(crl));
	add_number(run, "number", crl, NID_crl_number);
	add_number(run, "delta_of", crl, NID_delta_crl);
	inspect_time(run, run->subject, "this_update", this_update);
	if (next_update)
		inspect_time(run, run->subject, "next_update", next_update);
	inspect_set(run, run->subject, "count",
		json_integer(revoked ? sk_X509_REVOKED_num(revoked) : 0));
	if (nid != NID_undef)
		inspect_text(run, run->subject, "signature_algorithm",
			OBJ_nid2ln(nid));
	if (!next_update)
		wrong = "no nextUpdate";
	else if (X509_cmp_time(next_update, &now) <= 0)
		wrong = "expired";
	else if (X509_cmp_time(this_update, &now) > 0)
		wrong = "not valid yet";
	inspect_flag(
		run, "validity", "RFC 5280 5.1.2.4, 5.1.2.5", !wrong[0], wrong);
	ERR_clear_error();
}

void inspect_crl(struct inspect_run *run, struct view der)
{
	const unsigned char *p = der.data;
	CLEANUP(cleanup_x509_crl)
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	bool whole = crl && p == der.data + der.len;

	ERR_clear_error();
	run->kind = "crl";
	inspect_sha256(run, run->subject, "sha256", der);
	inspect_flag(run, "encoding", "RFC 5280 5.1; X.690 10", whole,
		crl ? "bytes behind the list" : "not a revocation list");
	if (crl)
		judge_crl(run, crl);
	inspect_rule(run, "signature", "RFC 5280 6.3.3 (g)",
		DEVID_NOT_APPLICABLE, "its issuer is not asked for");
}
