/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVIDER_KEYMGMT_H
#define DEVID_PROVIDER_KEYMGMT_H

/* Keys as libcrypto manages them (provider-keymgmt(7)). */

#include <openssl/core_dispatch.h>

extern const OSSL_DISPATCH prov_keymgmt_ec[];
extern const OSSL_DISPATCH prov_keymgmt_rsa[];

#endif
