/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_CSR_H
#define DEVID_INSPECT_CSR_H

/* What a TCG-CSR-IDEVID, a challenge and an answer say. */

#include "inspect-private.h"

/* What each kind of file has to say. */
void inspect_csr(struct inspect_run *run, struct view data, bool contents);

void inspect_challenge(struct inspect_run *run, struct view pem);

void inspect_answer(struct inspect_run *run, struct view pem);

#endif
