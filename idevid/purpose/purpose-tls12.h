/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PURPOSE_TLS12_H
#define DEVID_PURPOSE_TLS12_H

/*
 * What is signed in a TLS 1.2 handshake: by a client the transcript (RFC 5246
 * 7.4.8), by a server its key exchange (RFC 8422 5.4).
 */

#include "der.h"
#include <devid/error.h>

#include <stdbool.h>

/* client_random, server_random, ServerECDHParams on a named curve, to the
 * end. */
bool purpose_tls12_is_key_exchange(struct view in);

/*
 * A key exchange of a form that is never signed here: on another curve, on one
 * that it describes itself, in a finite field, with SRP or a temporary RSA key.
 * *@ret says which, and where it is defined; static.
 */
bool purpose_tls12_is_other_exchange(struct view data, const char **ret);

/* Whether @in begins as a transcript: with a ClientHello. */
bool purpose_tls12_is_transcript(struct view in);

/*
 * All messages from ClientHello to ClientKeyExchange, in their order, with the
 * certificate of the key @spki as the client's. Errors: PURPOSE.
 */
DEVID_MUST_CHECK enum devid_err purpose_tls12_check_transcript(
	struct view data, struct view spki, struct devid_error *err);

#endif
