/* SPDX-License-Identifier: Apache-2.0 */
#include "key-private.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
enum devid_err key_private_read(const char *name, struct view pkcs8,
	EVP_PKEY **ret, struct key_blob *ret_spki, struct devid_error *err)
{
	const uint8_t *p = pkcs8.data;
	uint8_t *q = ret_spki->data;
	*ret = d2i_AutoPrivateKey(NULL, &p, (long)pkcs8.len);
	if (!*ret)
		return devid_fail(err, DEVID_ERR_SYNTAX, "%s: no key", name);
	ret_spki->len = (size_t)i2d_PUBKEY(*ret, &q);
	return DEVID_OK;
}
