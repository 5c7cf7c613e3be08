/* SPDX-License-Identifier: Apache-2.0 */
#include "what-is.h"

#include <stdio.h>

#include "bytes.h"
#include "der.h"

#define BEGIN     "-----BEGIN "
#define DASHES    "-----"
#define LABEL_MAX 40

/* TCG-CSR-IDEVID and its contents begin so (TCG DevID 13.1). */
#define TCG_VERSION 0x00000100

static const char attribute_cert[] =
	"an X.509 attribute certificate (RFC 5755), such as a TCG platform "
	"certificate";

/* ---- PEM ---- */

static const struct {
	const char *label, *words;
} labels[] = {
	{ "CERTIFICATE", WHAT_IS_CERT },
	{ "X509 CERTIFICATE", WHAT_IS_CERT },
	{ "TRUSTED CERTIFICATE", "a certificate in OpenSSL's own PEM form" },
	{ "ATTRIBUTE CERTIFICATE", attribute_cert },
	{ "CERTIFICATE REQUEST", WHAT_IS_REQUEST },
	{ "NEW CERTIFICATE REQUEST", WHAT_IS_REQUEST },
	{ "X509 CRL", "a revocation list in PEM" },
	{ "PKCS7", "a PKCS#7 bundle in PEM" },
	{ "CMS", "a CMS message in PEM" },
	{ "PUBLIC KEY", WHAT_IS_PUBLIC },
	{ "DEVID KEY", "the reference to a DevID key" },
	{ "DEVID CHALLENGE", "a challenge of devid-ca" },
	{ "DEVID ANSWER", "an answer to a challenge" },
};

/* The label of the first PEM block; empty when there is none. */
static struct view find_label(struct view data)
{
	const size_t begin_len = sizeof(BEGIN) - 1;
	const uint8_t *begin =
		data.len ? memmem(data.data, data.len, BEGIN, begin_len) : NULL;
	struct view label = { NULL, 0 };
	const uint8_t *end;

	if (!begin)
		return label;
	label.data = begin + begin_len;
	label.len = data.len - (size_t)(label.data - data.data);
	end = memmem(label.data, label.len, DASHES, sizeof(DASHES) - 1);
	label.len = end ? (size_t)(end - label.data) : 0;
	return label;
}

static bool label_is(struct view label, const char *text)
{
	return label.len == strlen(text) &&
	       memcmp(label.data, text, label.len) == 0;
}

/* A label of somebody else, safe to print. */
static void quote_label(struct view label, char out[WHAT_IS_MAX])
{
	char text[LABEL_MAX + 1];
	size_t n = label.len < LABEL_MAX ? label.len : LABEL_MAX;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = label.data[i];

		text[i] = c >= 0x20 && c <= 0x7e ? (char)c : '?';
	}
	text[n] = '\0';
	(void)snprintf(out, WHAT_IS_MAX, "PEM of the type \"%s\"", text);
}

static void name_pem(struct view label, char out[WHAT_IS_MAX])
{
	static const char key[] = "PRIVATE KEY";
	const size_t len = sizeof(key) - 1;

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (label_is(label, labels[i].label)) {
			(void)snprintf(out, WHAT_IS_MAX, "%s", labels[i].words);
			return;
		}
	}
	if (label.len >= len &&
		memcmp(label.data + label.len - len, key, len) == 0)
		(void)snprintf(out, WHAT_IS_MAX, "a private key in PEM");
	else
		quote_label(label, out);
}

/* ---- DER ---- */

static uint8_t first_tag(struct view v)
{
	return v.len > 0 ? v.data[0] : 0;
}

/* What is signed, behind the version of a list or the serial number of a
 * certificate of version 1: both have an AlgorithmIdentifier and a Name there,
 * then one has Validity, the other a Time. */
static const char *name_old(struct view tbs)
{
	struct view v;

	if (!der_take_tag(&tbs, DER_SEQUENCE, &v) ||
		!der_take_tag(&tbs, DER_SEQUENCE, &v))
		return NULL;
	return first_tag(tbs) == DER_SEQUENCE ? WHAT_IS_CERT_DER
					      : WHAT_IS_CRL_DER;
}

