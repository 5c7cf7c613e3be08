/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PURPOSE_FIXTURE_H
#define TEST_PURPOSE_FIXTURE_H

/* Bytes that ask for a signature, and what purpose.h says of them. Everything
 * asserts. */

#include <stddef.h>
#include <stdint.h>

#include "certs.h"
#include "handshake.h"
#include "purpose.h"

/* Made once for all cases: two devices below one CA, and the public key of
 * the one whose key is asked for. */
extern struct purpose_keys {
	struct certs_node ca, own, other;
	uint8_t spki[1024];
	size_t spki_len;
} purpose_keys;

/* For cmocka. */
int purpose_group_setup(void **state);
int purpose_group_teardown(void **state);

/* Judges exactly @len bytes in memory of that size. */
enum devid_err purpose_judge(const void *data, size_t len,
	struct purpose_verdict *ret, struct devid_error *err);

void assert_accepts(const struct bytes *b, enum purpose purpose, unsigned tls);

/* Refused, and for the reason that has @cause in it. */
void assert_refuses(const struct bytes *b, const char *cause);

/* What is signed of a ServerKeyExchange on the named curve @group, with a
 * point of @point_len bytes (RFC 8422 5.4). */
struct bytes make_key_exchange(unsigned group, uint8_t point_len);

#endif
