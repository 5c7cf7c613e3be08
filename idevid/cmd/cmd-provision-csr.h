/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_CSR_H
#define DEVID_CMD_PROVISION_CSR_H

/* `devid provision csr`: a PKCS#10 request (RFC 2986). */

#include "provision-step.h"

/* The steps; each returns the exit code. */
int provision_csr(struct provision *p);

#endif