/* What is signed in SEQUENCE { what is signed, algorithm, signature }. */
static const char *name_signed(struct view tbs)
{
	struct view first, second, look = tbs;
	uint8_t tag;

	if (first_tag(tbs) == DER_CONTEXT(0)) /* version, RFC 5280 4.1 */
		return WHAT_IS_CERT_DER;
	if (first_tag(tbs) == DER_SEQUENCE) /* RFC 5280 5.1: version 1 */
		return WHAT_IS_CRL_DER;
	if (!der_take_tag(&tbs, DER_INTEGER, &first) ||
		!der_take(&tbs, &tag, &second, NULL) || tag != DER_SEQUENCE)
		return NULL;
	/* RFC 2986 4.1: version 0, subject, key, [0] attributes */
	if (first.len == 1 && first.data[0] == 0 &&
		(second.len == 0 || first_tag(second) == DER_SET))
		return "a PKCS#10 request in DER";
	/* RFC 5755 4.1: version 1, holder by one of three tags */
	if ((first_tag(second) & 0xe0) == DER_CONTEXT(0))
		return attribute_cert;
	(void)der_take(&look, &tag, &first, NULL); /* as just above */
	return name_old(look);
}

static bool is_number(uint8_t tag, struct view v, uint8_t n)
{
	return tag == DER_INTEGER && v.len == 1 && v.data[0] == n;
}

/* RFC 5958 2 and 3, RFC 5915 3, RFC 8017 A.1.2: what begins so; @rest: behind
 * the second. */
static bool is_private(
	uint8_t tag, struct view first, uint8_t tag2, struct view rest)
{
	if (tag2 == DER_OCTET_STRING)
		return tag == DER_INTEGER || tag == DER_SEQUENCE;
	if (tag2 == DER_SEQUENCE)
		return tag == DER_INTEGER &&
		       first_tag(rest) == DER_OCTET_STRING;
	return tag2 == DER_INTEGER && is_number(tag, first, 0);
}

static const char *name_der(struct view der)
{
	struct view all, first, second = { NULL, 0 };
	uint8_t tag, tag2 = 0;

	if (!der_take_tag(&der, DER_SEQUENCE, &all) ||
		!der_take(&all, &tag, &first, NULL))
		return NULL;
	(void)der_take(&all, &tag2, &second, NULL); /* or none */
	if (tag == DER_SEQUENCE && tag2 == DER_SEQUENCE &&
		first_tag(all) == DER_BIT_STRING)
		return name_signed(first);
	if (tag == DER_SEQUENCE && tag2 == DER_BIT_STRING)
		return "a public key in DER";
	if (is_private(tag, first, tag2, all))
		return "a private key in DER";
	if (is_number(tag, first, 3) && tag2 == DER_SEQUENCE &&
		first_tag(second) == DER_OID) /* RFC 7292 4 */
		return "a PKCS#12 bundle";
	if (tag == DER_OID && tag2 == DER_CONTEXT(0))
		return "a CMS or PKCS#7 message in DER";
	return NULL;
}

/* ---- all ---- */

static bool is_text(struct view data)
{
	for (size_t i = 0; i < data.len; i++) {
		uint8_t c = data.data[i];

		if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') ||
			c > 0x7e)
			return false;
	}
	return true;
}

static bool name(struct view data, char out[WHAT_IS_MAX])
{
	struct view label = find_label(data);
	const char *words = NULL;

	if (data.len == 0)
		words = "empty";
	else if (data.len >= 12 && bytes_load(data.data, 4) == TCG_VERSION)
		words = "a TCG-CSR-IDEVID";
	else if (first_tag(data) == DER_SEQUENCE)
		words = name_der(data);
	if (words) {
		(void)snprintf(out, WHAT_IS_MAX, "%s", words);
		return true;
	}
	if (label.len > 0) {
		name_pem(label, out);
		return true;
	}
	(void)snprintf(out, WHAT_IS_MAX, "%s",
		is_text(data) ? "text without a PEM block"
			      : "of no form known here");
	return false;
}

void what_is(struct view data, char out[WHAT_IS_MAX])
{
	(void)name(data, out); /* it says so too where it knows none */
}

void what_is_for(struct view data, const char *want, char out[WHAT_IS_MAX])
{
	what_is(data, out);
	if (strcmp(out, want) == 0)
		(void)snprintf(out, WHAT_IS_MAX, "a malformed one");
}

bool what_is_known(struct view data)
{
	char text[WHAT_IS_MAX];

	return name(data, text);
}
