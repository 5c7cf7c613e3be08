/* SPDX-License-Identifier: Apache-2.0 */
#include "http-target.h"

#include <string.h>
#include <strings.h>

bool http_type_is(const char *type, const char *want)
{
	size_t len = strlen(want);

	if (!type || strncasecmp(type, want, len) != 0)
		return false;
	type += len + strspn(type + len, " \t");
	return *type == '\0' || *type == ';';
}

const char *http_target_path(const char *target)
{
	size_t scheme = 0;

	if (strncasecmp(target, "http://", 7) == 0)
		scheme = 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		scheme = 8;
	if (scheme > 0) {
		size_t host = strcspn(target + scheme, "/?");

		if (host == 0)
			return NULL;
		target += scheme + host;
		if (*target != '/')
			return "/"; /* an empty path is this one */
	}
	if (*target != '/')
		return NULL;
	while (target[1] == '/')
		target++;
	return target;
}
