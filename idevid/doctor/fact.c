/* SPDX-License-Identifier: Apache-2.0 */
#include "fact.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup-json.h"

const char *fact_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

long long fact_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

bool fact_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

bool fact_false(const json_t *object, const char *name)
{
	return json_is_false(json_object_get(object, name));
}

bool fact_is(const json_t *object, const char *name, const char *want)
{
	return strcmp(fact_text(object, name), want) == 0;
}

void fact_tame(char *text)
{
	CLEANUP(cleanup_json) json_t *as_it_is = json_string(text);

	for (char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < ' ' || c == 0x7f || (c > 0x7f && !as_it_is))
			*p = '?';
		else if (c == 0xc2 && (unsigned char)p[1] < 0xa0) {
			*p++ = '?'; /* U+0080 to U+009F: a terminal obeys */
			*p = '?';
		}
	}
}

json_t *fact_new(const char *text)
{
	CLEANUP(cleanup_free) char *copy = strdup(text);

	if (!copy)
		return NULL;
	fact_tame(copy);
	return json_string(copy);
}

/* A text with a zero byte in it ends there. */
static void tame_text(json_t *json)
{
	CLEANUP(cleanup_free) char *copy = strdup(json_string_value(json));

	if (!copy)
		return;
	fact_tame(copy);
	(void)json_string_set(json, copy); /* as it was, without memory */
}

void fact_tame_all(json_t *json)
{
	const char *name;
	json_t *value;
	size_t i;

	if (json_is_string(json))
		tame_text(json);
	json_array_foreach(json, i, value) fact_tame_all(value);
	json_object_foreach(json, name, value) fact_tame_all(value);
}
