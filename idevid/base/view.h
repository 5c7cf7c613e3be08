/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VIEW_H
#define DEVID_VIEW_H

/* Bytes that are somebody else's, to look at. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
	const uint8_t *data; /* borrowed */
	size_t len;
};

/* Whether both hold the same bytes; not for secrets. */
static inline bool view_equal(struct view a, struct view b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
