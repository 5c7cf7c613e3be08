/* SPDX-License-Identifier: Apache-2.0 */
#include "operator.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void operator_name(char ret[REGISTER_WHO_MAX])
{
	const struct passwd *pw = getpwuid(getuid());
	char host[65] = "";

	(void)gethostname(host, sizeof(host) - 1); /* "" when it fails */
	(void)snprintf(ret, REGISTER_WHO_MAX, "operator-%.32s@%.64s",
		pw ? pw->pw_name : "unknown", host); /* fits */
	for (char *p = ret; *p; p++) {
		if (*p == '"' || *p == '\\' || *p < ' ' || *p > '~')
			*p = '?';
	}
}
