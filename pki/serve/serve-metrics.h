/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_METRICS_H
#define DEVID_SERVE_METRICS_H

/* Numbers of the service for a monitoring system (base/metrics.h): what was
 * asked and how it ended, since the start. */

#include <devid/error.h>
#include "blob.h"
#include "serve-route.h"

#include <stdbool.h>
#include <stdint.h>

#define SERVE_N_ACTIONS (SERVE_METRICS + 1)

struct serve_counts {
	/* Jobs that the threads have answered; [1]: that went well. */
	uint64_t ended[SERVE_N_ACTIONS][2];
};

struct serve_now {
	bool healthy;     /* as /healthz says */
	unsigned pending; /* jobs that are not answered yet */
};

void serve_count(
	struct serve_counts *counts, enum serve_action action, bool well);

/* The text; *@ret is the caller's. Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err serve_metrics_text(
	const struct serve_counts *counts, const struct serve_now *now,
	struct blob *ret, struct devid_error *err);

#endif
