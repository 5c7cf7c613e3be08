/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PICK_H
#define DEVID_PICK_H

/* Copies of JSON that have the members of a list, and no others: what leaves a
 * device is what somebody thought of. */

#include <jansson.h>

/* A member that is taken: a text, number, boolean or null; with @inner an
 * object, or an array of objects, of which that list is taken. */
struct pick {
	const char *name; /* NULL ends the list */
	const struct pick *inner;
};

extern const struct pick pick_agent[];   /* agent.json */
extern const struct pick pick_history[]; /* one attach of history.json */
extern const struct pick pick_trust[];   /* server-trust.json */

/* An object of @from's members, or an array when @from is one of objects; NULL
 * without memory, or when @from is neither. *The result is the caller's. */
json_t *pick_copy(const json_t *from, const struct pick *list);

#endif
