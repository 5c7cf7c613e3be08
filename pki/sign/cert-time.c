/* SPDX-License-Identifier: Apache-2.0 */
#include "cert-time.h"

#include <openssl/crypto.h>
#include <string.h>

#include "cleanup.h"

CLEANUP_DEFINE(asn1_time, ASN1_TIME *, ASN1_TIME_free)

#define DAY_SECONDS 86400

bool pki_time_seconds(const ASN1_TIME *t, int64_t *ret)
{
	CLEANUP(cleanup_asn1_time) ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;

	/* Without a time of its own ASN1_TIME_diff() takes now. */
	if (!epoch || !t || ASN1_TIME_diff(&days, &seconds, epoch, t) != 1)
		return false;
	*ret = (int64_t)days * DAY_SECONDS + seconds;
	return true;
}

bool pki_time_utc(int64_t seconds, struct tm *ret)
{
	const time_t epoch = 0;
	int days;

	if (seconds < 0 || seconds > PKI_TIME_NEVER || !gmtime_r(&epoch, ret))
		return false;
	days = (int)(seconds / DAY_SECONDS);
	ret->tm_wday = (ret->tm_wday + days) % 7;
	return OPENSSL_gmtime_adj(ret, days, (long)(seconds % DAY_SECONDS)) ==
	       1;
}

enum devid_err pki_time_parse(
	const char *text, int64_t *ret, struct devid_error *err)
{
	CLEANUP(cleanup_asn1_time) ASN1_TIME *t = ASN1_TIME_new();
	int64_t seconds;

	/* RFC 5280 4.1.2.5.2: GeneralizedTime with seconds, Z, no fraction */
	if (!t || strlen(text) != 15 || strspn(text, "0123456789") != 14 ||
		text[14] != 'Z' || ASN1_TIME_set_string(t, text) != 1 ||
		!pki_time_seconds(t, &seconds))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%.20s: not a time (YYYYMMDDHHMMSSZ)", text);
	*ret = seconds;
	return DEVID_OK;
}
