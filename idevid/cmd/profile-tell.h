/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROFILE_TELL_H
#define DEVID_PROFILE_TELL_H

/* What a certificate breaks of the profile for its role, said on standard
 * error. */

#include "role.h"
#include "view.h"

#include <stdbool.h>

/* Says each rule, those of SHOULD as well, that the DER certificate which
 * begins @chain breaks for a key @name; a role without a profile has none.
 * Whether all hold; false also when there is no memory. */
bool profile_tell(const char *name, struct view chain);

#endif
