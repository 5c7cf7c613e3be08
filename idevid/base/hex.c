/* SPDX-License-Identifier: Apache-2.0 */
#include "hex.h"

static void encode(
	const char digits[16], const uint8_t *data, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[data[i] >> 4];
		*ret++ = digits[data[i] & 15];
	}
	*ret = '\0';
}

void hex_encode(const uint8_t *data, size_t len, char *ret)
{
	encode("0123456789abcdef", data, len, ret);
}

void hex_encode_upper(const uint8_t *data, size_t len, char *ret)
{
	encode("0123456789ABCDEF", data, len, ret);
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, uint8_t *ret, size_t len)
{
	for (; len > 0; len--, text += 2) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		*ret++ = (uint8_t)(high << 4 | low);
	}
	return true;
}
