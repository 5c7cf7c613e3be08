/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PG_H
#define TEST_PG_H

/*
 * A PostgreSQL of the test's own: one cluster in a temporary folder, reached
 * by a socket in it only, with fsync. It dies with the test. Everything
 * asserts.
 */

#include <stddef.h>
#include <sys/types.h>

#include "tempdir.h"

struct pg {
	pid_t pid; /* 0 while it does not run */
	struct tempdir dir;
};

/* A new cluster, running. */
void pg_new(struct pg *pg);
void pg_free(struct pg *pg);

/* Takes it away as a power cut would ("immediate"), and brings it back. */
void pg_stop(struct pg *pg);
void pg_start(struct pg *pg);

/* Runs @sql as the superuser. */
void pg_run(const struct pg *pg, const char *sql);

/* A new, empty schema: its URI for db_open(). @settings: more of them, as
 * "-c name=value", or "". */
void pg_schema(struct pg *pg, const char *settings, char *ret, size_t size);

/* Gives @path to the user that the cluster runs as. */
void pg_own(const char *path);

#endif
