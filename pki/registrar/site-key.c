/* SPDX-License-Identifier: Apache-2.0 */
#include "site-key.h"

#include <string.h>

#include "digest.h"
#include "hex.h"

#define HEX "0123456789abcdef"

enum devid_err site_key_issuer(const X509_NAME *name, char ret[SITE_ISSUER_MAX],
	struct devid_error *err)
{
	char *text = X509_NAME_oneline(name, NULL, 0);
	uint8_t hash[32];
	bool good = text && digest_hash(text, strlen(text), hash);

	OPENSSL_free(text);
	if (!good)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "certificate: no SHA-256");
	hex_encode(hash, sizeof(hash), ret);
	return DEVID_OK;
}

/* RFC 5280 4.1.2.2: positive. FreeRADIUS writes the octets of the magnitude,
 * so that a negative number would be found as its opposite. */
enum devid_err site_key_of(
	X509 *cert, struct site_key *ret, struct devid_error *err)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	int len = ASN1_STRING_length(serial);

	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || len < 1 ||
		(size_t)len > (SITE_SERIAL_MAX - 1) / 2)
		return devid_fail(err, DEVID_ERR_INVALID,
			"certificate: its serial number is negative, or longer "
			"than %d octets",
			(SITE_SERIAL_MAX - 1) / 2);
	hex_encode(
		ASN1_STRING_get0_data(serial), (size_t)len, ret->certificate);
	return site_key_issuer(X509_get_issuer_name(cert), ret->issuer, err);
}

bool site_key_is_good(const char *issuer, const char *certificate)
{
	size_t len = strlen(certificate);

	return strlen(issuer) == SITE_ISSUER_MAX - 1 &&
	       strspn(issuer, HEX) == SITE_ISSUER_MAX - 1 && len > 0 &&
	       len < SITE_SERIAL_MAX && len % 2 == 0 &&
	       strspn(certificate, HEX) == len;
}
