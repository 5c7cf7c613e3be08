/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_PRIVATE_H
#define DEVID_EK_PRIVATE_H

/* Between the parts of ek-cert.h. */

#include "ek-cert.h"

/* Upper-case hex, NUL-terminated; "" when it does not fit into @size. */
void ek_hex(struct view in, char *buf, size_t size);

#endif
