/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_UTF8_H
#define DEVID_UTF8_H

/* Characters of UTF-8 (RFC 3629), for whoever shows what others wrote. */

#include <stddef.h>
#include <stdint.h>

#include "view.h"

/* Octets of the character that @text begins with, which is *@ret then; 0 where
 * there is none: nothing left, cut off, longer than it need be, a surrogate,
 * above U+10FFFF. */
size_t utf8_decode(struct view text, uint32_t *ret);

#endif
