/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What evhttp hands to the EST server: the first byte says which method, then
 * target and media type as strings; and a path on its public side.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "est-public.h"
#include "est-route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Takes a string off the front of @data into exact memory. */
static char *take_string(const uint8_t **data, size_t *len)
{
	size_t n = strnlen((const char *)*data, *len);
	char *text = malloc(n + 1);

	if (!text)
		abort();
	memcpy(text, *data, n);
	text[n] = '\0';
	*data += n;
	*len -= n;
	if (*len > 0) {
		*data += 1;
		*len -= 1;
	}
	return text;
}

static void check_route(const struct est_call *call)
{
	struct est_route r;

	est_route(call, &r);
	if (r.status == 0) {
		if (strlen(r.label) >= sizeof(r.label) ||
			strpbrk(r.label, "/.%? "))
			abort();
		return;
	}
	if (r.status < 400 || r.status > 499 || !r.rule || !r.text ||
		(r.status == 405) != (r.allow != NULL))
		abort();
}

/* What is opened lies in the folder, and is not hidden. */
static void check_public(const char *path)
{
	const char *name;
	size_t len;

	if (!est_public_name(path, &name, &len))
		return;
	if (len < 5 || name[0] == '.' || memchr(name, '/', len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *target, *type;
	struct est_call call;

	if (len == 0)
		return 0;
	call.method = (enum est_method)(data[0] % (EST_OTHER + 1));
	data++;
	len--;
	target = take_string(&data, &len);
	type = take_string(&data, &len);
	call.target = target;
	call.type = type[0] ? type : NULL;
	call.body_len = len;
	check_route(&call);
	check_public(target);
	free(target);
	free(type);
	return 0;
}
