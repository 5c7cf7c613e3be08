/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_OPEN_H
#define DEVID_REGISTRAR_OPEN_H

/* A registrar made ready from its configuration, as far as it is needed. */

#include "registrar-private.h"

enum registrar_part {
	REGISTRAR_OPEN_AUDIT = 1, /* token, and the audit log's key */
	REGISTRAR_OPEN_CA = 2,    /* the CA's certificate and key besides */
	REGISTRAR_OPEN_TRUST = 4, /* makers' roots, the CA's certificate */
};

/* The database always, and @parts. Errors: those of the parts. @pin: sources
 * beside pin_file, or NULL. *@ret_pin_refused, if not NULL: the token did not
 * take the PIN. */
DEVID_MUST_CHECK enum devid_err registrar_open_parts(
	const struct registrar_conf *conf, unsigned parts,
	const struct pin_source *pin, struct registrar **ret,
	bool *ret_pin_refused, struct devid_error *err);

/* Only token and keys: what is there before the database is. */
DEVID_MUST_CHECK enum devid_err registrar_open_token(
	const struct registrar_conf *conf, const struct pin_source *pin,
	struct token **ret, struct devid_error *err);

#endif
