/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PIN_H
#define DEVID_PIN_H

/* A token's PIN: where it is read from, and how long it stays in memory. */

#include "token.h"

/* Errors: DENIED (mode, owner), NOT_FOUND, INVALID (empty, too long, no source
 * given), STATE (Ctrl-C at the prompt), IO. */
DEVID_MUST_CHECK enum devid_err pin_read(const struct pin_source *source,
	struct pin *ret, struct devid_error *err);

/* Erases. */
void pin_done(struct pin *pin);

#endif
