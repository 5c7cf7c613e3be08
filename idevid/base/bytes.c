/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <string.h>

uint64_t bytes_load(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *p++;
	return value;
}

void bytes_store(uint8_t *p, size_t n, uint64_t value)
{
	for (; n > 0; value >>= 8)
		p[--n] = (uint8_t)value;
}

struct bytes_in bytes_in_init(struct view data)
{
	return (struct bytes_in) { data, false };
}

struct view bytes_in_take(struct bytes_in *in, size_t len)
{
	struct view taken = { in->rest.data, len };

	if (in->bad || len > in->rest.len) {
		in->bad = true;
		return (struct view) { NULL, 0 };
	}
	if (len > 0)
		in->rest.data += len;
	in->rest.len -= len;
	return taken;
}

uint64_t bytes_in_uint(struct bytes_in *in, size_t n)
{
	struct view octets = bytes_in_take(in, n);

	return bytes_load(octets.data, octets.len);
}

struct view bytes_in_counted(struct bytes_in *in, size_t n)
{
	return bytes_in_take(in, bytes_in_uint(in, n));
}

size_t bytes_in_copy(struct bytes_in *in, size_t n, void *ret, size_t max)
{
	struct view data = bytes_in_counted(in, n);

	if (data.len > max) {
		in->bad = true;
		return 0;
	}
	if (data.len > 0)
		memcpy(ret, data.data, data.len);
	return data.len;
}

bool bytes_in_done(const struct bytes_in *in)
{
	return !in->bad && in->rest.len == 0;
}

struct bytes_out bytes_out_init(uint8_t *buf, size_t size)
{
	return (struct bytes_out) { { buf, size, 0 }, false };
}

uint8_t *bytes_out_skip(struct bytes_out *out, size_t len)
{
	struct room *room = &out->room;

	if (out->bad || len > room->size - room->len) {
		out->bad = true;
		return NULL;
	}
	room->len += len;
	return room->data + room->len - len;
}

void bytes_out_put(struct bytes_out *out, const void *data, size_t len)
{
	uint8_t *p = bytes_out_skip(out, len);

	if (p && len > 0)
		memcpy(p, data, len);
}

void bytes_out_uint(struct bytes_out *out, size_t n, uint64_t value)
{
	uint8_t *p = bytes_out_skip(out, n);

	if (n < sizeof(value) && value >> (8 * n) != 0)
		out->bad = true;
	else if (p)
		bytes_store(p, n, value);
}

void bytes_out_counted(
	struct bytes_out *out, size_t n, const void *data, size_t len)
{
	bytes_out_uint(out, n, len);
	bytes_out_put(out, data, len);
}

struct view bytes_out_view(const struct bytes_out *out)
{
	if (out->bad)
		return (struct view) { NULL, 0 };
	return (struct view) { out->room.data, out->room.len };
}
