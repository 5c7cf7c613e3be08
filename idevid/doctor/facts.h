/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACTS_H
#define DEVID_FACTS_H

/*
 * What can be seen of a device by who runs this: one JSON object, that of
 * `devid status --json` (devid(1) lists its members). It only tells; what is
 * wrong says judge.h. Nothing is changed and no key is used, but devid-keyd is
 * asked for its status, and by a user with `manage` that derives lost keys.
 */

#include <jansson.h>

#include "places.h"

/* *The result is the caller's; NULL without memory. */
json_t *facts_gather(const struct places *places);

#endif
