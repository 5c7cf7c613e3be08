/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CONFINE_H
#define DEVID_CONFINE_H

/*
 * What a process that reads the network gives up before it does: it writes one
 * folder, reads what names are resolved with, and starts no program
 * (landlock(7), seccomp(2)). Sockets are not limited by this, but by the user
 * that it runs as.
 */

#include <devid/error.h>

#include <stdbool.h>

/*
 * From now on, for this process and its threads: below @writable files are
 * made, written and removed; what the resolver needs and the @readable, a list
 * that ends with NULL, is read; nothing else of the file system. No program is
 * executed and no process made; no privilege is gained. *@ret_files: false
 * where the kernel has no Landlock, and files are not confined. Errors: IO,
 * NOT_FOUND (no @writable).
 */
DEVID_MUST_CHECK enum devid_err confine(const char *writable,
	const char *const *readable, bool *ret_files, struct devid_error *err);

#endif
