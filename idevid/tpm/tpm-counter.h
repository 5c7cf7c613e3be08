/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_COUNTER_H
#define DEVID_TPM_COUNTER_H

/*
 * The counter of erasures (tpm-epoch.h) as a TPM speaks of it, read from bytes
 * without one: its public area, and what TPM2_NV_Certify states of it (part 2,
 * 13.5 and 10.12.8).
 */

#include "der.h"
#include <devid/error.h>

#include <stdbool.h>
#include <tss2/tss2_tpm2_types.h>

#define TPM_COUNTER_LEN      8 /* of every counter, part 2, 13.2 */
#define TPM_COUNTER_NAME_LEN (2 + 32)

/* The public area that devid gives the counter at @index when it makes it. */
void tpm_counter_area(uint32_t index, TPMS_NV_PUBLIC *ret);

/* Whether @area is that of such a counter, at any index, counted or not. */
bool tpm_counter_is_ours(const TPMS_NV_PUBLIC *area);

/* The Name of such a counter, once it counted (part 1, 16: nameAlg ||
 * H(TPMS_NV_PUBLIC)); false after an error of OpenSSL. */
bool tpm_counter_name(uint32_t index, uint8_t ret[TPM_COUNTER_NAME_LEN]);

/* Reads a TPMS_NV_PUBLIC that is all of @in. Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err tpm_counter_read_area(
	struct view in, TPMS_NV_PUBLIC *ret, struct devid_error *err);

/* What devid has as extraData when @nonce is asked over: SHA-256 of "devid
 * epoch", a zero byte and @nonce, so that no nonce stands for anything else
 * that the IAK is asked for. False after an error of OpenSSL. */
bool tpm_counter_extra(struct view nonce, uint8_t ret[32]);

/* TPMS_ATTEST of type TPM_ST_ATTEST_NV. */
struct tpm_counter_said {
	uint8_t name[sizeof(TPMU_NAME)]; /* of the index */
	size_t name_len;
	uint8_t extra[64]; /* extraData */
	size_t extra_len;
	uint64_t value;
	uint64_t clock;            /* milliseconds */
	uint32_t resets, restarts; /* part 1, 36 */
};

/*
 * Reads an attestation that is all of @in and is of the eight bytes of a
 * counter. Errors: SYNTAX (also: magic is not TPM_GENERATED_VALUE; another
 * type, that of a digest of NV among them; another part of the index).
 */
DEVID_MUST_CHECK enum devid_err tpm_counter_parse(
	struct view in, struct tpm_counter_said *ret, struct devid_error *err);

#endif
