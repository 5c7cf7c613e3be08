/* SPDX-License-Identifier: Apache-2.0 */
#include "der-write.h"

#include <string.h>

struct der_out der_out_init(uint8_t *buf, size_t size)
{
	return (struct der_out) { .buf = buf, .size = size, .pos = size };
}

void der_out_bytes(struct der_out *out, const void *data, size_t len)
{
	if (out->full || len > out->pos) {
		out->full = true;
		return;
	}
	if (len == 0)
		return;
	out->pos -= len;
	memcpy(out->buf + out->pos, data, len);
}

size_t der_out_mark(const struct der_out *out)
{
	return out->size - out->pos;
}

void der_out_wrap(struct der_out *out, uint8_t tag, size_t mark)
{
	uint8_t header[DER_HEADER_MAX];
	size_t len = der_out_mark(out) - mark, n = sizeof(header);

	if (len < 0x80) {
		header[--n] = (uint8_t)len;
	} else {
		size_t octets = 0;

		for (size_t rest = len; rest > 0; rest >>= 8, octets++)
			header[--n] = (uint8_t)rest;
		header[--n] = (uint8_t)(0x80 | octets);
	}
	header[--n] = tag;
	der_out_bytes(out, header + n, sizeof(header) - n);
}

void der_out_element(
	struct der_out *out, uint8_t tag, const void *data, size_t len)
{
	size_t mark = der_out_mark(out);

	der_out_bytes(out, data, len);
	der_out_wrap(out, tag, mark);
}

void der_out_uint(struct der_out *out, uint8_t tag, uint64_t value)
{
	uint8_t octets[9];
	size_t n = sizeof(octets);

	do {
		octets[--n] = (uint8_t)value;
		value >>= 8;
	} while (value > 0);
	if (octets[n] & 0x80)
		octets[--n] = 0; /* X.690 8.3: the sign */
	der_out_element(out, tag, octets + n, sizeof(octets) - n);
}

struct view der_out_view(const struct der_out *out)
{
	if (out->full)
		return (struct view) { NULL, 0 };
	return (struct view) { out->buf + out->pos, der_out_mark(out) };
}
