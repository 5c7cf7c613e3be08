/* SPDX-License-Identifier: Apache-2.0 */
/* A file with a private key, in all forms that are read. Seeds are keys of
 * openssl(1) in each form. */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "private-pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct private_pem key, again;
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	key.len = 0;
	rc = private_pem_parse("file", (struct view) { data, len }, &key, &err);
	if (ERR_peek_error() != 0)
		abort();
	if (rc != DEVID_OK) {
		if (!err.text[0] || key.len != 0)
			abort();
		return 0;
	}
	/* What comes out is of the form that goes through as it is. */
	if (key.len == 0 || key.len > WIRE_PKCS8_MAX)
		abort();
	if (private_pem_parse("file", (struct view) { key.data, key.len },
		    &again, NULL) != DEVID_OK ||
		again.len != key.len ||
		memcmp(again.data, key.data, key.len) != 0)
		abort();
	return 0;
}
