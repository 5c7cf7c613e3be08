/* SPDX-License-Identifier: Apache-2.0 */
#include "pki-time.h"

#include <openssl/asn1.h>
#include <string.h>

#include "cleanup.h"

CLEANUP_DEFINE(asn1_time, ASN1_TIME *, ASN1_TIME_free)

enum devid_err pki_time_parse(
	const char *text, time_t *ret, struct devid_error *err)
{
	CLEANUP(cleanup_asn1_time) ASN1_TIME *t = ASN1_TIME_new();
	struct tm tm;

	/* RFC 5280 4.1.2.5.2: GeneralizedTime with seconds, Z, no fraction */
	if (!t || strlen(text) != 15 || strspn(text, "0123456789") != 14 ||
		text[14] != 'Z' || ASN1_TIME_set_string(t, text) != 1 ||
		ASN1_TIME_to_tm(t, &tm) != 1)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%.20s: not a time (YYYYMMDDHHMMSSZ)", text);
	*ret = timegm(&tm);
	return DEVID_OK;
}
