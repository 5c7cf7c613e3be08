/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_ATTRIBUTES_H
#define DEVID_TPM_ATTRIBUTES_H

/*
 * What the certificate of an endorsement key says of its TPM in the subject
 * directory attributes (TCG EK Credential Profile for TPM 2.0, 3.1): the
 * specification that it follows, and what its maker asserts of its security.
 * Whether anybody believes that is not for here to know.
 */

#include "cert.h"

#include <stdbool.h>

#define TPM_TEXT_MAX         65
#define TPM_FIPS_VERSION_MAX 16 /* a limit of ours */

struct tpm_attributes {
	char family[TPM_TEXT_MAX]; /* "2.0" or "" */
	int level, revision;       /* -1: not stated */
	bool has_assertions;       /* TPMSecurityAssertions, 2.23.133.2.18 */
	int eal;                   /* evaluationAssuranceLevel, 0: not stated */
	int eal_status; /* 0 designed to meet, 1 in evaluation, 2 completed */
	bool eal_plus;
	int fips_level; /* 0: not stated */
	/* "140-2", as it stands there; "" when it is none or too long */
	char fips_version[TPM_FIPS_VERSION_MAX];
	bool explicit_tags; /* as chips were shipped, against the profile */
};

/*
 * Reads them; no such extension is no error. What could be read stays in
 * *@ret also after an error. Errors: INVALID.
 */
DEVID_MUST_CHECK enum devid_err tpm_attributes_read(
	const struct cert_view *cert, struct tpm_attributes *ret,
	struct devid_error *err);

/* A string of 1 to 64 printable ASCII characters, so without NUL too, of type
 * @tag: UTF8String, PrintableString or IA5String. */
bool tpm_text_read(uint8_t tag, struct view v, char out[TPM_TEXT_MAX]);

#endif
