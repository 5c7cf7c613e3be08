/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CRASH_FIXTURE_H
#define TEST_CRASH_FIXTURE_H

/*
 * Runs work in a process that ends before a chosen call on a file, and shows
 * the folder as it is then and as a power cut would have left it
 * (tests/fault/file-fault.c). Everything asserts.
 */

#include <stdbool.h>

#include "tempdir.h"

#define CRASH_TOLD_MAX 8

/* What a run told before it ended: one text after the other. */
struct crash_told {
	unsigned n;
	char *text[CRASH_TOLD_MAX]; /* owned */
};

void crash_told_done(struct crash_told *t);

/* One folder, and what a power cut leaves of it. */
struct crash_disks {
	struct tempdir dir;
	char *real, *shadow; /* owned */
};

/* All zero, or made before and perhaps not done: then that goes first. */
void crash_disks_new(struct crash_disks *d);
void crash_disks_done(struct crash_disks *d);

/* Works in folder @dir and tells @fd; true: done. In a process of its own,
 * where a failed assertion ends the process. */
typedef bool crash_work_fn(const void *arg, const char *dir, int fd);

struct crash_run {
	crash_work_fn *work;
	const void *arg;  /* borrowed */
	const char *lose; /* NULL, or names whose syncs are lost end so */
	unsigned kill_at; /* which call; 0: none */
	int trace;        /* 0, or a file that gets a line for each call */
};

/* For work functions: @text is out once it returns true. All texts of a run
 * must fit into a pipe, which nobody reads meanwhile. */
bool crash_tell(int fd, const char *text);

/* Works in @dir, which is empty unless @shadow is NULL. Whether it was killed;
 * otherwise it got done. */
bool crash_run(const struct crash_run *r, const char *dir, const char *shadow,
	struct crash_told *ret);

/* Which calls of a run to kill. */
struct crash_places {
	unsigned n, size;
	unsigned *at; /* owned; ascending */
};

/*
 * Runs @r in @dir without a kill and looks at its calls. Of those in a row that
 * do the same to the same file, as the pages of one transaction into the log,
 * the first, the second and the last are chosen; all when the environment has
 * DEVID_LONG. A run may differ a little from the next: who wants the last call
 * goes on behind the last place until nothing is killed.
 */
void crash_places_find(const struct crash_run *r, const char *dir,
	const char *shadow, struct crash_places *ret);
void crash_places_done(struct crash_places *p);

/* The place behind @kill_at. */
unsigned crash_places_next(const struct crash_places *p, unsigned kill_at);

/* From here on no sync in @dir does anything in this process, to save time;
 * NULL: as usual again. */
void crash_lose_syncs(const char *dir);

/* First in main(): starts the program again with build/file-fault.so before
 * all libraries, unless it is. */
void crash_load_faults(char **argv);

#endif
