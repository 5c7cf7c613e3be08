/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CREDENTIAL_PRIVATE_H
#define DEVID_CREDENTIAL_PRIVATE_H

/* Between the parts of credential.h. */

#include "der.h"

#include <openssl/evp.h>
#include <stdbool.h>

#endif
