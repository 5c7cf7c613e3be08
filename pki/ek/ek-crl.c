/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-crl.h"

#include <openssl/x509v3.h>

#include "cleanup.h"

CLEANUP_DEFINE(idp, ISSUING_DIST_POINT *, ISSUING_DIST_POINT_free)
CLEANUP_DEFINE(names, GENERAL_NAMES *, GENERAL_NAMES_free)

/* RFC 5280 5.2.5 */
static const char *scope_defect(const X509_CRL *crl)
{
	int state = 0;
	CLEANUP(cleanup_idp)
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(
		crl, NID_issuing_distribution_point, &state, NULL);

	if (!idp)
		return state == -1 ? NULL
				   : "has a malformed issuingDistributionPoint";
	if (idp->onlysomereasons)
		return "covers only some reasons";
	if (idp->indirectCRL > 0)
		return "is indirect";
	if (idp->onlyattr > 0)
		return "is about attribute certificates";
	return NULL;
}

const char *ek_crl_defect(const X509_CRL *crl)
{
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return "is a delta"; /* 5.2.4 */
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *ext = X509_CRL_get_ext(crl, i);

		if (X509_EXTENSION_get_critical(ext) &&
			OBJ_obj2nid(X509_EXTENSION_get_object(ext)) !=
				NID_issuing_distribution_point)
			return "has a critical extension that is not "
			       "understood";
	}
	return scope_defect(crl);
}

/* certificateIssuer of an entry: RFC 5280 5.3.3 */
static bool entry_names(const X509_REVOKED *entry, const X509_NAME *issuer)
{
	CLEANUP(cleanup_names)
	GENERAL_NAMES *names = X509_REVOKED_get_ext_d2i(
		entry, NID_certificate_issuer, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DIRNAME &&
			X509_NAME_cmp(name->d.directoryName, issuer) == 0)
			return true;
	}
	return false;
}

bool ek_crl_concerns(X509_CRL *crl, const X509_NAME *issuer)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) == 0)
		return true;
	if (!ek_crl_defect(crl)) /* a direct one */
		return false;
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		if (entry_names(sk_X509_REVOKED_value(entries, i), issuer))
			return true;
	}
	return false;
}
