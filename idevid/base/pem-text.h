/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PEM_TEXT_H
#define DEVID_PEM_TEXT_H

/* DER as text (RFC 7468), as everybody's PEM tools write it. */

#include "der.h"
#include <devid/error.h>

/* Bytes that @der_len bytes of DER need, with the NUL. */
size_t pem_text_size(const char *label, size_t der_len);

/* Writes @der as one block with @label, NUL behind it. Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err pem_text_write(const char *label,
	struct view der, char *buf, size_t size, struct devid_error *err);

#endif
