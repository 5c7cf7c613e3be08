/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVIDER_DECODER_H
#define DEVID_PROVIDER_DECODER_H

/* Key files, idevid.key and the like (provider-decoder(7)). */

#include <openssl/core_dispatch.h>

extern const OSSL_DISPATCH prov_decoder_pem[];
extern const OSSL_DISPATCH prov_decoder_ec[];
extern const OSSL_DISPATCH prov_decoder_rsa[];

#endif
