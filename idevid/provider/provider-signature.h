/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVIDER_SIGNATURE_H
#define DEVID_PROVIDER_SIGNATURE_H

/* Signatures, by way of the key socket (provider-signature(7)). */

#include <openssl/core_dispatch.h>

extern const OSSL_DISPATCH prov_signature_ec[];
extern const OSSL_DISPATCH prov_signature_rsa[];

#endif
