/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROFILE_PARTS_H
#define DEVID_PROFILE_PARTS_H

/* What several rules of the profile look at, read once. */

#include "profile-rules.h"

/* Reads the parts that several rules share from in->cert. */
void rules_prepare(struct rules_input *in);

#endif
