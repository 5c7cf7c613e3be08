/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROGRESS_H
#define DEVID_PROGRESS_H

/*
 * For whoever waits at a terminal: what takes longer than two seconds says that
 * it is still at it, then after 10, 30 and 60 seconds and each further minute.
 * Nothing is said where standard error is no terminal, and it is no failure
 * when it cannot be said.
 */

struct progress;

/* From now on; @what begins each line ("provision key") and is copied. NULL
 * where nothing will be said. Not while somebody is asked for something. */
struct progress *progress_begin(const char *what);

/* Nothing is said after it. Accepts NULL. */
void progress_end(struct progress *progress);

#endif
