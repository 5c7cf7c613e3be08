/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACTS_KEYD_H
#define DEVID_FACTS_KEYD_H

/* What devid-keyd says. For facts-*.c. */

#include <devid/error.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* A certificate and those above it, DER, as devid-keyd gives them. */
struct facts_chain {
	size_t len; /* 0: none */
	uint8_t der[WIRE_CHAIN_MAX];
};

struct facts_keyd {
	enum devid_err rc; /* how asking it ended */
	struct devid_error err;
	struct wire_status status; /* OK alone */
	struct facts_chain chains[N_KEYS];
};

/* Asks at @socket; *the result is the caller's: free(). NULL without memory. */
struct facts_keyd *facts_keyd_ask(const char *socket);

/* Whether somebody answers who speaks our protocol. */
bool facts_keyd_answers(const struct facts_keyd *keyd);

json_t *facts_keyd_keystore(const struct facts_keyd *keyd);
/* The key at @i of its status. */
json_t *facts_keyd_identity(const struct facts_keyd *keyd, size_t i);
json_t *facts_keyd_identities(const struct facts_keyd *keyd);

#endif
