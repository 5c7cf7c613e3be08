/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates as a peer sends them, one DER behind the other, leaf first:
 * profile, subjectAltName and chain. Seeds: make-profile-seeds.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include <devid/verify.h>

/* The root of the seeds; its key is lost. */
static const char root_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBhDCCASmgAwIBAgIIESIzRFVmd4gwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ\n"
	"RnV6eiBSb290MCAXDTIwMDEwMTAwMDAwMFoYDzk5OTkxMjMxMjM1OTU5WjAUMRIw\n"
	"EAYDVQQDDAlGdXp6IFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARBwLCr\n"
	"qPFANkckIXdJQ3Zk32XbIYmvcJYajkfdVkGd3ijYTNeYyYOPANXPcP/dyAFRE75L\n"
	"UBOOyPn4tBOMdvp0o2MwYTAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIB\n"
	"BjAdBgNVHQ4EFgQUfwBdnCISDx3BRsutMFIKgAD4+aowHwYDVR0jBBgwFoAUfwBd\n"
	"nCISDx3BRsutMFIKgAD4+aowCgYIKoZIzj0EAwIDSQAwRgIhANSKVQgbQ38qpe9c\n"
	"h5UNp+Bs/wT5FvJ5yZqzjXXMAsl4AiEAvtoryj1ufdvcIqVMqQxPXu+F7cVskwKi\n"
	"F6E84GvHR4E=\n"
	"-----END CERTIFICATE-----\n";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct devid_verifier *verifier;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (devid_verifier_new(&verifier, NULL) != DEVID_OK ||
		devid_verifier_add_root_pem(
			verifier, root_pem, strlen(root_pem), NULL) != DEVID_OK)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in = { data, len }, content, whole;
	struct devid_der certs[DEVID_CHAIN_MAX + 1];
	struct devid_verify_result result;
	size_t n = 0;
	uint8_t tag;

	(void)devid_profile_check(data, len, DEVID_PROFILE_IAK,
		DEVID_PROFILE_STRICT, &result.profile);
	(void)devid_profile_check(data, len, DEVID_PROFILE_LDEVID,
		DEVID_PROFILE_STRICT, &result.profile);
	while (n <= DEVID_CHAIN_MAX && in.len > 0) {
		if (!der_take(&in, &tag, &content, &whole)) {
			whole = in; /* what is left, as it is */
			in.len = 0;
		}
		certs[n++] = (struct devid_der) { whole.data, whole.len };
	}
	if (n == 0)
		return 0;
	if (devid_verifier_check_der(
		    verifier, certs, n, "ACCC8E000001", &result) == DEVID_OK) {
		/* nothing may be genuine and broken at once */
		if (!result.genuine || result.profile.failed ||
			result.chain.verdict != DEVID_CHAIN_OK)
			abort();
	} else if (result.genuine || result.text[0] == '\0') {
		abort(); /* a refusal says why */
	}
	return 0;
}
