/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_WORKER_H
#define DEVID_EST_WORKER_H

/* The thread that has the registrar: it answers what waits in line, and does
 * the registrar's duties in between. */

#include "est-line.h"

/* Does one job: fills its answer. */
void est_work(struct registrar *r, struct est_job *job);

struct est_worker;

/* Both are borrowed until est_worker_join(), and @r is the worker's until
 * then. Errors: NOMEM, IO. */
DEVID_MUST_CHECK enum devid_err est_worker_start(struct registrar *r,
	struct est_line *line, struct est_worker **ret,
	struct devid_error *err);

/* est_line_end() went before. NULL is nothing. */
void est_worker_join(struct est_worker *worker);

#endif
