/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACT_H
#define DEVID_FACT_H

/* Reads members of a JSON object that anybody may have written: what is not
 * there, or is of another type, is "", 0, false or null. */

#include <jansson.h>
#include <stdbool.h>

const char *fact_text(const json_t *object, const char *name);
long long fact_number(const json_t *object, const char *name);
bool fact_true(const json_t *object, const char *name);
/* false and there, which is more than not true. */
bool fact_false(const json_t *object, const char *name);

/* Makes @text one line of UTF-8: control characters become '?', and where it is
 * no UTF-8 so does each byte that is not ASCII. */
void fact_tame(char *text);

/* The same for each text in @json. Names of members stay. */
void fact_tame_all(json_t *json);

/* A JSON text of @text, tamed; NULL without memory. What others wrote may be of
 * any bytes, of which jansson takes UTF-8 alone. */
json_t *fact_new(const char *text);

/* Whether it is the text @want. */
bool fact_is(const json_t *object, const char *name, const char *want);

#endif
