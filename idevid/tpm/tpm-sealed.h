/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_SEALED_H
#define DEVID_TPM_SEALED_H

/*
 * A key of the owner as it is kept outside the TPM: what TPM2_Load takes, and
 * what tells why it takes it no more. All integers are big-endian:
 *
 * u8 version (2), u8 algorithm (enum key_alg), u8 imported (0, 1),
 * u64 epoch, u16-counted name ("tls-0"), TPM id (0 or 32 bytes), Name of the
 * parent, TPMT_PUBLIC and the buffer of TPM2B_PRIVATE; SHA-256 of all this.
 *
 * The digest tells a damaged file; who changes the record on purpose gets no
 * further than the TPM, which checks what it loads.
 */

#include "blob.h"
#include <devid/error.h>
#include "key.h"
#include "tpm-parent.h"

struct tpm_sealed {
	enum key_id id; /* under another one it is not taken */
	enum key_alg alg;
	bool imported;
	uint64_t epoch; /* at which it was made */
	bool has_tpm_id;
	uint8_t tpm_id[TPM_ID_LEN]; /* of the TPM that made it */
	TPM2B_NAME parent;
	TPM2B_PUBLIC pub;
	TPM2B_PRIVATE private;
};

/* Errors: TOO_LARGE, CRYPTO. */
DEVID_MUST_CHECK enum devid_err tpm_sealed_encode(const struct tpm_sealed *key,
	struct room *ret, struct devid_error *err);

/* Reads a record that is all of @in. Errors: SYNTAX; UNSUPPORTED, of another
 * version. */
DEVID_MUST_CHECK enum devid_err tpm_sealed_parse(
	struct view in, struct tpm_sealed *ret, struct devid_error *err);

#endif
