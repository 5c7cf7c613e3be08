/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CSRATTRS_H
#define DEVID_CSRATTRS_H

/*
 * What an EST server wants to find in a request (RFC 7030 4.5.2), in the list
 * of that RFC and in the template of RFC 9908. It comes unsigned, so that it is
 * a wish: what is followed is the reader's list, never the server's. A server
 * that sends the template means it alone (RFC 9908 3.4); the attestation
 * attribute is taken from either place, because no text says in which it
 * stands.
 */

#include <devid/error.h>

#include "blob.h"
#include "key.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>

#define CSRATTRS_MAX       8192 /* bytes of DER; a limit of ours */
#define CSRATTRS_ITEMS_MAX 64   /* elements of one list; a limit of ours */
#define CSRATTRS_EXT_MAX   16   /* extensions asked for; a limit of ours */
#define CSRATTRS_NAME_MAX  8    /* parts of a subject; a limit of ours */

/* An extension; without a value the device is to say it. */
struct csrattrs_ext {
	struct view oid; /* content octets */
	bool critical;
	bool has_value;
	struct view value; /* inside the OCTET STRING */
};

/* A part of the subject; without a value the device is to say it. */
struct csrattrs_name {
	struct view oid;   /* content octets */
	struct view value; /* with its header; empty: none given */
};

struct csrattrs {
	/* The first type asked for that is one of ours; NONE: any. */
	enum key_alg key;
	bool other_key; /* types were asked for, and none is one of ours */
	size_t n_ext;
	struct csrattrs_ext ext[CSRATTRS_EXT_MAX];
	size_t n_names;
	struct csrattrs_name names[CSRATTRS_NAME_MAX];
	bool attestation; /* id-aa-attestation is asked for */
	/* Binding to the TLS connection (RFC 7030 3.5), TLS 1.2 and below. */
	bool challenge_password;
};

/*
 * Reads the DER of CsrAttrs; the views of *@ret point into it. What is not
 * known is passed over. Errors: SYNTAX (no strict DER of this structure),
 * TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err csrattrs_read(
	struct view der, struct csrattrs *ret, struct devid_error *err);

/*
 * Writes both forms, one for clients of RFC 7030 and the template: key type,
 * extensions, attestation; of the first the extensions that have a value. Names
 * are only in the template. *@ret is the caller's. Errors: INVALID (a member of
 * no such form), TOO_LARGE, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err csrattrs_write(
	const struct csrattrs *what, struct blob *ret, struct devid_error *err);

#endif
