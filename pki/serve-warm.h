/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_WARM_H
#define DEVID_SERVE_WARM_H

/* The thread that reads the register's indexes into memory while the service
 * is at work already: register_warm(). What fails there is logged and does no
 * harm: the indexes are read then where they are needed. */

#include "ca.h"

struct serve_warm;

/* Errors: NOMEM, IO. @conf is borrowed until serve_warm_join(). */
DEVID_MUST_CHECK enum devid_err serve_warm_start(const struct ca_conf *conf,
	struct serve_warm **ret, struct devid_error *err);

/* Ends it, within a part of the work; NULL is allowed. */
void serve_warm_join(struct serve_warm *warm);

#endif
