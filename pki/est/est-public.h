/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_PUBLIC_H
#define DEVID_EST_PUBLIC_H

/* What anybody gets in the clear: the site's revocation list, which is signed,
 * and whether the service is well. */

#include "est-server.h"

#define EST_PUBLIC_BODY_MAX 1024 /* nothing here takes one */

/* The callback of evhttp for every request; @arg is struct est_server. */
void est_on_public(struct evhttp_request *req, void *arg);

/* Whether @path (of a target, with a query or without) is "/NAME.crl", whose
 * NAME has letters, digits, '-', '_' and single dots; *@ret_name is what
 * follows the slash, *@ret_len its length. */
bool est_public_name(const char *path, const char **ret_name, size_t *ret_len);

#endif
