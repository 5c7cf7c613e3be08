/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OVERVIEW_RUN_H
#define DEVID_OVERVIEW_RUN_H

/* devid-report as a child, at whose other end of a pipe somebody writes. */

#include <devid/error.h>

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct overview_child {
	pid_t pid;
	FILE *in; /* owned, until it is closed: what it reads */
};

/* What it is told to do; both may be NULL. */
struct overview_targets {
	const char *csv, *out;
};

/*
 * Starts the devid-report that lies beside this program, or in ../bin from
 * there; no shell and no PATH has a part in it. Writing to a child that has
 * ended gives EPIPE: SIGPIPE is ignored from here on. Errors: NOT_FOUND, IO.
 */
DEVID_MUST_CHECK enum devid_err overview_run(
	const struct overview_targets *targets, struct overview_child *ret,
	struct devid_error *err);

/* Closes the pipe and waits. @good: all was written; else the child is ended,
 * so that nothing half gets a name. Returns its exit status; -1:
 * it was killed, and said nothing. */
int overview_wait(struct overview_child *child, bool good);

#endif
