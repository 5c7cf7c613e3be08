/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_PRIVATE_H
#define DEVID_KEY_PRIVATE_H
#include "key.h"
#include "view.h"
#include <devid/error.h>
#include <openssl/types.h>
DEVID_MUST_CHECK enum devid_err key_private_read(const char *name,
	struct view pkcs8, EVP_PKEY **ret, struct key_blob *ret_spki,
	struct devid_error *err);
#endif
