/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_TCG_H
#define DEVID_CMD_PROVISION_TCG_H

/*
 * `devid provision request` and `answer`: the device's side of proving to a
 * CA that its keys are in a genuine TPM (TCG DevID 13.1, and
 * TPM2_ActivateCredential).
 */

#include "provision-step.h"

int provision_request(struct provision *p);
int provision_answer(struct provision *p, const char *path);

#endif
