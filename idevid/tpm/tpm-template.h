/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_TEMPLATE_H
#define DEVID_TPM_TEMPLATE_H

/*
 * The key templates of TCG "TPM 2.0 Keys for Device Identity and
 * Attestation" v1.00, 7.3: H-1 (RSA-2048), H-2 (P-256) and H-3 (P-384); and
 * of ours, for RSA-3072 and RSA-4096, which TCG has no template for.
 */

#include "key.h"

#include <stdbool.h>
#include <stdint.h>
#include <tss2/tss2_tpm2_types.h>

/*
 * How existing provisioners fill the `unique` field of the same template.
 * Each gives another primary key, so they matter when a key is derived again.
 */
enum template_unique {
	UNIQUE_X_AND_Y, /* x and y (RSA: n) hold the ASCII name: ours */
	UNIQUE_X_ONLY,  /* y is empty */
	UNIQUE_PADDED,  /* zero-padded to the size of the field */
	UNIQUE_EMPTY,
};
#define N_TEMPLATE_UNIQUES 4

/* Writes the template to *@ret; false when there is none for @alg. */
bool template_get(enum key_role role, enum key_alg alg,
	enum template_unique unique, TPM2B_PUBLIC *ret);

/*
 * Whether @pub has the attributes, the policy, the scheme and the name
 * algorithm of the template for @role; *@ret_alg says which.
 */
bool template_matches(
	enum key_role role, const TPMT_PUBLIC *pub, enum key_alg *ret_alg);

#endif
