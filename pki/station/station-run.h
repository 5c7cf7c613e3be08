/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STATION_RUN_H
#define DEVID_STATION_RUN_H

/* A command that reaches the device, run without a shell. */

#include "blob.h"
#include "der.h"
#include <devid/error.h>

#define STATION_ARGS_MAX    64     /* words of a command */
#define STATION_OUTPUT_MAX  262144 /* bytes that it may print */
#define STATION_RUN_SECONDS 300    /* an RSA key in a TPM takes its time */

struct station_run {
	char *const *prefix; /* words that reach the device's devid command */
	size_t n_prefix;
	const char *const *args; /* what is asked of it; ends with NULL */
	struct view input;       /* for its standard input */
	unsigned seconds;        /* that it may take; 0: STATION_RUN_SECONDS */
};

/*
 * Runs it, in a session of its own, until it has ended; what it started is
 * killed with it when it takes too long. Its standard error is ours. *@ret is
 * what it printed, with a NUL behind it, the caller's. Errors: NOT_FOUND (no
 * such program), STATE (it failed, or was ended by a signal), TIMEOUT,
 * TOO_LARGE, IO.
 */
DEVID_MUST_CHECK enum devid_err station_run(const struct station_run *what,
	struct blob *ret, struct devid_error *err);

#endif
