/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_OTHER_H
#define DEVID_INSPECT_OTHER_H

/* What PKCS#10 requests and revocation lists say. */

#include "inspect-private.h"

void inspect_request(struct inspect_run *run, struct view der);
void inspect_crl(struct inspect_run *run, struct view der);

#endif
