/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BLOB_H
#define DEVID_BLOB_H

/*
 * Bytes and how many they are, as one value: what a call returns, and where
 * it may write. Bytes that are only looked at are a struct view.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "view.h"

/* Bytes in memory of their own. Empty is { NULL, 0 }. */
struct blob {
	uint8_t *data; /* owned, of malloc() */
	size_t len;
};

/* Gives the bytes back and leaves @b empty; made for CLEANUP(). */
static inline void blob_done(struct blob *b)
{
	free(b->data);
	*b = (struct blob) { NULL, 0 };
}

/* Moves the bytes to the caller and leaves @b empty. */
static inline struct blob blob_take(struct blob *b)
{
	struct blob out = *b;

	*b = (struct blob) { NULL, 0 };
	return out;
}

/* The bytes to look at, for as long as @b has them. */
static inline struct view blob_view(const struct blob *b)
{
	return (struct view) { b->data, b->len };
}

/*
 * A place that the caller lends: a call that fills it writes at most @size
 * bytes to @data and sets @len to how many they are. On failure @len stays as
 * it was; what is at @data may have changed.
 */
struct room {
	uint8_t *data; /* borrowed */
	size_t size;
	size_t len;
};

#endif
