/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "cleanup.h"

/* 112 bits: RSA-2048, P-224, SHA-224; no SHA-1. OpenSSL's level 2. */
#define AUTH_LEVEL 2

static void policies_free(CERTIFICATEPOLICIES *p)
{
	CERTIFICATEPOLICIES_free(p);
}

static void purposes_free(EXTENDED_KEY_USAGE *p)
{
	sk_ASN1_OBJECT_pop_free(p, ASN1_OBJECT_free);
}

CLEANUP_DEFINE(policies, CERTIFICATEPOLICIES *, policies_free)
CLEANUP_DEFINE(purposes, EXTENDED_KEY_USAGE *, purposes_free)

bool path_prepare(
	X509_STORE_CTX *ctx, time_t now, int depth, unsigned long flags)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_time(param, now);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, depth);
	/* OpenSSL takes an empty user-initial-policy-set as it stands, where
	 * RFC 5280 6.1.1 (c) means any policy */
	if (X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) !=
		1)
		return false;
	return X509_VERIFY_PARAM_set_flags(
		       param, flags | X509_V_FLAG_POLICY_CHECK) == 1;
}

/* OpenSSL ends a certificate at the beginning of its last second. */
bool path_is_last_second(X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);
	const ASN1_TIME *end = NULL;

	if (X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CERT_HAS_EXPIRED)
		end = cert ? X509_get0_notAfter(cert) : NULL;
	if (X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CRL_HAS_EXPIRED)
		end = crl ? X509_CRL_get0_nextUpdate(crl) : NULL;
	return end && ASN1_TIME_cmp_time_t(
			      end, X509_VERIFY_PARAM_get_time(param)) == 0;
}

static bool object_is(const ASN1_OBJECT *object, enum oid oid)
{
	return oid_is(
		(struct view) { OBJ_get0_data(object), OBJ_length(object) },
		oid);
}

bool path_allows(X509 *cert, const enum oid *purposes, size_t n)
{
	int state = 0;
	CLEANUP(cleanup_purposes)
	EXTENDED_KEY_USAGE *list =
		X509_get_ext_d2i(cert, NID_ext_key_usage, &state, NULL);

	if (!list)
		return state == -1; /* absent; else malformed, or twice */
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		const ASN1_OBJECT *purpose = sk_ASN1_OBJECT_value(list, i);

		if (object_is(purpose, OID_CE_ANY_EXT_KEY_USAGE))
			return true;
		for (size_t j = 0; j < n; j++) {
			if (object_is(purpose, purposes[j]))
				return true;
		}
	}
	return false;
}

bool path_has_policies(const X509 *cert)
{
	static const int nids[] = { NID_certificate_policies,
		NID_policy_mappings, NID_policy_constraints,
		NID_inhibit_any_policy };

	for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
		if (X509_get_ext_by_NID(cert, nids[i], -1) >= 0)
			return true;
	}
	return false;
}

/* RFC 5280 4.2.1.4: no policy stands twice. */
static bool policies_are_good(struct view der)
{
	const unsigned char *p = der.data;
	CLEANUP(cleanup_policies)
	CERTIFICATEPOLICIES *list =
		d2i_CERTIFICATEPOLICIES(NULL, &p, (long)der.len);
	int n = list ? sk_POLICYINFO_num(list) : 0;

	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++) {
			if (OBJ_cmp(sk_POLICYINFO_value(list, i)->policyid,
				    sk_POLICYINFO_value(list, j)->policyid) ==
				0)
				return false;
		}
	}
	return n > 0 && p == der.data + der.len;
}

bool path_leaf_is_plain(const struct cert_view *leaf)
{
	const struct cert_ext *policies =
		cert_get_ext(leaf, OID_CE_CERTIFICATE_POLICIES);

	if (cert_get_ext(leaf, OID_CE_POLICY_MAPPINGS) ||
		cert_get_ext(leaf, OID_CE_POLICY_CONSTRAINTS) ||
		cert_get_ext(leaf, OID_CE_INHIBIT_ANY_POLICY))
		return false;
	return !policies || policies_are_good(policies->value);
}
