/* SPDX-License-Identifier: Apache-2.0 */
#include "der.h"

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
