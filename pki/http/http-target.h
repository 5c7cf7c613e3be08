/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_TARGET_H
#define DEVID_HTTP_TARGET_H

/* What a request is about, out of its first line and its fields. */

#include <stdbool.h>

/*
 * Of a request target its path: of an absolute one behind the authority (RFC
 * 9112 3.2.2; there is one host here), and of slashes in a row the last, since
 * clients put a '/' between a URL that ends with one and what they ask for.
 * NULL: it has none. Points into @target; a query is still behind it.
 */
const char *http_target_path(const char *target);

/* Whether the media type, without its parameters, is @want (RFC 9110 8.3.1:
 * in either case); NULL is none. */
bool http_type_is(const char *type, const char *want);

#endif
