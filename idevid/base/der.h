/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DER_H
#define DEVID_DER_H

/*
 * A bounded reader of DER (X.690 clause 10): definite, minimal lengths and
 * single-byte tags only. It reads structure and copies nothing; the views
 * point into the caller's bytes. It does not check the content of primitive
 * types.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

#define DER_INTEGER      0x02
#define DER_BIT_STRING   0x03
#define DER_OCTET_STRING 0x04
#define DER_OID          0x06
#define DER_UTF8_STRING  0x0c
#define DER_SEQUENCE     0x30
#define DER_SET          0x31
/* Constructed and primitive context-specific tag @n (0 to 30). */
#define DER_CONTEXT(n)      (0xa0 | (n))
#define DER_CONTEXT_PRIM(n) (0x80 | (n))

/*
 * Takes one element off the front of @in: *@ret_tag, its content in
 * @ret_content and, when @ret_whole is not NULL, the element with its header.
 * false, and nothing changed, when the bytes are not DER.
 */
bool der_take(struct view *in, uint8_t *ret_tag, struct view *ret_content,
	struct view *ret_whole);

/* The same, and the tag must be @tag. */
bool der_take_tag(struct view *in, uint8_t tag, struct view *ret_content);

/*
 * Whether the bytes are one DER SEQUENCE or SET without anything behind it,
 * whose direct members are complete DER elements. This is the outer form of
 * every ASN.1 object that a signature is usually put on: certificate, CRL,
 * OCSP response, certification request (SEQUENCE), and the signed attributes
 * of CMS (SET OF, RFC 5652 5.4).
 */
bool der_is_object(const uint8_t *data, size_t len);

/*
 * Whether a reader of BER (X.690 clause 8) could take the bytes for one
 * SEQUENCE or SET without anything behind it: tag and length in any form, also
 * padded, or of indefinite length with its end at the end. Its direct members
 * need to be whole by their headers, and no more: no reader is more generous.
 */
bool der_is_ber_object(struct view in);

#endif
