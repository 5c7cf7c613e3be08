/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVIDER_STORE_H
#define DEVID_PROVIDER_STORE_H

/* Keys and chains by name, devid:idevid (provider-store(7)). */

#include <openssl/core_dispatch.h>

extern const OSSL_DISPATCH prov_store[];

#endif
