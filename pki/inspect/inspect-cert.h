/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_CERT_H
#define DEVID_INSPECT_CERT_H

/* What certificates and chains say. */

#include "inspect-private.h"

void inspect_chain(struct inspect_run *run, const struct view *certs, size_t n);

#endif
