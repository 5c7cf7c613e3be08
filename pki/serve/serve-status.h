/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_STATUS_H
#define DEVID_SERVE_STATUS_H

/* What a failure is in HTTP. */

#include <devid/error.h>
#include "proof.h"

/* The HTTP status of a job that ended with @code, refused by @rule. */
int serve_status(enum devid_err code, enum proof_rule rule);

/* {"error": ..., "rule": ..., "message": ...} and a newline; the caller's
 * (free()), NULL without memory. */
char *serve_error_json(
	enum devid_err code, enum proof_rule rule, const char *text);

#endif
