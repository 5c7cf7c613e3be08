/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACTS_MIB_H
#define DEVID_FACTS_MIB_H

/*
 * The tables of IEEE8021-DEVID-MIB (IEEE 802.1AR-2018, revision of 2018-07-15)
 * under their own names, for whoever puts them into an SNMP agent. TruthValues
 * are booleans, fingerprints are in hex, certificates in Base64. For facts-*.c.
 */

#include <jansson.h>

#include "facts-keyd.h"

/* json null without an answer of devid-keyd. */
json_t *facts_mib(const struct facts_keyd *keyd);

#endif
