/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CLEANUP_H
#define DEVID_CLEANUP_H

/*
 * Scope cleanup. An owner is declared with CLEANUP(fn) and initialised on the
 * same line; STEAL() hands it on and leaves NULL behind.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define STEAL(ptr)                                                             \
	({                                                                     \
		__typeof__(ptr) steal_ = (ptr);                                \
		(ptr) = NULL;                                                  \
		steal_;                                                        \
	})

/* Defines cleanup_<name>() for a pointer type and its free function. */
#define CLEANUP_DEFINE(name, type, free_fn)                                    \
	/* NOLINTNEXTLINE(bugprone-macro-parentheses): a type */               \
	static inline void cleanup_##name(type *p)                             \
	{                                                                      \
		if (*p)                                                        \
			free_fn(*p);                                           \
	}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing more can be done at scope end */
}

CLEANUP_DEFINE(fclose, FILE *, (void)fclose)
CLEANUP_DEFINE(closedir, DIR *, (void)closedir)

/* Moves a file descriptor out of a CLEANUP(cleanup_close) variable. */
static inline int steal_fd(int *fd)
{
	int out = *fd;

	*fd = -1;
	return out;
}

#endif
