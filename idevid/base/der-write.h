/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DER_WRITE_H
#define DEVID_DER_WRITE_H

/*
 * A bounded writer of DER that fills its buffer from the end: the content of
 * an element is there before its header, so that a length is never guessed
 * and nothing is moved. What does not fit sets `full` and writes nothing
 * more; it is looked at once, at the end.
 */

#include "der.h"

/* The longest header: tag, length of lengths, eight octets. */
#define DER_HEADER_MAX 10

struct der_out {
	uint8_t *buf; /* borrowed */
	size_t size;
	size_t pos; /* what is written begins here and ends at size */
	bool full;
};

/* Starts with nothing in the @size bytes at @buf. */
struct der_out der_out_init(uint8_t *buf, size_t size);

/* Puts @len bytes in front of what is there. */
void der_out_bytes(struct der_out *out, const void *data, size_t len);

/* How much is written: the mark that der_out_wrap() closes. */
size_t der_out_mark(const struct der_out *out);

/* Puts the header @tag in front of all that was written since @mark. */
void der_out_wrap(struct der_out *out, uint8_t tag, size_t mark);

/* A primitive element. */
void der_out_element(
	struct der_out *out, uint8_t tag, const void *data, size_t len);

/* An INTEGER or ENUMERATED that is not negative. */
void der_out_uint(struct der_out *out, uint8_t tag, uint64_t value);

/* What was written, inside the buffer; its data is NULL when it did not fit. */
struct view der_out_view(const struct der_out *out);

#endif
