/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_TEXT_H
#define DEVID_REPORT_TEXT_H

/*
 * Text of others in pages and tables: whatever it is, it is shown and does
 * nothing. A character that has no form of its own, or that changes how others
 * look (controls, directions of writing, blanks of no width), is shown by its
 * number, \x1B or U+202E; an octet that is not UTF-8 as \xFF. Failures of
 * writing stay in the FILE (ferror()).
 *
 * Not looked at: letters of different scripts that look alike.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "view.h"

enum report_char {
	REPORT_CHAR_PLAIN,  /* a character with a form */
	REPORT_CHAR_HIDDEN, /* one without */
	REPORT_CHAR_OCTET,  /* no UTF-8 (RFC 3629): one octet */
};

/*
 * Takes the first character, or octet, from @rest, which is not empty. *@ret
 * is its number.
 *
 * JSON cannot carry what is not UTF-8. U+10FE00 + N, of a plane that has no
 * characters (Unicode 16.0, 23.5), is the octet N here; see report_text_mend().
 */
enum report_char report_char_take(struct view *rest, uint32_t *ret);

/* Octets that @len octets may become in report_text_mend(). */
#define REPORT_MENDED_MAX(len) (4 * (len))

/* Copies @text to @ret, REPORT_MENDED_MAX() octets, as UTF-8: octets that are
 * none become U+10FE00 + N. Returns the length. */
size_t report_text_mend(struct view text, char *ret);

/* As content of an element: at most @max characters, then an ellipsis; 0: all
 * of them. */
void report_html(FILE *out, struct view text, size_t max);

/* As the value of an attribute in double quotes, or the content of an element
 * of SVG or a title, which have no elements in them. */
void report_attr(FILE *out, struct view text, size_t max);

/* As a relative reference in an attribute href: a name of a file in the same
 * folder. */
void report_href(FILE *out, struct view name);

/* As one word of a shell's command line, in HTML. What is more than letters,
 * digits and _.:@%+=/- is quoted; "-- " goes before what looks like an
 * option. */
void report_shell_word(FILE *out, struct view word);

/* The view of a string that ends with NUL; NULL is empty. */
struct view report_view(const char *text);

#endif
