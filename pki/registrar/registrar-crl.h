/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_CRL_H
#define DEVID_REGISTRAR_CRL_H

/* The revocation list of the site's CA: in the database, and as a file. */

#include "registrar-private.h"

/* Names of the files in the publish folder: DER and PEM. */
#define REGISTRAR_CRL_FILE "site-ca.crl"
#define REGISTRAR_PEM_FILE "site-ca.pem"

/* Makes a list, stores it, writes it to the publish folder where there is one.
 * Errors: of the token, the database, the files. */
DEVID_MUST_CHECK enum devid_err registrar_crl_make(
	struct registrar *r, int64_t now, struct devid_error *err);

/* The same where the newest list is past half of its time, or lacks a
 * revocation; else only sees that the folder has it. */
DEVID_MUST_CHECK enum devid_err registrar_crl_keep(
	struct registrar *r, int64_t now, struct devid_error *err);

#endif
