/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_HANDSHAKE_H
#define TEST_HANDSHAKE_H

/* Real TLS handshakes between two ends of libssl in this process, and the
 * bytes in them that are signed. Everything asserts. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs.h"

#define BYTES_MAX 20000

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t len;
};

void bytes_put(struct bytes *b, const void *data, size_t len);

/*
 * One TLS 1.2 handshake with client authentication, both ends with the key
 * and certificate of @node. @ret gets the transcript from ClientHello to
 * ClientKeyExchange, @ret_ske, unless NULL, what the server signed.
 */
void handshake_tls12(struct certs_node *node, const char *groups, bool tickets,
	struct bytes *ret, struct bytes *ret_ske);

#endif
