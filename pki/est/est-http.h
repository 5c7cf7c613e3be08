/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_HTTP_H
#define DEVID_EST_HTTP_H

/* EST requests as they come in, and their answers. */

#include "est-server.h"

/* The callback of evhttp for every request; @arg is struct est_server. */
void est_on_request(struct evhttp_request *req, void *arg);

/* What came back from the worker. */
void est_job_done(struct est_server *s, struct est_job *job);

#endif
