/* SPDX-License-Identifier: Apache-2.0 */
#include "cert-check.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

static const char begin[] = "-----BEGIN ";
#define BEGIN_LEN (sizeof(begin) - 1)

enum devid_err cert_check_one(const char *path, const char *what,
	const void *pem, size_t len, struct devid_error *err)
{
	const char *p = pem, *end = p + len;
	const char *first = memmem(p, len, begin, BEGIN_LEN);

	if (!first)
		return DEVID_OK; /* who decodes it tells of that */
	first += BEGIN_LEN;
	if (!memmem(first, (size_t)(end - first), begin, BEGIN_LEN))
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_SYNTAX, "%s: holds more than one %s",
		path, what);
}

static bool is_for_ocsp(X509 *cert)
{
	/* Without the extension OpenSSL has every bit set. */
	return (X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) &&
	       (X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN);
}

enum devid_err cert_check_ocsp(
	const char *path, X509 *cert, X509 *ca, struct devid_error *err)
{
	int signed_by_ca = X509_verify(cert, X509_get0_pubkey(ca));

	ERR_clear_error(); /* the cause is ours to tell */
	if (signed_by_ca != 1 || X509_NAME_cmp(X509_get_issuer_name(cert),
					 X509_get_subject_name(ca)) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: not issued by this CA", path);
	if (!is_for_ocsp(cert))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not for OCSP (id-kp-OCSPSigning)", path);
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return devid_fail(
			err, DEVID_ERR_INVALID, "%s: not yet valid", path);
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: expired; the ceremony `ocsp` renews it", path);
	return DEVID_OK;
}
