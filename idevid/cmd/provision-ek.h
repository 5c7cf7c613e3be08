/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVISION_EK_H
#define DEVID_PROVISION_EK_H

/* The EK certificate of a TPM that has none in NV, from a file, and the
 * certificates above it for prodCaData. */

#include <devid/error.h>
#include "key.h"
#include "tcg-csr.h"
#include "wire.h"

/* All zeros is none. */
struct provision_ek {
	struct key_blob cert; /* DER */
	/* DER, one behind the other */
	uint8_t above[TCG_CSR_FIELD_MAX];
	size_t above_len;
};

/*
 * Reads @path ("-": standard input): PEM, the EK's certificate first and what
 * is above it behind, or one in DER as it comes from NV, with padding and the
 * header of TPM 1.2. Errors: those of cmd_file_read(), SYNTAX, TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err provision_ek_read(
	const char *path, struct provision_ek *ret, struct devid_error *err);

/* Adds @more, DER, to what is above. Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err provision_ek_add(
	struct provision_ek *ek, struct view more, struct devid_error *err);

#endif
