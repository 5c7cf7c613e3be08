/* SPDX-License-Identifier: Apache-2.0 */
#include "pem-text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define PEM_LINE 64 /* RFC 7468 2: characters of a full line */

size_t pem_text_size(const char *label, size_t der_len)
{
	const size_t frame = strlen("-----BEGIN -----\n-----END -----\n");
	size_t n = (der_len + 2) / 3 * 4;
	size_t lines = (n + PEM_LINE - 1) / PEM_LINE;

	return frame + 2 * strlen(label) + n + lines + 1;
}

enum devid_err pem_text_write(const char *label, struct view der, char *buf,
	size_t size, struct devid_error *err)
{
	size_t done;

	if (pem_text_size(label, der.len) > size)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: does not fit in %zu bytes", label, size);
	done = (size_t)snprintf(buf, size, "-----BEGIN %s-----\n", label);
	while (der.len > 0) {
		size_t part = PEM_LINE / 4 * 3;

		part = der.len < part ? der.len : part;
		done += (size_t)EVP_EncodeBlock(
			(uint8_t *)buf + done, der.data, (int)part);
		buf[done++] = '\n';
		der.data += part;
		der.len -= part;
	}
	(void)snprintf(buf + done, size - done, "-----END %s-----\n", label);
	return DEVID_OK;
}
