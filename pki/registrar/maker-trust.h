/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MAKER_TRUST_H
#define DEVID_MAKER_TRUST_H

/*
 * Whose certificates a registrar admits: each maker's roots with their
 * revocation lists, and the site's own CA. Made once and then only read, so
 * that threads may share it.
 *
 * With a maker's lists every certificate of a path is looked for in the list
 * of its issuer where there is one, and the device's own must be covered by
 * one; a list that is out of date covers nothing (RFC 5280 6.3.3). Without a
 * file of lists nothing is looked for.
 */

#include "cleanup.h"
#include "registrar-conf.h"
#include <devid/error.h>

#include <openssl/x509.h>
#include <stdint.h>

struct maker_trust;

/* @site: the site's CA, borrowed for the call. Errors: of the files (NOT_FOUND,
 * DENIED, SYNTAX), INVALID (no maker's root in a file), NOMEM. */
DEVID_MUST_CHECK enum devid_err maker_trust_new(
	const struct registrar_conf *conf, X509 *site, struct maker_trust **ret,
	struct devid_error *err);
void maker_trust_free(struct maker_trust *trust);
CLEANUP_DEFINE(maker_trust, struct maker_trust *, maker_trust_free)

enum maker_verdict {
	MAKER_TRUSTED,
	MAKER_UNKNOWN, /* of no maker that is admitted */
	MAKER_REVOKED, /* by its maker */
	MAKER_NO_LIST, /* its maker's revocation list does not cover it */
	MAKER_BAD,     /* of a maker, and yet not valid */
};

/* A path to judge; borrowed. */
struct maker_path {
	X509 *leaf;
	STACK_OF(X509) * chain; /* what came with it, or NULL */
	int64_t now;            /* seconds since 1970 */
};

/*
 * Whether @path leads to a root of a maker: *@ret_maker is its name, borrowed
 * from the trust. @only (NULL: any): that maker's alone. Else the cause is in
 * @err. Not checked: the profile, the list.
 */
DEVID_MUST_CHECK enum maker_verdict maker_trust_check(
	const struct maker_trust *trust, const struct maker_path *path,
	const char *only, const char **ret_maker, struct devid_error *err);

/* Whether @path is a certificate of the site's CA itself: UNKNOWN, BAD. */
DEVID_MUST_CHECK enum maker_verdict maker_trust_check_site(
	const struct maker_trust *trust, const struct maker_path *path,
	struct devid_error *err);

/* Names of all roots and of the site's CA; *@ret is the caller's. */
DEVID_MUST_CHECK enum devid_err maker_trust_names(
	const struct maker_trust *trust, STACK_OF(X509_NAME) * *ret,
	struct devid_error *err);

#endif
