/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_JUDGE_KEY_H
#define DEVID_JUDGE_KEY_H

/* What a signature needs: settings, TPM, devid-keyd, key, certificate, files.
 * For judge.c. */

#include "findings.h"

void judge_key(const json_t *facts, struct findings *ret);

#endif
