/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ECDSA_DER_H
#define DEVID_ECDSA_DER_H

/* ECDSA signatures as X.509, TLS and OpenSSL have them. */

#include "der.h"

#include <stdbool.h>

#define ECDSA_INT_MAX 66 /* bytes of r and of s: P-521 */
#define ECDSA_DER_MAX (3 + 2 * (3 + ECDSA_INT_MAX))

/*
 * ECDSA-Sig-Value (RFC 3279 2.2.3) of two unsigned numbers, big endian, of at
 * most ECDSA_INT_MAX bytes. @ret has room for ECDSA_DER_MAX bytes. Its length,
 * or 0: a number is too long, or there is no memory.
 */
size_t ecdsa_der(struct view r, struct view s, uint8_t *ret);

#endif
