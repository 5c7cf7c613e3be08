/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_CLIENT_H
#define DEVID_REGISTRAR_CLIENT_H

/* Who asks a registrar, and whether he may. */

#include "blob.h"
#include "registrar-private.h"
#include "store-list.h"

struct client {
	struct blob der;   /* owned: its certificate */
	bool site;         /* an LDevID of the site; else a maker's IDevID */
	const char *maker; /* borrowed, of an IDevID */
	struct site_key key;
	char serial[STORE_NAME_MAX]; /* the subject's serialNumber */
	struct view hw_module; /* into @der: HardwareModuleName, or empty */
	struct view spki;      /* into @der, with its header */
	struct store_row row;  /* set by client_look() */
};

void client_done(struct client *client);

/*
 * Judges the certificate of who asks as such: below a maker's root, or the
 * site's CA, and of its profile. Needs no database. Errors: DENIED with a rule
 * in
 * @v; others are the registrar's own trouble.
 */
DEVID_MUST_CHECK enum devid_err client_judge(const struct registrar *r,
	const struct registrar_ask *ask, struct client *ret, struct verdict *v,
	struct devid_error *err);

/* Looks @client up in the list, inside a transaction. Errors: DENIED with a
 * rule in @v (not there, revoked, retired); of the database. */
DEVID_MUST_CHECK enum devid_err client_look(struct store *s,
	struct client *client, struct verdict *v, struct devid_error *err);

#endif
