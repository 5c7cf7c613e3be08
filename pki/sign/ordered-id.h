/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ORDERED_ID_H
#define DEVID_ORDERED_ID_H

/*
 * Identifiers that nobody can guess and that ascend in time. An index over
 * random ones changes a page for each that is added; over these it grows at its
 * end.
 */

#include <stdbool.h>
#include <stdint.h>

#define ORDERED_ID_TIME 6 /* bytes; what is behind them is random */

/* What identifiers begin with that were made @ms milliseconds after 1970. */
void ordered_id_at(uint64_t ms, uint8_t ret[ORDERED_ID_TIME]);

/* The time in @id, in milliseconds since 1970. */
uint64_t ordered_id_time(const uint8_t id[ORDERED_ID_TIME]);

/* Milliseconds since 1970, UTC, the high byte first. False: no clock. */
bool ordered_id_stamp(uint8_t ret[ORDERED_ID_TIME]);

#endif
