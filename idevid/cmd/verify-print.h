/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_PRINT_H
#define DEVID_VERIFY_PRINT_H

/* What devid-verify(1) says about an outcome, for people and for programs. */

#include "verify-peer.h"

#include <jansson.h>
#include <stdio.h>

/* Explains @out of @target to a person; @serial as asked for, or NULL. */
void print_outcome(FILE *f, const char *target, const char *serial,
	const struct peer_outcome *out);

/* The same as a JSON object with every rule. NULL when memory is out. */
json_t *print_outcome_json(const char *target, const struct peer_outcome *out);

/* "genuine", "not-genuine" or "unreachable". */
const char *print_status_name(enum peer_status status);

#endif
