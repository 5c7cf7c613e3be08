/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_SUITE_H
#define DEVID_TPM_SUITE_H

/* What a signing key of each algorithm is in a TPM, whoever's it is. Templates
 * add name algorithm, attributes, policy and `unique` to it. */

#include "key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_tpm2_types.h>

struct tpm_suite {
	enum key_alg alg;
	TPMI_ALG_PUBLIC type;
	TPMI_ECC_CURVE curve; /* 0: RSA */
	TPMI_ALG_HASH hash;   /* of its signatures; RSA leaves it open */
	uint16_t field_len;   /* bytes of x, y or n */
};

/* Row @i of all, or the one of @alg; NULL: there is none. */
const struct tpm_suite *tpm_suite_row(size_t i);
const struct tpm_suite *tpm_suite_of(enum key_alg alg);

/* Makes *@ret all zeros but for type and parameters of @suite. */
void tpm_suite_fill(const struct tpm_suite *suite, TPMT_PUBLIC *ret);

/*
 * Whether @area is @want in all but its public key. An exponent may be written
 * in either way; RSASSA counts as RSAPSS, since of those who make such an IAK
 * some have the one and some the other.
 */
bool tpm_suite_same(const TPMT_PUBLIC *area, const TPMT_PUBLIC *want);

#endif
