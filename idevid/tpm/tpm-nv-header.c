/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-nv-header.h"

#include "bytes.h"

#define HEADER_LEN 7
#define TAG_LEN    2 /* the second tag, which the length counts */

bool tpm_nv_header_take(struct view *in, size_t *ret_len)
{
	static const uint8_t start[] = { 0x10, 0x01, 0x00 };
	static const uint8_t end[] = { 0x10, 0x02 };
	const uint8_t *p = in->data;
	size_t len;

	if (in->len < HEADER_LEN || memcmp(p, start, sizeof(start)) != 0 ||
		memcmp(p + 5, end, sizeof(end)) != 0)
		return false;
	len = bytes_load(p + 3, 2);
	*ret_len = len < TAG_LEN ? 0 : len - TAG_LEN;
	in->data += HEADER_LEN;
	in->len -= HEADER_LEN;
	return true;
}
