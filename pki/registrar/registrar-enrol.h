/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_ENROL_H
#define DEVID_REGISTRAR_ENROL_H

/*
 * registrar_enrol() of registrar.h: who asks, what for, what is known of both,
 * and what follows. It is judged first, without keeping anybody waiting, and
 * then done in one transaction, for which all that others could have changed
 * is looked at again.
 */

#include "registrar-private.h"

#endif
