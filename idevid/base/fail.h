/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FAIL_H
#define DEVID_FAIL_H

/* devid_fail() for what goes wrong in most functions. @err may be NULL. */

#include <devid/error.h>

/* NOMEM, "no memory"; returns it. */
enum devid_err fail_no_memory(struct devid_error *err);

/* The same, "@what: no memory". */
enum devid_err fail_no_memory_for(struct devid_error *err, const char *what);

/* Moves the error @cause on to @err under @code; returns that. */
enum devid_err fail_with(struct devid_error *err, enum devid_err code,
	const struct devid_error *cause);

#endif
