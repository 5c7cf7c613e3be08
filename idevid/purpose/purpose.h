/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PURPOSE_H
#define DEVID_PURPOSE_H

/*
 * Purpose-bound signing: what a DevID key signs is decided from the bytes
 * themselves, never from what the caller says they are. Bytes that have none
 * of the permitted forms are refused, and the forms exclude each other, so
 * that a signature made for one purpose has no meaning for another.
 *
 * It does not check that a handshake is genuine or complete: whoever may use
 * the key for a purpose may authenticate while it is there, and no more.
 */

#include "der.h"
#include "role.h"
#include <devid/error.h>

struct purpose_verdict {
	enum purpose purpose;
	unsigned tls_version; /* 0x0303, 0x0304, or 0 for a request */
};

/*
 * Finds what @in is, for the key with the DER SubjectPublicKeyInfo @spki.
 *
 *  - RFC 8446 4.4.3: 64 spaces, one of the two context strings, 0, and a
 *    transcript hash of 32 or 48 bytes.
 *  - RFC 5246 7.4.8: all handshake messages of a TLS 1.2 handshake from
 *    ClientHello to ClientKeyExchange, in their order, with the certificate
 *    of this key in the client's Certificate message.
 *  - RFC 8422 5.4: client and server random and the parameters of an
 *    ephemeral key on a named curve.
 *  - RFC 2986 4.1: a CertificationRequestInfo with this public key.
 *  - TCG DevID 13.1: a TCG-CSR-IDEVID-CONTENT with the right hash, SHA-256 or
 *    SHA-384, and this public key in signingPub. What the request says of
 *    other keys is for the CA to judge.
 *
 * Errors: PURPOSE, with the reason; @ret_verdict is then untouched.
 */
DEVID_MUST_CHECK enum devid_err purpose_check(struct view in, struct view spki,
	struct purpose_verdict *ret_verdict, struct devid_error *err);

#endif
