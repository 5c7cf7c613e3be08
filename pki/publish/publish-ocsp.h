/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PUBLISH_OCSP_H
#define DEVID_PUBLISH_OCSP_H

/* OCSP answers signed before anybody asks, RFC 5019 1 and 2.2. */

#include "publish.h"

/*
 * Signs OCSP answers for new certificates and, in rounds that begin after half
 * of their time, for all again that are not quite new; at most @limit in one
 * call, so that a service does other work between two. *@ret_n counts: 0 when
 * all is done.
 */
DEVID_MUST_CHECK enum devid_err publish_ocsp(
	struct ca *ca, int64_t limit, int64_t *ret_n, struct devid_error *err);

/* Whether the work that was noted last was done at a time that is still to
 * come: publish_ocsp() begins again then. */
DEVID_MUST_CHECK enum devid_err publish_ocsp_early(
	struct ca *ca, bool *ret, struct devid_error *err);

#endif
