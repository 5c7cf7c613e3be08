/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HEX_H
#define DEVID_HEX_H

/* Bytes as hexadecimal digits, and back. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @len bytes as lower-case hex, NUL-terminated, into 2 * @len + 1 bytes. */
void hex_encode(const uint8_t *data, size_t len, char *ret);

/* The same in upper case, as serial numbers and key identifiers are shown. */
void hex_encode_upper(const uint8_t *data, size_t len, char *ret);

/* @len bytes from the 2 * @len hex digits of either case at @text; the NUL of
 * a shorter text ends it. false when one is no digit: @ret may have changed. */
bool hex_decode(const char *text, uint8_t *ret, size_t len);

/* The value of one hex digit of either case, -1 when it is none. */
int hex_digit(char c);

#endif
