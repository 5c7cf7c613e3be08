/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BYTES_H
#define DEVID_BYTES_H

/*
 * Big-endian integers and runs of bytes, read and written within bounds. A
 * reader or writer goes bad once and stays so: whoever uses it asks once, at
 * the end. A reader copies nothing unless told to; its views point into the
 * caller's bytes.
 */

#include "blob.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number in the @n octets at @p, of which a uint64_t keeps the last 8. */
uint64_t bytes_load(const uint8_t *p, size_t n);

/* The last @n octets of @value, at @p. */
void bytes_store(uint8_t *p, size_t n, uint64_t value);

struct bytes_in {
	struct view rest; /* not read yet */
	bool bad;         /* something was not there, or was too long */
};

struct bytes_in bytes_in_init(struct view data);

/* The next @len bytes; empty, with NULL, once bad. */
struct view bytes_in_take(struct bytes_in *in, size_t len);

/* A number of @n octets, at most 8; 0 once bad. */
uint64_t bytes_in_uint(struct bytes_in *in, size_t n);

/* Bytes behind a length of @n octets. */
struct view bytes_in_counted(struct bytes_in *in, size_t n);

/* Copies bytes behind a length of @n octets to @ret: at most @max, more are
 * bad. Returns how many; 0, with nothing copied, once bad. */
size_t bytes_in_copy(struct bytes_in *in, size_t n, void *ret, size_t max);

/* Whether all was read and all was well. */
bool bytes_in_done(const struct bytes_in *in);

struct bytes_out {
	struct room room; /* what is written, and where it ends */
	bool bad;         /* something did not fit */
};

/* Starts with nothing in the @size bytes at @buf. */
struct bytes_out bytes_out_init(uint8_t *buf, size_t size);

/* Leaves out @len bytes for the caller to fill; NULL once bad. */
uint8_t *bytes_out_skip(struct bytes_out *out, size_t len);

void bytes_out_put(struct bytes_out *out, const void *data, size_t len);

/* @value in @n octets, at most 8; a larger one is bad. */
void bytes_out_uint(struct bytes_out *out, size_t n, uint64_t value);

/* Bytes behind a length of @n octets. */
void bytes_out_counted(
	struct bytes_out *out, size_t n, const void *data, size_t len);

/* What was written; empty, with NULL, when it did not fit. */
struct view bytes_out_view(const struct bytes_out *out);

#endif
