/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_JUDGE_NET_H
#define DEVID_JUDGE_NET_H

/* What an attach needs besides: clock, devid-agent, port, switch, trust in the
 * server, address. For judge.c. */

#include "findings.h"

void judge_net(const json_t *facts, struct findings *ret);

#endif
