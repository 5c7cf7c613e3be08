/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_JUDGE_ONBOARD_H
#define DEVID_JUDGE_ONBOARD_H

/* The way from the box to production, as devid-agent tells of it. For judge.c,
 * behind judge-net.h. */

#include "findings.h"

void judge_onboard(const json_t *facts, struct findings *ret);

#endif
