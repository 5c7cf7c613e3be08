/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_LOOK_H
#define DEVID_LOOK_H

/*
 * Looks at a file as whoever runs this may: what may not be seen is told apart
 * from what is not there. Nothing is trusted for what is read; owner and mode
 * are not checked.
 */

#include <devid/error.h>

#include <stddef.h>

#include "blob.h"

enum look {
	LOOK_SEEN,
	LOOK_MISSING,
	LOOK_UNSEEN, /* this user may not */
	LOOK_WRONG,  /* no regular file, too large, does not read */
};

/* Reads @path, at most @max bytes, into *@ret, which is the caller's and has a
 * NUL behind it. The cause is in @err. Never waits. */
enum look look_file(const char *path, size_t max, struct blob *ret,
	struct devid_error *err);

/* Whether something is there, whatever it is; its mode and owner as ls(1) has
 * them in @ret. */
#define LOOK_TEXT_MAX 128
enum look look_node(const char *path, char ret[LOOK_TEXT_MAX]);

/* "ok", "missing", "unseen", "damaged". */
const char *look_name(enum look look);

#endif
