/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_EK_H
#define DEVID_INSPECT_EK_H

/* EK certificates, alone in a file or within a request. */

#include "ek-cert.h"
#include "inspect-private.h"

/* Facts of the EK certificate @ek into @object. */
void inspect_ek(
	struct inspect_run *run, json_t *object, const struct ek_cert *ek);

/* Facts and rules of the EK certificate @in, or an NV index that holds one. */
void inspect_ek_cert(struct inspect_run *run, struct view in);

#endif
