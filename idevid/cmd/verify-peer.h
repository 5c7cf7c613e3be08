/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_PEER_H
#define DEVID_VERIFY_PEER_H

/*
 * One TLS peer or one saved chain, judged for devid-verify(1): connects, does
 * the handshake without judging the peer, then judges what it proved.
 */

#include <devid/verify.h>

#define PEER_HOST_MAX 254 /* RFC 1035 2.3.4: 253 characters */
#define PEER_PORT_MAX 6

struct peer_target {
	char host[PEER_HOST_MAX];
	char port[PEER_PORT_MAX]; /* decimal, 1 to 65535 */
	bool is_name;             /* not an address: goes into SNI */
};

enum peer_status {
	PEER_UNREACHABLE, /* no TLS conversation that could prove anything */
	PEER_NOT_GENUINE,
	PEER_GENUINE,
};

struct peer_outcome {
	enum peer_status status;
	char cause[256]; /* of PEER_UNREACHABLE, else "" */
	char cipher[64]; /* "" without a finished handshake */
	struct devid_verify_result result;
};

/* HOST, HOST:PORT, ADDRESS, [ADDRESS] or [ADDRESS]:PORT; port 443 when it is
 * not given. INVALID. */
DEVID_MUST_CHECK enum devid_err peer_target_parse(
	const char *text, struct peer_target *ret, struct devid_error *err);

/* Judges the peer within @timeout_ms, from the look-up of its name on. A peer
 * that sends too much before its handshake ends is not genuine. */
void peer_check(struct devid_verifier *v, const struct peer_target *target,
	const char *serial, int timeout_ms, struct peer_outcome *ret);

#endif
