/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_METRICS_H
#define DEVID_METRICS_H

/*
 * Numbers for a monitoring system, in the text form of Prometheus (exposition
 * format 0.0.4): behind /metrics of a service, or in a file that
 * node_exporter's textfile collector reads. Everything is made in memory.
 * After a failure the rest does nothing; metrics_take() tells.
 *
 * Not checked: that no two samples of a family have the same labels.
 */

#include <devid/error.h>

#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "cleanup.h"
#include "view.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metrics_type {
	METRICS_COUNTER, /* only grows, until a restart; named ..._total */
	METRICS_GAUGE,
};

/* The name is the program's, the value anybody's. */
struct metrics_label {
	const char *name;  /* [a-zA-Z_][a-zA-Z0-9_]*, not "__..." */
	struct view value; /* any octets: what is no UTF-8, or a control
			    * character but for a line's end, is U+FFFD */
};

struct metrics;

/* NULL when there is no memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

CLEANUP_DEFINE(metrics, struct metrics *, metrics_free)

/* Begins a family: all its samples follow. @name is [a-zA-Z_:][a-zA-Z0-9_:]*,
 * with its unit ("_seconds", "_bytes"); @help is one sentence. */
void metrics_family(struct metrics *m, const char *name, enum metrics_type type,
	const char *help);

/* A sample of the family that was begun last. */
void metrics_int(struct metrics *m, const struct metrics_label *labels,
	size_t n_labels, int64_t value);
/* The same of a number that may have a fraction, be infinite or none at all. */
void metrics_real(struct metrics *m, const struct metrics_label *labels,
	size_t n_labels, double value);

/* All of it; *@ret is the caller's, and @m can only be freed. Errors: NOMEM;
 * INVALID: a name that is none, a counter not called _total, or a sample
 * before a family. */
DEVID_MUST_CHECK enum devid_err metrics_take(
	struct metrics *m, struct blob *ret, struct devid_error *err);

/* The same to the file @path, which everybody may read: the old content or the
 * new at any time, but for a power cut (output.h). node_exporter wants a name
 * that ends with ".prom". Errors: as above, DENIED, IO. */
DEVID_MUST_CHECK enum devid_err metrics_write(
	struct metrics *m, const char *path, struct devid_error *err);

#endif
