/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OVERVIEW_WRITE_H
#define DEVID_OVERVIEW_WRITE_H

/* The report "site" as JSON lines, devid-report(1). */

#include <devid/error.h>

#include <stdint.h>
#include <stdio.h>

#include "registrar-conf.h"
#include "store.h"

/*
 * Writes all of it to @out, from one view of the database: the line that ends
 * it only when nothing is missing. Errors: IO (@out), of the files of the CA's
 * certificates, of the database.
 */
DEVID_MUST_CHECK enum devid_err overview_write(struct store *s,
	const struct registrar_conf *conf, int64_t now, FILE *out,
	struct devid_error *err);

#endif
