/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_ABOVE_H
#define DEVID_EK_ABOVE_H

/*
 * The certificates that a device sends with that of its EK, because a CA in its
 * chip issued it (TCG EK Credential Profile 2.2.1.5.2). They help to find a
 * path and are trusted by nobody.
 */

#include "view.h"

#include <openssl/x509.h>

/* At most so many are looked at; a limit of ours. */
#define EK_ABOVE_MAX 16

#define EK_ABOVE_BAD "not DER certificates, one behind the other, at most 16"

/*
 * Reads the certificates @in, DER, and puts them into @ret. False when that is
 * not what is in @in: other CAs have other data in this place. What was read
 * before that shows is in @ret.
 */
bool ek_above_read(struct view in, STACK_OF(X509) * ret);

/* Whether @cert is one of @certs. */
bool ek_above_holds(STACK_OF(X509) * certs, const X509 *cert);

#endif
