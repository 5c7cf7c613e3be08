/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_OCSP_H
#define DEVID_SERVE_OCSP_H

/* What anybody may ask: OCSP, revocation lists, certificates. */

#include "serve-private.h"

/* Answers an OCSP request from the cache, or puts it in line. */
void serve_ocsp(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route);

/* The worker's answer to it. */
void serve_ocsp_done(struct serve *s, struct serve_job *job);

void serve_published_file(
	struct serve *s, struct evhttp_request *req, enum serve_file file);

#endif
