/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_WARM_H
#define DEVID_SERVE_WARM_H

/* The thread that reads the indexes of a register on SQLite into memory while
 * the service is at work already: register_warm(). What fails there is logged
 * and does no harm: the indexes are read then where they are needed. */

#include "ca.h"

struct serve_warm;

/* NULL: there is nothing to read, or no thread for it. @ca's configuration is
 * borrowed until serve_warm_join(). */
struct serve_warm *serve_warm_start(const struct ca *ca);

/* Ends it, within a part of the work; NULL is allowed. */
void serve_warm_join(struct serve_warm *warm);

#endif
