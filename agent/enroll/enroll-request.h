/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ENROLL_REQUEST_H
#define DEVID_ENROLL_REQUEST_H

/*
 * The request for an LDevID, as it is asked with and kept: a server that said
 * 202 is asked again with the same bytes (RFC 7030 4.2.3), also after a
 * restart. Of what CSR attributes ask for, the list here decides what is
 * followed.
 */

#include "blob.h"
#include "csrattrs.h"
#include "enroll-key.h"

#define ENROLL_REQUEST_NAME "request" /* in the staging folder; DER */

struct enroll_request {
	const struct enroll_identity *identity; /* whose unit it is */
	const struct csrattrs *attrs;           /* what was asked for */
	const char *key;                        /* name */
	struct view evidence;                   /* or empty */
};

/* Makes the request. *@ret is the caller's. */
DEVID_MUST_CHECK enum devid_err enroll_request_make(
	const struct enroll_request *what, struct blob *ret,
	struct devid_error *err);

/* The type of key to make: what is asked for, where it is one of ours and at
 * most of the size that TPMs have; else @own. */
enum key_alg enroll_request_key_type(
	const struct csrattrs *attrs, enum key_alg own);

/* Keeps it in the folder @staging, on disk. */
DEVID_MUST_CHECK enum devid_err enroll_request_save(
	const char *staging, struct view csr, struct devid_error *err);

/* The one that is kept, when it is for the key @spki; else NOT_FOUND, and one
 * that can serve nobody is removed. */
DEVID_MUST_CHECK enum devid_err enroll_request_load(const char *staging,
	const struct key_blob *spki, struct blob *ret, struct devid_error *err);

/* Removes it; that there is none is OK. */
DEVID_MUST_CHECK enum devid_err enroll_request_forget(
	const char *staging, struct devid_error *err);

#endif
