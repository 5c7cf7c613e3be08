/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OPERATOR_H
#define DEVID_OPERATOR_H

/* Who is at the keyboard, for register and audit log. */

#include "register.h"

/* "operator-USER@HOST", printable, nothing in it that JSON would escape. */
void operator_name(char ret[REGISTER_WHO_MAX]);

#endif
