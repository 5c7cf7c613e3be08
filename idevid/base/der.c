/* SPDX-License-Identifier: Apache-2.0 */
#include "der.h"

#include "bytes.h"

/*
 * Decodes the length octets at @p (X.690 8.1.3, 10.1). Returns the number of
 * octets used, 0 when they are not DER or the value exceeds @avail.
 */
static size_t take_length(const uint8_t *p, size_t avail, size_t *ret_len)
{
	size_t n, len = 0;

	if (avail < 1)
		return 0;
	if (p[0] < 0x80) {
		*ret_len = p[0];
		return 1;
	}
	n = p[0] & 0x7f;
	if (n == 0 || n > 4 || n + 1 > avail || p[1] == 0)
		return 0; /* indefinite, absurd, cut short or not minimal */
	for (size_t i = 1; i <= n; i++)
		len = len << 8 | p[i];
	if (len < 0x80)
		return 0; /* 10.1: the short form was possible */
	*ret_len = len;
	return n + 1;
}

bool der_take(struct view *in, uint8_t *ret_tag, struct view *ret_content,
	struct view *ret_whole)
{
	size_t used, len;

	if (in->len < 2 || (in->data[0] & 0x1f) == 0x1f)
		return false;
	used = take_length(in->data + 1, in->len - 1, &len);
	if (used == 0 || len > in->len - 1 - used)
		return false;
	*ret_tag = in->data[0];
	*ret_content = (struct view) { in->data + 1 + used, len };
	if (ret_whole)
		*ret_whole = (struct view) { in->data, 1 + used + len };
	in->data += 1 + used + len;
	in->len -= 1 + used + len;
	return true;
}

bool der_take_tag(struct view *in, uint8_t tag, struct view *ret_content)
{
	struct view rest = *in, content;
	uint8_t got;

	if (!der_take(&rest, &got, &content, NULL) || got != tag)
		return false;
	*in = rest;
	*ret_content = content;
	return true;
}

/* The header of an element in any form that a reader of BER takes (X.690
 * 8.1.2, 8.1.3): numbers of tags and lengths also padded. */
struct ber_header {
	unsigned bits; /* class and form: the upper three of the first octet */
	uint64_t number; /* of the tag */
	bool indefinite;
	uint64_t len; /* of the content */
};

static struct ber_header take_ber_header(struct bytes_in *in)
{
	uint64_t octet = bytes_in_uint(in, 1);
	struct ber_header h = { octet & 0xe0, octet & 0x1f, false, 0 };

	if (h.number == 0x1f) {
		h.number = 0;
		do {
			octet = bytes_in_uint(in, 1);
			h.number = h.number << 7 | (octet & 0x7f);
		} while (octet & 0x80 && h.number < UINT32_MAX);
	}
	h.len = bytes_in_uint(in, 1);
	h.indefinite = h.len == 0x80;
	if (h.len > 0x80) {
		uint64_t n = h.len & 0x7f;

		for (h.len = 0; n > 0 && h.len < UINT32_MAX; n--)
			h.len = h.len << 8 | bytes_in_uint(in, 1);
	}
	return h;
}

bool der_is_ber_object(struct view data)
{
	struct bytes_in in = bytes_in_init(data);
	struct ber_header h = take_ber_header(&in);

	if (in.bad || h.bits != (DER_SEQUENCE & 0xe0) ||
		(h.number != (DER_SEQUENCE & 0x1f) &&
			h.number != (DER_SET & 0x1f)))
		return false;
	if (h.indefinite) /* 8.1.3.6: up to two octets of zeros */
		return in.rest.len >= 2 &&
		       bytes_load(in.rest.data + in.rest.len - 2, 2) == 0;
	if (h.len != in.rest.len)
		return false;
	while (in.rest.len > 0 && !in.bad) {
		h = take_ber_header(&in);
		if (h.indefinite)
			return !in.bad; /* its end may be anywhere */
		(void)bytes_in_take(&in, h.len);
	}
	return !in.bad;
}

bool der_is_object(const uint8_t *data, size_t len)
{
	struct view in = { data, len }, body, content;
	uint8_t tag;

	if (!der_take(&in, &tag, &body, NULL) || in.len != 0 ||
		(tag != DER_SEQUENCE && tag != DER_SET))
		return false;
	while (body.len > 0) {
		if (!der_take(&body, &tag, &content, NULL))
			return false;
	}
	return true;
}
