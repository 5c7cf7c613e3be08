/* SPDX-License-Identifier: Apache-2.0 */
#include "fact.h"

#include <string.h>

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
