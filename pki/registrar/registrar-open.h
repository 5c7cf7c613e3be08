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

struct registrar_opening {
	const struct registrar_conf *conf; /* borrowed */
	unsigned parts;                    /* REGISTRAR_OPEN_* */
	const struct pin_source *pin; /* borrowed: beside pin_file, or NULL */
	bool pin_refused;             /* set: the token did not take it */
};

/* The database always, and @how->parts. Errors: those of the parts. */
DEVID_MUST_CHECK enum devid_err registrar_open_parts(
	struct registrar_opening *how, struct registrar **ret,
	struct devid_error *err);

/* Only token and keys: what is there before the database is. */
DEVID_MUST_CHECK enum devid_err registrar_open_token(
	const struct registrar_conf *conf, const struct pin_source *pin,
	struct token **ret, struct devid_error *err);

#endif
